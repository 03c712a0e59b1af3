"""What every group of benchmarks takes and gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from attrs import frozen

JsonValue = str | int | float | bool | None | Sequence["JsonValue"] | Mapping[str, "JsonValue"]


@frozen
class Settings:
    """How thorough a run of the benchmarks is.

    Attributes:
        quick: a smoke run of a few seconds, whose figures mean nothing.
        profile: say where the time goes instead of comparing.
        seed: decides the order in which things are measured, and what is simulated.
        plot: where to draw the frontier of waiting as SVG; None for the terminal only.
    """

    quick: bool
    profile: bool
    seed: int
    plot: Path | None = None


Group = Callable[[Settings], JsonValue]
"""Measures, prints its tables, and gives the same figures for the JSON file. Raises only if it cannot measure."""
