"""The words for a failed run: what happened, how far it came, and what helps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deepnote_async.models import Run, RunStatus
from deepnote_async.runs.failure import Failure, one_line, short
from deepnote_async.snapshot import Block

_PLATFORM = "the platform failed, not the notebook; starting it again may help"
_STOPPED = "it was interrupted by somebody, or by a call of the API"


def explain(run: Run, failure: Failure | None, blocks: Sequence[Block]) -> str:
    """Say why a run failed: its id and status, where, the reason, the end of the traceback, and what helps.

    Args:
        run: the run in its final state.
        failure: where and why, as far as that is known.
        blocks: the blocks of the notebook that ran, as far as they were read.
    """
    first = f"Run {run.run_id} ended as {run.status.value}{_reason(run, failure)}"
    return "\n".join((first, *_more(run, failure, blocks)))


def _reason(run: Run, failure: Failure | None) -> str:
    if failure is not None:
        return f": {failure.describe()}"
    if run.status == RunStatus.INTERNAL_ERROR:
        return f": {_PLATFORM}"
    return f": {_STOPPED}" if run.status == RunStatus.STOPPED else ", and gave no reason"


def _more(run: Run, failure: Failure | None, blocks: Sequence[Block]) -> Iterator[str]:
    said = one_line(run.error or "")
    if failure is not None and said and said not in failure.describe():
        yield f"The service says: {said}"
    if failure is None and run.status == RunStatus.ERROR and blocks:
        yield "None of its blocks shows an error."
    if not _is_told_by_place(run, failure):
        yield from _progress(failure, blocks)
    if failure is not None:
        yield from _advice(run, failure)
    if not blocks and (failure is None or failure.block_id is None):
        yield from _missing(run)
    if run.view_url:
        yield f"See {one_line(run.view_url)}"


def _is_told_by_place(run: Run, failure: Failure | None) -> bool:
    """Whether the place of the failure tells how far the run came: an exception of a block ended it."""
    if failure is None or failure.block_id is None:
        return False
    return failure.init_notebook is not None or (run.status == RunStatus.ERROR and not failure.is_kernel_lost)


def _progress(failure: Failure | None, blocks: Sequence[Block]) -> Iterator[str]:
    executable = [block for block in blocks if block.is_executable]
    reached = [block for block in executable if block.status != "not_reached"]
    if executable and not reached:
        yield f"It had reached none of its {len(executable)} blocks that can be executed."
    elif executable:
        last = reached[-1]
        is_told = failure is not None and failure.block_id is not None
        which = "" if is_told else f"; the last one was {short(last.type)} block {last.position} ({short(last.id)})"
        yield f"It had reached {len(reached)} of its {len(executable)} blocks that can be executed{which}."


def _advice(run: Run, failure: Failure) -> Iterator[str]:
    """Give one advice at most: two of them would name two culprits."""
    if failure.is_kernel_lost:
        yield "The kernel was lost: it may have run out of memory, or native code in it may have crashed."
    elif run.status == RunStatus.STOPPED:
        yield f"{_STOPPED[0].upper()}{_STOPPED[1:]}."
    elif failure.input_name is not None:
        yield f"Look at the value that the run was started with for {short(failure.input_name)!r}."
    elif run.status == RunStatus.INTERNAL_ERROR:
        yield f"{_PLATFORM[0].upper()}{_PLATFORM[1:]}."


def _missing(run: Run) -> Iterator[str]:
    if run.snapshot_status == "pending":
        yield "What it left was still being saved; handle.result() may tell more later."
    else:
        yield "No document was read that would tell more."
