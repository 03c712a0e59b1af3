"""Values without a declaration: each becomes the one form that every kind of input reads alike, or is refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import PurePath
from typing import TypeAlias, TypeGuard

from deepnote_async.inputs.dates import day_of, day_text, full_text, is_pair_of_ends, is_reversed
from deepnote_async.inputs.numbers import is_finite, number_of, number_text

WireValue: TypeAlias = str | bool | list[str]
InputArgument: TypeAlias = (
    str | bool | float | dt.date | PurePath | Sequence[str | dt.date | None] | AbstractSet[str] | None
)
"""What a run takes for an input; which kind takes what stands in docs/inputs.md."""


def to_wire(inputs: Mapping[str, InputArgument]) -> dict[str, WireValue]:
    """Turn the inputs of a run into the API's form, without asking what the notebook declares.

    Numbers become the text that a slider calls its own (5.0 -> "5"), dates the full form that every version of the date
    block reads, two dates a range. Text, booleans and lists of text go as they are.

    Args:
        inputs: values by the name the notebook declares.

    Raises:
        TypeError: a name or value is of a kind that no input takes.
        ValueError: a number is NaN or infinite, or a range is reversed.

    Example:
        >>> to_wire({"region": "EU", "n": 3.0, "verbose": True})
        {'region': 'EU', 'n': '3', 'verbose': True}
    """
    check_names(inputs)
    return {name: _value(name, value) for name, value in inputs.items()}


def check_names(inputs: Mapping[str, object]) -> None:
    """Refuse what is no mapping of names.

    Raises:
        TypeError: it is no mapping, or a name is no string.
    """
    if not isinstance(inputs, Mapping):
        raise TypeError(f"inputs takes a mapping of names to values, not {type(inputs).__name__}")
    for name in inputs:
        if not isinstance(name, str):
            raise TypeError(f"the name of an input must be a string, not {type(name).__name__}")


def is_plain(value: object) -> TypeGuard[str | bool | Sequence[str]]:
    """Whether a value is what the API takes as it is."""
    return isinstance(value, str | bool) or is_texts(value)


def is_texts(value: object) -> TypeGuard[Sequence[str]]:
    """Whether a value is a list of texts, and no text itself."""
    return (
        isinstance(value, Sequence)
        and not isinstance(value, str | bytes | bytearray)
        and all(isinstance(item, str) for item in value)
    )


def _value(name: str, value: object) -> WireValue:
    if isinstance(value, str | bool):
        return value
    number = number_of(value)
    if number is not None:
        return _number(name, number)
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return full_text(value)
    if isinstance(value, PurePath):
        return value.as_posix()
    if is_texts(value):
        return list(value)
    if is_pair_of_ends(value):
        first, last = value
        if is_reversed(first, last):
            raise ValueError(f"input {name!r}: the range is reversed, it begins at {first} and ends at {last}")
        return [day_text(day_of(first)), day_text(day_of(last))]
    kind = type(value).__name__
    raise TypeError(f"input {name!r}: a {kind} is none of text, number, boolean, date, range of dates or list of text")


def _number(name: str, value: float) -> str:
    if not is_finite(value):
        raise ValueError(f"input {name!r}: {value} is not a number an input can hold")
    try:
        return number_text(value)
    except ValueError:
        raise ValueError(f"input {name!r}: the number has more digits than Python writes") from None
