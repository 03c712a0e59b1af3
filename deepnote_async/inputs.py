"""From Python values to what the API takes for an input: text, a boolean, or a list of texts, and nothing else."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

WireValue: TypeAlias = str | bool | list[str]
InputArgument: TypeAlias = str | bool | int | float | dt.date | Sequence[str]


def to_wire(inputs: Mapping[str, InputArgument]) -> dict[str, WireValue]:
    """Turn the inputs of a run into the API's form.

    Numbers become the text that a slider calls its own (5.0 -> "5"), dates the full form that every version of the date
    block reads. Text, booleans and lists of text go as they are.

    Args:
        inputs: values by the name the notebook declares.

    Raises:
        TypeError: a name or value is of a kind that no input takes.
        ValueError: a number is NaN or infinite.

    Example:
        >>> to_wire({"region": "EU", "n": 3.0, "verbose": True})
        {'region': 'EU', 'n': '3', 'verbose': True}
    """
    if not isinstance(inputs, Mapping):
        raise TypeError(f"inputs takes a mapping of names to values, not {type(inputs).__name__}")
    for name in inputs:
        if not isinstance(name, str):
            raise TypeError(f"the name of an input must be a string, not {type(name).__name__}")
    return {name: _value(name, value) for name, value in inputs.items()}


def _value(name: str, value: object) -> WireValue:
    if isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _number(name, value)
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return f"{value.isoformat()}T00:00:00.000Z"
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        items = list(value)
        if all(isinstance(item, str) for item in items):
            return items
    kind = type(value).__name__
    raise TypeError(f"input {name!r}: a {kind} is none of text, number, boolean, date or list of text")


def _number(name: str, value: float) -> str:
    """Write a number as JavaScript does (ECMA-262, Number::toString), which is what a slider compares with."""
    if not math.isfinite(value):
        raise ValueError(f"input {name!r}: {value} is not a number an input can hold")
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
