"""What executes code."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from attrs import field, frozen

from deepnote_emulator.documents import BlockRecord
from deepnote_emulator.files import ProjectFile


@frozen(kw_only=True)
class Step:
    """Something to execute: `code` for the kernel, or `unsupported`, the reason why it cannot be executed here.

    `block_id` is empty for code that belongs to no block; `is_input` tells code that only sets an input's variable.
    """

    block_id: str = ""
    code: str = field(default="", repr=False)
    is_input: bool = False
    unsupported: str | None = None


@frozen(kw_only=True)
class Plan:
    """The blocks of a run, in order."""

    steps: tuple[Step, ...]


class EngineError(Exception):
    """The code cannot go on for a reason that is no exception of its own, such as the death of the kernel."""


class LiveKernel(Protocol):
    """A kernel; it executes one step at a time, so its holder lets callers take turns."""

    @property
    def is_dead(self) -> bool:
        """Whether it died by itself or was closed."""
        ...

    @property
    def executing(self) -> Step | None:
        """What it executes now."""
        ...

    async def start(self) -> None:
        """Start it and wait until it can execute; raises EngineError if it cannot be."""
        ...

    async def run(self, step: Step, record: BlockRecord) -> None:
        """Execute a step, filling `record` as it goes; raises EngineError if the kernel fails, not the code."""
        ...

    async def interrupt(self) -> None:
        """End what it executes, by force (and with the loss of its state) if need be."""
        ...

    async def close(self) -> None:
        """End it and leave nothing behind; it need not have been started."""
        ...


class Engine(Protocol):
    """Makes kernels, as many as there are slots for."""

    def slot(self) -> AbstractAsyncContextManager[None]:
        """Wait until another kernel may live, and hold its place."""
        ...

    async def take_slot(self) -> bool:
        """Take a place for another kernel if there is one at once; `free_slot` gives it back."""
        ...

    def free_slot(self) -> None:
        """Give back a place that `take_slot` took."""
        ...

    def kernel(self, files: Sequence[ProjectFile]) -> LiveKernel:
        """Make a kernel, not started yet, that will work among copies of the files."""
        ...
