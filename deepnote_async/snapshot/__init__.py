"""The document a run leaves behind, and what can be read from it."""

from deepnote_async.snapshot.ansi import strip_ansi
from deepnote_async.snapshot.document import Block
from deepnote_async.snapshot.execution import Environment, Execution, ExecutionFailure, ExecutionSummary
from deepnote_async.snapshot.file import Snapshot
from deepnote_async.snapshot.ipynb import read_ipynb
from deepnote_async.snapshot.outputs import HasOutputs, Image, Output, OutputGroup
from deepnote_async.snapshot.project import Integration, Metadata, Project, SnapshotNotebook

__all__ = [
    "Block",
    "Environment",
    "Execution",
    "ExecutionFailure",
    "ExecutionSummary",
    "HasOutputs",
    "Image",
    "Integration",
    "Metadata",
    "Output",
    "OutputGroup",
    "Project",
    "Snapshot",
    "SnapshotNotebook",
    "read_ipynb",
    "strip_ansi",
]
