"""Why a run failed, as far as the service and the snapshot tell."""

from __future__ import annotations

import re
from collections.abc import Sequence

from attrs import field, frozen

from deepnote_async.models import Run
from deepnote_async.snapshot import Block

_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
TRACEBACK_LINES = 12


@frozen(kw_only=True)
class Failure:
    """Where and why a run failed.

    Attributes:
        message: the reason in one line, such as "ValueError: bad region".
        block_id: the block that failed; None if the reason is not tied to one.
        block_type: kind of that block.
        position: its place in the notebook, from 0.
        ename: class name of the exception.
        evalue: message of the exception.
        traceback: the last lines of its traceback, without terminal colours.
    """

    message: str
    block_id: str | None = None
    block_type: str | None = None
    position: int | None = None
    ename: str | None = None
    evalue: str | None = None
    traceback: str = field(default="", repr=False)

    def describe(self) -> str:
        """Say it in words for people: the block, the reason, and the tail of the traceback."""
        where = f"{self.block_type} block {self.position} ({self.block_id}): " if self.block_id else ""
        return f"{where}{self.message}" + (f"\n{self.traceback}" if self.traceback else "")


def diagnose(run: Run, blocks: Sequence[Block]) -> Failure | None:
    """Find the reason of a failed run: the first error output, a failed agent block, or what the service says."""
    if not run.status.is_failed:
        return None
    for block in blocks:
        error = block.error
        if error is not None:
            return Failure(
                message=": ".join(part for part in (error.ename, error.evalue) if part) or "an error without a name",
                block_id=block.id,
                block_type=block.type,
                position=block.position,
                ename=error.ename,
                evalue=error.evalue,
                traceback=traceback_tail(error.traceback),
            )
    for block in blocks:
        if block.status == "failed":
            return Failure(
                message=run.error or "the agent block failed",
                block_id=block.id,
                block_type=block.type,
                position=block.position,
            )
    return Failure(message=run.error) if run.error else None


def traceback_tail(traceback: Sequence[str]) -> str:
    """Give the last lines of a traceback, without terminal colours."""
    lines = _ANSI.sub("", "\n".join(traceback)).splitlines()
    return "\n".join(lines[-TRACEBACK_LINES:])
