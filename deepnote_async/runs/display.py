"""How the result of a run is shown to people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from deepnote_async.models import RunStatus
from deepnote_async.snapshot.display.markup import seconds_text
from deepnote_async.snapshot.display.notebook import Source
from deepnote_async.snapshot.display.notebook import source_of as source_of_document
from deepnote_async.snapshot.display.page import Heading, Section, page
from deepnote_async.snapshot.project import SnapshotNotebook

if TYPE_CHECKING:
    from deepnote_async.runs.result import RunResult


def result_page(result: RunResult) -> str:
    """Write what Jupyter shows of a result."""
    run, failure = result.run, result.failure
    where = (
        f"{failure.block_type} block {failure.position} ({failure.block_id})" if failure and failure.block_id else ""
    )
    heading = Heading(
        title=_title(result),
        status=run.status.value,
        is_good=True if run.status == RunStatus.SUCCESS else False if run.status.is_failed else None,
        facts=(
            ("run", run.run_id),
            ("took", None if run.duration is None else seconds_text(run.duration)),
            ("failed in", where),
            ("", None if result.snapshot or result.blocks else "no document was left"),
        ),
        reason=failure.message if failure else "it gave no reason" if run.status.is_failed else "",
        traceback=failure.traceback if failure else "",
    )
    return page(heading, [Section(blocks=result.blocks, inputs=_inputs(result))])


def source_of(result: RunResult) -> Source:
    """Take the notebook that ran, with the values it was started with.

    Raises:
        ValueError: the run left no document.
    """
    notebook = _notebook(result)
    if result.snapshot is not None and notebook is not None:
        return source_of_document(result.snapshot, notebook, _inputs(result))
    if not result.blocks:
        raise ValueError(f"run {result.run.run_id} left no document, so there is no notebook to write")
    return Source(blocks=result.blocks, inputs=_inputs(result))


def _title(result: RunResult) -> str:
    notebook = _notebook(result)
    return notebook.name if notebook and notebook.name else "Run"


def _notebook(result: RunResult) -> SnapshotNotebook | None:
    if result.snapshot is None:
        return None
    return result.snapshot.notebook(result.run.notebook_id or result.handle.notebook_id)


def _inputs(result: RunResult) -> Mapping[str, object]:
    execution = result.snapshot.execution if result.snapshot else None
    return execution.inputs if execution else {}
