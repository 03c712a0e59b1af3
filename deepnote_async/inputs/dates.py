"""Dates and ranges of dates, in the forms their blocks read."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import TypeAlias, TypeGuard

RangeEnd: TypeAlias = dt.date | str | None

RANGE_NAMES = ("past7days", "past14days", "pastMonth", "past3months", "past6months", "pastYear")
_CUSTOM_RANGE = re.compile(r"customDays\d{1,5}", re.ASCII)  # longer ones leave the calendar
_FULL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)


def full_text(day: dt.date) -> str:
    """Write a date in full: version 2 of the date block reads any date, version 1 only this form."""
    return f"{day.isoformat()}T00:00:00.000Z"


def moment_text(moment: dt.datetime) -> str:
    """Write a moment for version 1, which keeps the time to the millisecond and knows no zone: aware ones go as UTC.

    Raises:
        ValueError, OverflowError: the calendar does not have it in UTC.
    """
    in_utc = moment if moment.tzinfo is None else moment.astimezone(dt.UTC).replace(tzinfo=None)
    return f"{in_utc.isoformat(timespec='milliseconds')}Z"


def is_full(text: str) -> bool:
    """Whether a text is a moment in the form that every version reads."""
    return bool(_FULL.fullmatch(text)) and date_in(text) is not None


def date_in(text: str) -> dt.date | None:
    """Read a date, or a datetime if the text tells a time, in ISO 8601; None if it is neither."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        pass
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        return None


def is_range_name(text: str) -> bool:
    """Whether a text is the name of a range that ends today."""
    return text in RANGE_NAMES or bool(_CUSTOM_RANGE.fullmatch(text))


def day_text(end: dt.date | None) -> str:
    """Write one end of a range; an open one is empty."""
    return "" if end is None else end.isoformat()


def day_of(end: object) -> dt.date | None:
    """Give one end of a range as a date; None if it is none, or a datetime, whose time would be lost."""
    day = date_in(end) if isinstance(end, str) else end
    return day if isinstance(day, dt.date) and not isinstance(day, dt.datetime) else None


def is_open(end: object) -> bool:
    """Whether one end of a range is left open."""
    return end is None or (isinstance(end, str) and not end)


def is_pair_of_ends(value: object) -> TypeGuard[Sequence[RangeEnd]]:
    """Whether a value is a pair of dates, either of which may be open."""
    return (
        isinstance(value, Sequence)
        and not isinstance(value, str | bytes | bytearray)
        and len(value) == 2  # noqa: PLR2004  (a pair)
        and all(is_open(end) or day_of(end) is not None for end in value)
    )


def is_reversed(first: RangeEnd, last: RangeEnd) -> bool:
    """Whether a range begins after its end."""
    begin, end = day_of(first), day_of(last)
    return begin is not None and end is not None and begin > end
