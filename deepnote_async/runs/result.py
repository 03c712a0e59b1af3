"""What a run produced."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import anyio.to_thread
from attrs import field, frozen

from deepnote_async.errors import RunFailedError
from deepnote_async.models import Run, RunStatus
from deepnote_async.runs import display
from deepnote_async.runs.artifacts import Artifact
from deepnote_async.runs.failure import Failure, diagnose
from deepnote_async.runs.service import Contents, SnapshotAnswer
from deepnote_async.snapshot import Block, Output, Snapshot
from deepnote_async.snapshot.display.exported import write_html
from deepnote_async.snapshot.display.notebook import to_ipynb

if TYPE_CHECKING:
    from deepnote_async.runs.handle import RunHandle


@frozen(kw_only=True)
class RunResult:
    """A run that has ended, with what it produced.

    Attributes:
        run: the run in its final state.
        handle: the handle it was waited for with.
        snapshot: the document the run left; None if there is none, or the service leaves another kind.
        blocks: the blocks of the notebook that ran, in document order; empty without a document.
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


def failed_run(result: RunResult) -> RunFailedError | None:
    """Make the error of a run that did not end with success; None for a success."""
    if not result.status.is_failed:
        return None
    head = f"Run {result.run.run_id} ended as {result.status.value}"
    reason = f"{head}: {result.failure.describe()}" if result.failure else f"{head}, and gave no reason"
    error = RunFailedError(reason, run_id=result.run.run_id)
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
        failure=diagnose(answer.run, (*contents.blocks, *contents.init_blocks)),
        artifacts=answer.artifacts,
    )


async def read_contents(answer: SnapshotAnswer, notebook_id: str | None) -> Contents:
    """Read the document of an answer, if there is one, away from the event loop."""
    if not answer.content:
        return Contents()
    return await anyio.to_thread.run_sync(answer.reader, answer.content, answer.run.notebook_id or notebook_id)
