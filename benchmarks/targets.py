"""Ratios that the project has promised, and whether they were met. A miss is told, never raised."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from attrs import frozen


@frozen
class Target:
    """A ratio, taken once per repetition, and the bound that its median is held to.

    Attributes:
        name: what is divided by what.
        ratios: one for each repetition.
        bound: what the median has to reach.
        at_most: the bound is an upper one.
        aim: what one would like to see, beyond the bound; None if there is no such thing.
        beside: the same ratios by another clock, for information; empty if there is none.
    """

    name: str
    ratios: Sequence[float]
    bound: float
    at_most: bool = False
    aim: float | None = None
    beside: Sequence[float] = ()

    @property
    def median(self) -> float:
        """The figure that the verdict is about."""
        return statistics.median(self.ratios)

    @property
    def met(self) -> bool:
        """Whether the median keeps to the bound."""
        return self._reaches(self.bound)

    @property
    def wanted(self) -> str:
        """The bound as text."""
        sign = "<=" if self.at_most else ">="
        return f"{sign} {self.bound:g}" + (f" (aim {self.aim:g})" if self.aim is not None else "")

    @property
    def verdict(self) -> str:
        """The verdict as text."""
        if not self.met:
            return "MISSED"
        return "met, aim too" if self.aim is not None and self._reaches(self.aim) else "met"

    def _reaches(self, bound: float) -> bool:
        return self.median <= bound if self.at_most else self.median >= bound


TARGET_HEAD = ("ratio, per repetition", "min", "median", "max", "target", "verdict", "median by wall clock")


def target_row(target: Target) -> list[str]:
    """Write a target as a row under TARGET_HEAD."""
    spread = (min(target.ratios), target.median, max(target.ratios))
    beside = f"{statistics.median(target.beside):.2f}" if target.beside else ""
    return [target.name, *(f"{value:.2f}" for value in spread), target.wanted, target.verdict, beside]
