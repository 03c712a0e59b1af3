"""Runs and sessions without processes: nothing is executed, every block only takes its time and says so."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

from deepnote_emulator.clock import now
from deepnote_emulator.documents import BlockRecord
from deepnote_emulator.execution.engine import EngineError, Step
from deepnote_emulator.execution.outputs import error_output
from deepnote_emulator.files import ProjectFile

OUTPUT = "simulated: this block was not executed\n"


class SimulatedEngine:
    """Makes kernels that execute nothing, as many as are asked for at once.

    Args:
        seconds: how long every code block takes; input blocks take no time.

    Raises:
        ValueError: `seconds` is negative or no finite number.

    Example:
        >>> with Emulator(notebooks="notebooks", engine=SimulatedEngine(seconds=0.2)) as emulator:
        ...     client = AsyncDeepnote(emulator.token, emulator.url)
    """

    def __init__(self, seconds: float = 0.0) -> None:
        if not (math.isfinite(seconds) and seconds >= 0):
            raise ValueError(f"seconds must be a finite number from 0 on, got {seconds}")
        self._seconds = seconds

    def __repr__(self) -> str:
        return f"SimulatedEngine(seconds={self._seconds})"

    def slot(self) -> AbstractAsyncContextManager[None]:
        """Give a place; there always is one."""
        return contextlib.nullcontext()

    async def take_slot(self) -> bool:
        """Take a place; there always is one."""
        return True

    def free_slot(self) -> None:
        """Give back a place."""

    def kernel(self, files: Sequence[ProjectFile]) -> SimulatedKernel:  # noqa: ARG002  (nothing could read them)
        """Make a kernel."""
        return SimulatedKernel(self._seconds)


class SimulatedKernel:
    """A kernel that lets time pass instead of executing code.

    Args:
        seconds: how long a code block takes.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._executing: Step | None = None
        self._ended = asyncio.Event()
        self._is_closed = False
        self._count = 0

    @property
    def is_dead(self) -> bool:
        """Whether it was closed; it does not die by itself."""
        return self._is_closed

    @property
    def executing(self) -> Step | None:
        """What it pretends to execute now."""
        return self._executing

    async def start(self) -> None:
        """Start it: there is nothing to wait for."""

    async def run(self, step: Step, record: BlockRecord) -> None:
        """Let the time of a step pass and leave its output.

        Raises:
            EngineError: the kernel was closed.
        """
        if self._is_closed:
            raise EngineError("the kernel is gone (it was closed)")
        self._executing = step
        self._ended.clear()
        try:
            if step.unsupported is not None:
                record.outputs.append(error_output("EmulatorUnsupported", step.unsupported))
                return
            self._count += 1
            record.execution_count = self._count
            if not step.is_input:
                await self._take_time(record)
        finally:
            self._executing = None
            record.finished_at = now()

    async def interrupt(self) -> None:
        """End the step that is going on, as a KeyboardInterrupt would."""
        self._ended.set()

    async def close(self) -> None:
        """End it; a step that is going on fails."""
        self._is_closed = True
        self._ended.set()

    async def _take_time(self, record: BlockRecord) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                await self._ended.wait()
        except TimeoutError:
            record.outputs.append({"name": "stdout", "output_type": "stream", "text": OUTPUT})
            return
        if self._is_closed:
            raise EngineError("the kernel is gone (it was closed)")
        record.outputs.append(error_output("KeyboardInterrupt", "the simulated block was interrupted"))
