"""Fields of a document as they are meant to be, whatever stands in their place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def mapping(value: object) -> Mapping[str, Any]:
    """Give a mapping as it is; nothing else counts as one."""
    return value if isinstance(value, Mapping) else {}


def mappings(items: object) -> Iterator[Mapping[str, Any]]:
    """Give the mappings of a list."""
    if isinstance(items, Sequence):
        yield from (item for item in items if isinstance(item, Mapping))


def text(value: object) -> str:
    """Give a plain value as text, and nothing for a collection: written out, aliases in it could fill the memory."""
    try:
        return str(value) if isinstance(value, str | int | float) else ""
    except ValueError:  # an integer of more digits than Python writes
        return ""


def text_or_none(value: object) -> str | None:
    """Give text only."""
    return value if isinstance(value, str) else None


def texts(value: object) -> tuple[str, ...]:
    """Give the plain values of a list as text."""
    return tuple(text(item) for item in value) if isinstance(value, Sequence) and not isinstance(value, str) else ()


def joined(value: object) -> str:
    """Join text that nbformat may hold as a list of lines."""
    if isinstance(value, str):
        return value
    return "".join(text(line) for line in value) if isinstance(value, Sequence) else ""


def number_or_none(value: object) -> float | None:
    """Give a number only, and only one that a float can be; true and false are none."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        float(value)
    except OverflowError:
        return None
    return value


def count_or_none(value: object) -> int | None:
    """Give a whole number only; true and false are none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def moment_or_none(value: object) -> dt.datetime | None:
    """Read a moment in ISO 8601; one without an offset is taken for UTC, as Deepnote writes all of them.

    Example:
        >>> moment_or_none("2026-01-14T13:55:41.318Z")
        datetime.datetime(2026, 1, 14, 13, 55, 41, 318000, tzinfo=datetime.timezone.utc)
    """
    try:
        moment = dt.datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment.replace(tzinfo=dt.UTC) if moment is not None and moment.tzinfo is None else moment
