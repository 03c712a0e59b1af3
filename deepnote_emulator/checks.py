"""Checks of what users set: each raises a ValueError that names the argument and what it must be."""

from __future__ import annotations

import math
from collections.abc import Sequence


def check_choice(name: str, value: object, choices: Sequence[str]) -> None:
    """Refuse what is none of the choices."""
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, not {value!r}")


def check_whole(name: str, value: object, least: int, most: int | None = None) -> None:
    """Refuse what is no whole number, or one out of bounds."""
    bounds = f"from {least} to {most}" if most is not None else f"from {least} on"
    if not isinstance(value, int) or isinstance(value, bool) or value < least or (most is not None and value > most):
        raise ValueError(f"{name} must be a whole number {bounds}, not {value!r}")


def check_number(name: str, value: object, most: float = math.inf, *, positive: bool = False) -> None:
    """Refuse what is no finite number from 0 (or above 0) to `most`."""
    least = "above 0" if positive else "from 0 on"
    bounds = f"a finite number {least}" if most == math.inf else f"a number from 0 to {most:g}"
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise ValueError(f"{name} must be {bounds}, not {value!r}")
    if not 0 <= value <= most or (positive and value == 0):
        raise ValueError(f"{name} must be {bounds}, not {value!r}")
