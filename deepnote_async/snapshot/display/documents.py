"""What Jupyter shows of a document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepnote_async.snapshot.display.markup import seconds_text
from deepnote_async.snapshot.display.page import Heading, Section, page

if TYPE_CHECKING:
    from deepnote_async.snapshot.execution import Execution
    from deepnote_async.snapshot.file import Snapshot


def snapshot_page(snapshot: Snapshot) -> str:
    """Write what Jupyter shows of a document: what it says of its execution, and each of its notebooks."""
    execution = snapshot.execution
    failed = execution is not None and _has_failed(snapshot, execution)
    error = execution.error if execution else None
    heading = Heading(
        title=snapshot.project.name or "Project",
        status="failed" if failed else "executed" if execution else "not executed",
        is_good=False if failed else None,
        facts=_facts(execution) if execution else (),
        inputs=execution.inputs if execution else {},
        reason=": ".join(part for part in (error.name, error.message) if part) if error else "",
        traceback="\n".join(error.traceback[-12:]) if error else "",
    )
    return page(
        heading,
        [Section(name=notebook.name or notebook.id, blocks=notebook.blocks) for notebook in snapshot.notebooks],
    )


def _has_failed(snapshot: Snapshot, execution: Execution) -> bool:
    if execution.error is not None or (execution.summary is not None and execution.summary.failed):
        return True
    return any(block.status == "failed" for notebook in snapshot.notebooks for block in notebook.blocks)


def _facts(execution: Execution) -> tuple[tuple[str, str | None], ...]:
    summary, start, finish = execution.summary, execution.started_at, execution.finished_at
    took = (finish - start).total_seconds() if start and finish else None
    if took is None and summary is not None:
        took = summary.duration
    counts = f"{summary.succeeded} of {summary.executed}" if summary and summary.executed is not None else None
    return (
        ("started", start.strftime("%Y-%m-%d %H:%M:%S %Z") if start else None),
        ("took", None if took is None else seconds_text(took)),
        ("triggered by", execution.triggered_by),
        ("blocks succeeded", counts),
    )
