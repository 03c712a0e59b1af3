"""Numbers, written as JavaScript writes them: a slider takes only text that is equal to that."""

from __future__ import annotations

import math
import numbers
import re
from decimal import Decimal

_NUMERIC = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def number_of(value: object) -> float | None:
    """Give a number as Python's own int or float; None if the value is none. A boolean is no number here.

    A number too large for both is infinite.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, numbers.Integral):
        return int(value)
    if not isinstance(value, numbers.Real | Decimal):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf
    except ValueError:  # a signalling NaN
        return math.nan


def is_finite(value: float) -> bool:
    """Whether a number is one; an int always is, also one that is too large for a float."""
    return isinstance(value, int) or math.isfinite(value)


def number_in(text: str) -> float | None:
    """Read a number from text; None if it is none, or not finite."""
    if not _NUMERIC.fullmatch(text.strip()):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def slider_text(value: float) -> str | None:
    """Write a finite number as the text that JavaScript reads and writes again alike; None if it is too exact for it.

    Example:
        >>> slider_text(5.0), slider_text(10**21), slider_text(2**53 + 1)
        ('5', '1e+21', None)
    """
    try:
        number = float(value)
    except OverflowError:
        return None
    return number_text(number) if number == value else None


def number_text(value: float) -> str:
    """Write a finite number as JavaScript does (ECMA-262, Number::toString); whole ones of Python's in full.

    Raises:
        ValueError: an int has more digits than Python writes.
    """
    if isinstance(value, int):
        return str(value)
    if value.is_integer() and abs(value) < 1e21:  # noqa: PLR2004  (from there on JavaScript uses an exponent)
        return str(int(value))
    digits = repr(value)
    mantissa, _, exponent = digits.partition("e")
    if not exponent:
        return digits
    power = int(exponent)
    if -7 < power < 0:  # noqa: PLR2004  (there JavaScript has no exponent yet, where Python has one from -5 on)
        return f"{value:.{-power + len(mantissa.partition('.')[2])}f}"
    return f"{mantissa}e{power:+d}"
