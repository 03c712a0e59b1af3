"""The plan of a running emulator in the hands of plain code, which lives in another thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from deepnote_emulator.faults.book import FaultBook, FaultEntry
from deepnote_emulator.faults.model import FaultStep

T = TypeVar("T")


class OnLoop(Protocol):
    """Runs a function on the emulator's event loop and gives its result."""

    def __call__(self, work: Callable[[FaultBook], T]) -> T:
        """Run it; raises what it raises."""
        ...


class FaultControl:
    """The faults of a running emulator. Every member may be used from any thread.

    Example:
        >>> emulator.faults.set([FaultStep("createRun", Fault("reset", phase="after"))])
        >>> ...
        >>> assert emulator.faults.left == (0,)
    """

    def __init__(self, on_loop: OnLoop) -> None:
        self._on_loop = on_loop

    def set(self, steps: Sequence[FaultStep], *, seed: int = 0) -> None:
        """Replace the plan and begin a new journal; calls are counted anew from here.

        Args:
            steps: what goes wrong; of several steps that are due at a call, the first one gets it.
            seed: what the probabilities draw from.

        Raises:
            ValueError: a step names an operation that is not served.
        """
        self._on_loop(lambda book: book.set(tuple(steps), seed))

    def clear(self) -> None:
        """Forget the plan and its journal."""
        self._on_loop(lambda book: book.clear())

    @property
    def steps(self) -> tuple[FaultStep, ...]:
        """The steps of the plan."""
        return self._on_loop(lambda book: book.steps)

    @property
    def matched(self) -> tuple[int, ...]:
        """How many calls of its operation each step has seen."""
        return tuple(step.matched for step in self._on_loop(lambda book: book.progress))

    @property
    def consumed(self) -> tuple[int, ...]:
        """How often the fault of each step has happened."""
        return tuple(step.consumed for step in self._on_loop(lambda book: book.progress))

    @property
    def left(self) -> tuple[int | None, ...]:
        """How often the fault of each step has still to happen; None where there is no limit."""
        return tuple(step.left for step in self._on_loop(lambda book: book.progress))

    @property
    def journal(self) -> tuple[FaultEntry, ...]:
        """The faults that happened, in order."""
        return self._on_loop(lambda book: book.journal)
