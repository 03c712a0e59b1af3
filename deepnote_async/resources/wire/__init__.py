"""From the generated models to the public records. No Unset gets past this room."""

from deepnote_async.resources.wire.me import me_record
from deepnote_async.resources.wire.notebooks import block_record, notebook_record, schedule_record
from deepnote_async.resources.wire.projects import file_record, import_record, project_record
from deepnote_async.resources.wire.runs import normalised_run, row_record, run_record
from deepnote_async.resources.wire.values import enveloped, given

__all__ = [
    "block_record",
    "enveloped",
    "file_record",
    "given",
    "import_record",
    "me_record",
    "normalised_run",
    "notebook_record",
    "project_record",
    "row_record",
    "run_record",
    "schedule_record",
]
