"""Contains all the data models used in inputs/outputs"""

from .access_level import AccessLevel
from .create_notebook_body import CreateNotebookBody
from .create_notebook_response import CreateNotebookResponse
from .create_run_body import CreateRunBody
from .create_run_response import CreateRunResponse
from .cursor_pagination import CursorPagination
from .error_response import ErrorResponse
from .get_notebook_response import GetNotebookResponse
from .get_project_response import GetProjectResponse
from .get_run_response import GetRunResponse
from .jupyter_output import JupyterOutput
from .list_notebook_run import ListNotebookRun
from .list_notebook_runs_response import ListNotebookRunsResponse
from .list_projects_response import ListProjectsResponse
from .me import Me
from .me_api_key import MeApiKey
from .me_user import MeUser
from .me_workspace import MeWorkspace
from .notebook import Notebook
from .notebook_block import NotebookBlock
from .notebook_detail import NotebookDetail
from .notebook_input import NotebookInput
from .project import Project
from .project_detail import ProjectDetail
from .project_file import ProjectFile
from .project_notebook import ProjectNotebook
from .project_type import ProjectType
from .run import Run
from .run_inputs import RunInputs
from .run_status import RunStatus
from .snapshot_block import SnapshotBlock
from .snapshot_block_metadata import SnapshotBlockMetadata
from .snapshot_delivery import SnapshotDelivery
from .snapshot_status import SnapshotStatus
from .storage_mode import StorageMode

__all__ = (
    "AccessLevel",
    "CreateNotebookBody",
    "CreateNotebookResponse",
    "CreateRunBody",
    "CreateRunResponse",
    "CursorPagination",
    "ErrorResponse",
    "GetNotebookResponse",
    "GetProjectResponse",
    "GetRunResponse",
    "JupyterOutput",
    "ListNotebookRun",
    "ListNotebookRunsResponse",
    "ListProjectsResponse",
    "Me",
    "MeApiKey",
    "MeUser",
    "MeWorkspace",
    "Notebook",
    "NotebookBlock",
    "NotebookDetail",
    "NotebookInput",
    "Project",
    "ProjectDetail",
    "ProjectFile",
    "ProjectNotebook",
    "ProjectType",
    "Run",
    "RunInputs",
    "RunStatus",
    "SnapshotBlock",
    "SnapshotBlockMetadata",
    "SnapshotDelivery",
    "SnapshotStatus",
    "StorageMode",
)
