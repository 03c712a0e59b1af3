"""Runs and sessions without processes: nothing is executed, time passes and every block says so."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

from deepnote_emulator.checks import check_number, check_whole
from deepnote_emulator.clock import now
from deepnote_emulator.documents import BlockRecord
from deepnote_emulator.execution.engine import EngineError, Plan, Step
from deepnote_emulator.execution.outputs import error_output
from deepnote_emulator.execution.places import Places
from deepnote_emulator.execution.simulation import INTERRUPTED, OUTPUT, Duration, Fate, Shares, fate, is_code, printed
from deepnote_emulator.files import ProjectFile

CLOSED = "it was closed"


class SimulatedEngine:
    """Lets time pass instead of executing code, for any number of runs at once.

    A run with a kernel of its own takes `duration` from its acceptance to its end, or `seconds` for each of its code
    blocks, and ends as the shares tell. The n-th run of a notebook always goes the same way under the same seed.
    Runs and code of sessions take `seconds` for each code block and succeed. Code that only prints literals does so.

    Args:
        seconds: how long every code block takes; input blocks take no time.
        duration: how long a whole run takes instead: a function of a `random.Random` that gives seconds, such as
            `Lognormal(median=60)`.
        error: share of the runs that end in an exception of one of their code blocks, from 0 to 1.
        internal_error: share of the runs whose machine is lost.
        stopped: share of the runs that somebody stops.
        seed: what everything is drawn from.

    Raises:
        ValueError: a value is out of range; the text names it.

    Example:
        >>> engine = SimulatedEngine(duration=Lognormal(median=2), error=0.1, seed=7)
        >>> with Emulator(notebooks="notebooks", engine=engine) as emulator:
        ...     client = AsyncDeepnote(emulator.token, emulator.url)
    """

    def __init__(
        self,
        seconds: float = 0.0,
        *,
        duration: Duration | None = None,
        error: float = 0.0,
        internal_error: float = 0.0,
        stopped: float = 0.0,
        seed: int = 0,
    ) -> None:
        check_number("seconds", seconds)
        if duration is not None and not callable(duration):
            raise ValueError(f"duration must be a function such as Lognormal(median=60), not {duration!r}")
        check_whole("seed", seed, 0)
        self._seconds = seconds
        self._duration = duration
        self._shares = Shares(error, internal_error, stopped)
        self._seed = seed

    def __repr__(self) -> str:
        return (
            f"SimulatedEngine(seconds={self._seconds}, duration={self._duration}, error={self._shares.error}, "
            f"internal_error={self._shares.internal_error}, stopped={self._shares.stopped}, seed={self._seed})"
        )

    def foretell(self, plan: Plan, notebook_id: str, number: int) -> Fate:
        """Tell how the `number`th run of a notebook goes."""
        draw = random.Random(f"{self._seed}/{notebook_id}/{number}")  # noqa: S311  (nothing depends on its secrecy)
        return fate(plan, draw, self._duration, self._seconds, self._shares)

    def kernel(self, files: Sequence[ProjectFile]) -> SimulatedKernel:  # noqa: ARG002  (nothing could read them)
        """Make a kernel."""
        return SimulatedKernel(self._seconds)


class Simulation:
    """A `SimulatedEngine` at work in one emulator, since several may share it.

    Args:
        engine: what runs are made up by.
    """

    def __init__(self, engine: SimulatedEngine) -> None:
        self.simulator = engine
        self.places = Places(None)

    def kernel(self, files: Sequence[ProjectFile]) -> SimulatedKernel:
        """Make a kernel."""
        return self.simulator.kernel(files)

    async def close(self) -> None:
        """There is nothing to end."""


class SimulatedKernel:
    """A kernel that lets time pass instead of executing code.

    Args:
        seconds: how long a code block takes.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._executing: Step | None = None
        self._ended = asyncio.Event()
        self._closed = asyncio.Event()
        self._count = 0

    @property
    def is_dead(self) -> bool:
        """Whether it was closed; it does not die by itself."""
        return self._closed.is_set()

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
        if self.is_dead:
            raise EngineError(f"the kernel is gone ({CLOSED})")
        self._executing = step
        self._ended.clear()
        try:
            if step.unsupported is not None:
                record.outputs.append(error_output("EmulatorUnsupported", step.unsupported))
                return
            self._count += 1
            record.execution_count = self._count
            if is_code(step):
                await self._take_time(step, record)
        finally:
            self._executing = None
            record.finished_at = now()

    async def ended(self) -> str:
        """Wait until it is closed."""
        await self._closed.wait()
        return CLOSED

    async def interrupt(self) -> None:
        """End the step that is going on, as a KeyboardInterrupt would."""
        self._ended.set()

    async def close(self) -> None:
        """End it; a step that is going on fails."""
        self._closed.set()
        self._ended.set()

    async def _take_time(self, step: Step, record: BlockRecord) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                await self._ended.wait()
        except TimeoutError:
            text = OUTPUT if step.block_id else (printed(step.code) or OUTPUT)
            record.outputs.append({"name": "stdout", "output_type": "stream", "text": text})
            return
        if self.is_dead:
            raise EngineError(f"the kernel is gone ({CLOSED})")
        record.outputs.append(error_output("KeyboardInterrupt", INTERRUPTED))
