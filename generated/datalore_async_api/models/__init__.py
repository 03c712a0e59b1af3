"""Contains all the data models used in inputs/outputs"""

from .artifact import Artifact
from .notebook_run import NotebookRun
from .run_interactive_request import RunInteractiveRequest
from .run_interactive_response import RunInteractiveResponse
from .run_notebook_request import RunNotebookRequest
from .run_notebook_response import RunNotebookResponse
from .run_parameter import RunParameter
from .update_report import UpdateReport

__all__ = (
    "Artifact",
    "NotebookRun",
    "RunInteractiveRequest",
    "RunInteractiveResponse",
    "RunNotebookRequest",
    "RunNotebookResponse",
    "RunParameter",
    "UpdateReport",
)
