"""What a run produced."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import anyio.to_thread
from attrs import evolve, field, frozen

from deepnote_async.errors import RunFailedError
from deepnote_async.models import Run, RunStatus
from deepnote_async.runs import display
from deepnote_async.runs.artifacts import Artifact
from deepnote_async.runs.explain import explain
from deepnote_async.runs.failure import Failure, diagnose
from deepnote_async.runs.service import Contents, SnapshotAnswer, read_rows
from deepnote_async.snapshot import Block, HasOutputs, Output, OutputGroup, Snapshot
from deepnote_async.snapshot.display.exported import write_html
from deepnote_async.snapshot.display.notebook import to_ipynb
from deepnote_async.snapshot.reached import with_break, with_reach

if TYPE_CHECKING:
    from deepnote_async.runs.handle import RunHandle

_NAMED_BLOCKS = 20


@frozen(kw_only=True)
class RunResult(HasOutputs):
    """A run that has ended, with what it produced.

    Attributes:
        run: the run in its final state.
        handle: the handle it was waited for with.
        snapshot: the document the run left; None if there is none, the service leaves another kind, or the blocks came
            without it, as with `snapshot_delivery="blocks"` and for tokens that may only view.
        blocks: the blocks of the notebook that ran, in document order; empty if nothing of them came. Without a
            document they have no `content`, since that delivery leaves sources out, and no `execution_count`.
        failure: where and why it failed; None if it succeeded or nothing tells.
        artifacts: files the run left on the service; only Datalore has them.
    """

    run: Run
    handle: RunHandle = field(repr=False)
    snapshot: Snapshot | None = field(default=None, repr=False)
    blocks: tuple[Block, ...] = field(default=(), repr=False)
    failure: Failure | None = None
    artifacts: tuple[Artifact, ...] = ()

    @property
    def status(self) -> RunStatus:
        """How the run ended."""
        return self.run.status

    @property
    def duration(self) -> float | None:
        """Seconds from acceptance to the end, by the service's clock; None if it did not say."""
        return self.run.duration

    @property
    def outputs(self) -> tuple[Output, ...]:
        """All outputs of all blocks, in document order."""
        return tuple(output for block in self.blocks for output in block.outputs)

    def block(self, block_id: str) -> Block:
        """Find a block of the notebook that ran, by its id; the first one if several have it.

        An id that is not there is an error here, unlike in `SnapshotNotebook.block`: what follows is its outputs
        (`result.block(block_id).json()`), and a run that left no document would look like a block that left nothing.

        Raises:
            LookupError: the notebook has no such block, or the run left no document.

        Example:
            >>> result.block("5f1c0a3e").status
            'succeeded'
        """
        found = next((block for block in self.blocks if block.id == block_id), None)
        if found is None:
            raise LookupError(_no_block(block_id, self))
        return found

    def to_ipynb(self) -> dict[str, object]:
        """Give the notebook that ran as a Jupyter notebook in nbformat 4.5; see `Snapshot.to_ipynb`.

        Its inputs have the values that the run was started with, as far as the document tells them.

        Raises:
            ValueError: the run left no document.
        """
        return to_ipynb(display.source_of(self))

    def to_html(self, path: str | os.PathLike[str]) -> None:
        """Write the notebook that ran to an HTML file; see `Snapshot.to_html`, also for what is taken out.

        It needs the extra `html`, is synchronous, and takes a second and more: where there is an event loop, call it
        in a worker thread.

        Raises:
            ImportError: nbconvert is not installed.
            ValueError: the run left no document.
            OSError: the file cannot be written.
        """
        write_html(path, display.source_of(self))

    def _repr_html_(self) -> str:
        return display.result_page(self)

    def raise_for_status(self) -> None:
        """Raise RunFailedError if the run did not end with success."""
        error = failed_run(self)
        if error is not None:
            raise error

    def _groups(self) -> tuple[OutputGroup, ...]:
        return tuple(
            OutputGroup(outputs=block.outputs, block_id=block.id, position=block.position) for block in self.blocks
        )


def failed_run(result: RunResult) -> RunFailedError | None:
    """Make the error of a run that did not end with success; None for a success."""
    if not result.status.is_failed:
        return None
    error = RunFailedError(explain(result.run, result.failure, result.blocks), run_id=result.run.run_id)
    error.result = result
    error.failure = result.failure
    return error


def _no_block(block_id: str, result: RunResult) -> str:
    if not result.blocks:
        return f"run {result.run.run_id} has no block {block_id!r}: nothing of its notebook can be read"
    known = ", ".join(repr(block.id) for block in result.blocks[:_NAMED_BLOCKS])
    more = len(result.blocks) - _NAMED_BLOCKS
    return f"the notebook has no block {block_id!r}; it has {known}" + (f" and {more} more" if more > 0 else "")


async def build_result(handle: RunHandle, answer: SnapshotAnswer) -> RunResult:
    """Read an answer into a result; what takes time with a large document is done in one go in a worker thread."""
    if answer.has_arrived:
        return await anyio.to_thread.run_sync(_result, handle, answer)
    return _result(handle, answer)


async def read_contents(answer: SnapshotAnswer, notebook_id: str | None) -> Contents:
    """Read the document or the blocks of an answer, if there are any, away from the event loop."""
    if not answer.has_arrived:
        return Contents()
    return await anyio.to_thread.run_sync(_contents, answer, notebook_id)


def _result(handle: RunHandle, answer: SnapshotAnswer) -> RunResult:
    contents = _with_reach(answer.run, _contents(answer, handle.notebook_id))
    failure = diagnose(answer.run, contents)
    return RunResult(
        run=answer.run,
        handle=handle,
        snapshot=contents.snapshot,
        blocks=_with_break(contents.blocks, failure) if answer.run.status.is_failed else contents.blocks,
        failure=failure,
        artifacts=answer.artifacts,
    )


def _contents(answer: SnapshotAnswer, notebook_id: str | None) -> Contents:
    if not answer.content:
        return read_rows(answer.rows)
    return answer.reader(answer.content, answer.run.notebook_id or notebook_id)


def _with_reach(run: Run, contents: Contents) -> Contents:
    """Find out which blocks a run has reached, where its document leaves that open."""
    execution = contents.snapshot.execution if contents.snapshot is not None else None
    executed = execution.summary.executed if execution is not None and execution.summary is not None else None
    has_succeeded = run.status == RunStatus.SUCCESS
    blocks = with_reach(contents.blocks, contents.init_blocks, has_succeeded=has_succeeded, executed=executed)
    return evolve(contents, blocks=blocks)


def _with_break(blocks: tuple[Block, ...], failure: Failure | None) -> tuple[Block, ...]:
    is_here = failure is not None and failure.is_kernel_lost and failure.init_notebook is None
    return with_break(blocks, failure.position if failure is not None and is_here else None)
