"""What executes a run."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from attrs import field, frozen

from deepnote_emulator.documents import BlockRecord


@frozen(kw_only=True)
class Step:
    """A block to execute: `code` for the kernel, or `unsupported`, the reason why it cannot be executed here."""

    block_id: str
    code: str = field(default="", repr=False)
    unsupported: str | None = None


@frozen(kw_only=True)
class Plan:
    """The blocks of a run, in order."""

    steps: tuple[Step, ...]


class EngineError(Exception):
    """The run cannot go on for a reason that is no exception of its code, such as the death of the kernel."""


class Engine(Protocol):
    """Something that executes plans."""

    def slot(self) -> AbstractAsyncContextManager[None]:
        """Wait until another plan may be executed, and hold its place."""
        ...

    async def execute(self, plan: Plan, records: dict[str, BlockRecord]) -> None:
        """Execute the steps up to the first error, filling `records` as it goes.

        Raises:
            EngineError: the engine failed, not the code.
        """
        ...

    async def close(self) -> None:
        """End whatever is still running."""
        ...
