"""What an emulator holds of its faults: the plan, its journal, and the calls that arrived."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Protocol

from attrs import define, frozen

from deepnote_emulator.faults.model import ANY, Fault, FaultStep, Phase
from deepnote_emulator.faults.plan import FaultPlan, StepProgress


@frozen
class FaultEntry:
    """A fault that happened.

    Args:
        number: its place in the journal, from 1.
        operation: operationId of the call.
        step: which step of the plan it came from, from 0.
        fault: what happened.
        applied: whether the operation was carried out: its handler ran, and did not refuse.
        status: the status that was sent; None while there is none, or where none ever comes.
    """

    number: int
    operation: str
    step: int
    fault: Fault
    applied: bool
    status: int | None

    @property
    def phase(self) -> Phase:
        """Whether it happened before or after the operation was carried out."""
        return self.fault.phase


@define(kw_only=True, eq=False)
class Consumed:
    """A fault that is going on; whoever makes it happen fills in what comes of it."""

    number: int
    operation: str
    step: int
    fault: Fault
    applied: bool = False
    status: int | None = None

    def entry(self) -> FaultEntry:
        """Give it as it stands."""
        return FaultEntry(self.number, self.operation, self.step, self.fault, self.applied, self.status)


class Line(Protocol):
    """A connection that a fault holds."""

    def cut(self) -> None:
        """End it at once."""
        ...


class FaultBook:
    """Touched from the emulator's own event loop only."""

    def __init__(self) -> None:
        self.operations: frozenset[str] = frozenset()
        self.streamed: frozenset[str] = frozenset()
        self.calls: Counter[str] = Counter()
        self._plan = FaultPlan()
        self._consumed: list[Consumed] = []
        self._closing = asyncio.Event()
        self._lines: set[Line] = set()

    def set(self, steps: Sequence[FaultStep], seed: int = 0) -> None:
        """Replace the plan and begin a new journal.

        Raises:
            ValueError: a step names an operation that is not served, or one whose answer cannot be broken afterwards.
        """
        for number, step in enumerate(steps):
            if step.operation != ANY and step.operation not in self.operations:
                raise ValueError(f"steps[{number}].operation {step.operation!r} is no operation of the emulator")
            if step.operation in self.streamed and step.fault.phase == "after":
                raise ValueError(f"steps[{number}].fault.phase must be before: {step.operation} streams its answer")
        self._plan, self._consumed = FaultPlan(steps, seed), []

    def clear(self) -> None:
        """Forget the plan and its journal."""
        self.set(())

    @property
    def steps(self) -> tuple[FaultStep, ...]:
        """The steps of the plan."""
        return self._plan.steps

    @property
    def seed(self) -> int:
        """The seed of the plan."""
        return self._plan.seed

    @property
    def progress(self) -> tuple[StepProgress, ...]:
        """How far each step has come."""
        return self._plan.progress

    @property
    def journal(self) -> tuple[FaultEntry, ...]:
        """The faults that happened, in order."""
        return tuple(consumed.entry() for consumed in self._consumed)

    def take(self, operation: str) -> Consumed | None:
        """Count a call against the plan; gives the fault that happens to it."""
        step = self._plan.decide(operation)
        if step is None:
            return None
        consumed = Consumed(
            number=len(self._consumed) + 1, operation=operation, step=step, fault=self._plan.steps[step].fault
        )
        self._consumed.append(consumed)
        return consumed

    async def pause(self, seconds: float) -> None:
        """Let time pass, but not the emulator's end."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()

    @contextlib.contextmanager
    def holding(self, line: Line) -> Iterator[None]:
        """Have a connection cut when the emulator ends."""
        self._lines.add(line)
        try:
            if self._closing.is_set():
                line.cut()
            yield
        finally:
            self._lines.discard(line)

    def close(self) -> None:
        """End every fault that is going on, and from now on each one as soon as it begins."""
        self._closing.set()
        for line in self._lines:
            line.cut()
