"""What executes code."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Literal, Protocol

from attrs import field, frozen

from deepnote_emulator.documents import BlockRecord
from deepnote_emulator.execution.places import Places
from deepnote_emulator.files import ProjectFile

Status = Literal["pending", "running", "success", "error", "internal_error", "stopped"]


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


class RestartedError(EngineError):
    """The kernel ignored an interrupt, so it was killed and started anew: it can be used, and knows nothing."""


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

    async def ended(self) -> str:
        """Wait until it has died for good, and tell how."""
        ...

    async def interrupt(self) -> None:
        """End what it executes, by force if need be; where that costs it its state, `run` raises RestartedError."""
        ...

    async def close(self) -> None:
        """End it and leave nothing behind; it need not have been started."""
        ...


class Foretold(Protocol):
    """How a run will go, known before it begins: nobody has to watch it, and what it left can be made up later."""

    @property
    def seconds(self) -> float:
        """How long it takes from its acceptance to its end."""
        ...

    @property
    def status(self) -> Status:
        """How it ends."""
        ...

    @property
    def error(self) -> str | None:
        """Why it fails, where that is not an exception of a block."""
        ...

    def records(self, plan: Plan, started_at: dt.datetime, finished_at: dt.datetime) -> dict[str, BlockRecord]:
        """Make up what its blocks leave, by block id; the same whenever it is asked for."""
        ...


class Simulator(Protocol):
    """Makes up runs instead of executing them."""

    def foretell(self, plan: Plan, notebook_id: str, number: int) -> Foretold:
        """Tell how a run will go that has a kernel of its own: the `number`th one of its notebook, from 1."""
        ...


class Engine(Protocol):
    """Makes kernels, as many as there are places for."""

    @property
    def simulator(self) -> Simulator | None:
        """What makes up the runs that have a kernel of their own; None where they are executed."""
        ...

    @property
    def places(self) -> Places:
        """The places for its kernels; whoever asks for a kernel holds one."""
        ...

    def kernel(self, files: Sequence[ProjectFile]) -> LiveKernel:
        """Make a kernel, not started yet, that will work among copies of the files."""
        ...

    async def close(self) -> None:
        """End what it has started ahead of its use."""
        ...
