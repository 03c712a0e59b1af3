"""Inputs as the Python that sets them, each in the type the kernel gets."""

from __future__ import annotations

import datetime as dt
import keyword
import math
import re
from collections.abc import Mapping, Sequence
from typing import TypeGuard

from attrs import frozen

from deepnote_async.snapshot.display.markup import json_text
from deepnote_async.snapshot.document import Block
from deepnote_async.snapshot.fields import number_or_none

_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,300})(?:\.\d{1,300})?(?:[eE][-+]?\d{1,3})?\Z", re.ASCII)
_WITHOUT_TIME = 2
"""From this version on, a date block keeps no time."""
_LONGEST = 10_000
_MOST_BITS = 10_000
"""Python does not write larger numbers in digits."""


@frozen
class Literal:
    """A value in Python.

    Attributes:
        text: the expression, in one line.
        imports: the names of `datetime` that it uses, each with an underscore before it.
    """

    text: str
    imports: tuple[str, ...] = ()


def input_name(block: Block) -> str:
    """Give the name of the variable that an input sets."""
    return block.variable_name or "unnamed_variable"


def input_value(block: Block, inputs: Mapping[str, object]) -> object:
    """Give the value of an input: the one the run was started with, else the one saved in the notebook."""
    return inputs.get(input_name(block), block.value)


def is_variable(name: str) -> bool:
    """Whether Python takes a name for a variable."""
    return name.isidentifier() and not keyword.iskeyword(name)


def literal(block: Block, value: object) -> Literal:
    """Write the value of an input in Python.

    Example:
        >>> slider = Block(id="b", type="input-slider", position=0)
        >>> literal(slider, "5").text
        '5'
    """
    if value is None or (value == "" and block.type in {"input-select", "input-file", "input-date"}):
        return Literal("None")
    if block.type == "input-slider" and isinstance(value, str) and _NUMBER.match(value):
        return Literal(value)
    if block.type == "input-date" and isinstance(value, str):
        version = number_or_none(block.metadata.get("deepnote_input_date_version"))
        return _day(value) if version == _WITHOUT_TIME else _moment(value)
    if block.type == "input-date-range" and _is_pair(value):
        ends = [Literal("None") if end in {"", None} else _day(end) for end in value]
        imports = dict.fromkeys(name for end in ends for name in end.imports)
        return Literal(f"[{', '.join(end.text for end in ends)}]", tuple(imports))
    return Literal(_plain(value))


def _is_pair(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 2  # noqa: PLR2004  (a pair)


def _plain(value: object) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return f"float({str(value)!r})"
    if isinstance(value, str | bool | float):
        return repr(value)
    if isinstance(value, int):
        return str(value) if value.bit_length() < _MOST_BITS else hex(value)
    if isinstance(value, Sequence) and all(isinstance(item, str) for item in value):
        return repr(list(value))
    return repr(json_text(value, _LONGEST))  # no input has such a value; it is told, not used


def _day(text: object) -> Literal:
    day = _read(text)
    return Literal(_plain(text)) if day is None else Literal(f"_date({day.year}, {day.month}, {day.day})", ("date",))


def _moment(text: str) -> Literal:
    moment = _read(text)
    if moment is None:
        return Literal(_plain(text))
    return Literal(f"_datetime.fromisoformat({moment.replace(tzinfo=None).isoformat()!r})", ("datetime",))


def _read(text: object) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
