"""What a run produced."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio.to_thread
from attrs import field, frozen

from deepnote_async.errors import RunFailedError
from deepnote_async.models import Run, RunStatus
from deepnote_async.runs.artifacts import Artifact
from deepnote_async.runs.explain import explain
from deepnote_async.runs.failure import Failure, diagnose
from deepnote_async.runs.service import Contents, SnapshotAnswer, read_rows
from deepnote_async.snapshot import Block, Output, Snapshot

if TYPE_CHECKING:
    from deepnote_async.runs.handle import RunHandle


@frozen(kw_only=True)
class RunResult:
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

    @property
    def text(self) -> str:
        """What the notebook printed and displayed as plain text, in document order; stderr is left out."""
        return "".join(
            output.text if output.output_type == "stream" else f"{output.text}\n"
            for output in self.outputs
            if output.text and output.name != "stderr"
        )

    def raise_for_status(self) -> None:
        """Raise RunFailedError if the run did not end with success."""
        error = failed_run(self)
        if error is not None:
            raise error


def failed_run(result: RunResult) -> RunFailedError | None:
    """Make the error of a run that did not end with success; None for a success."""
    if not result.status.is_failed:
        return None
    error = RunFailedError(explain(result.run, result.failure, result.blocks), run_id=result.run.run_id)
    error.result = result
    error.failure = result.failure
    return error


async def build_result(handle: RunHandle, answer: SnapshotAnswer) -> RunResult:
    """Read an answer into a result; the document is parsed in a worker thread."""
    contents = await read_contents(answer, handle.notebook_id)
    return RunResult(
        run=answer.run,
        handle=handle,
        snapshot=contents.snapshot,
        blocks=contents.blocks,
        failure=diagnose(answer.run, contents),
        artifacts=answer.artifacts,
    )


async def read_contents(answer: SnapshotAnswer, notebook_id: str | None) -> Contents:
    """Read the document or the blocks of an answer, if there are any, away from the event loop."""
    if not answer.content:
        return await anyio.to_thread.run_sync(read_rows, answer.rows) if answer.rows else Contents()
    return await anyio.to_thread.run_sync(answer.reader, answer.content, answer.run.notebook_id or notebook_id)
