"""Which fault happens to which call: a pure function of the plan, its seed and the order of the calls."""

from __future__ import annotations

import random
from collections.abc import Sequence

from attrs import define, frozen

from deepnote_emulator.faults.model import ANY, FaultStep


@frozen
class StepProgress:
    """How far a step of a plan has come.

    `matched`: the calls of its operation; `consumed`: those that its fault happened to; `left`: those that it is still
    to happen to, None where there is no limit.
    """

    matched: int
    consumed: int
    left: int | None


@define(eq=False)
class _Tally:
    step: FaultStep
    random: random.Random
    matched: int = 0
    consumed: int = 0

    def is_due(self, operation: str) -> bool:
        """Count a call, and tell whether the step wants it."""
        if self.step.operation not in {ANY, operation}:
            return False
        self.matched += 1
        if self.step.probability is not None:
            hit = self.random.random() < self.step.probability  # drawn for every call, so that others change nothing
            return hit and (self.step.count is None or self.consumed < self.step.count)
        first = self.step.nth or 1
        return first <= self.matched < first + (self.step.count or 1)

    @property
    def progress(self) -> StepProgress:
        limit = self.step.count if self.step.probability is not None else self.step.count or 1
        return StepProgress(self.matched, self.consumed, None if limit is None else limit - self.consumed)


class FaultPlan:
    """The steps, and how far each has come.

    Args:
        steps: every step counts every call of its operation; of those that are due, the first in the list gets it.
        seed: what the probabilities draw from; the same seed and order of calls give the same faults.
    """

    def __init__(self, steps: Sequence[FaultStep] = (), seed: int = 0) -> None:
        self.steps = tuple(steps)
        self.seed = seed
        self._tallies = [_Tally(step, random.Random(f"{seed}/{n}")) for n, step in enumerate(self.steps)]  # noqa: S311

    def decide(self, operation: str) -> int | None:
        """Count a call of an operation; gives the number of the step whose fault happens to it, from 0."""
        due = [number for number, tally in enumerate(self._tallies) if tally.is_due(operation)]
        if not due:
            return None
        self._tallies[due[0]].consumed += 1
        return due[0]

    @property
    def progress(self) -> tuple[StepProgress, ...]:
        """How far each step has come."""
        return tuple(tally.progress for tally in self._tallies)
