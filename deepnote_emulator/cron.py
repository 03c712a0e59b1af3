"""Whether a schedule can be: five cron fields and a known time zone.

https://pubs.opengroup.org/onlinepubs/9799919799/utilities/crontab.html
"""

from __future__ import annotations

import re
import zoneinfo

_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 0, 7))
_NAMES = {
    "month": ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    "day of week": ("sun", "mon", "tue", "wed", "thu", "fri", "sat"),
}
_PART = re.compile(r"(?:\*|([0-9]{1,2}|[a-z]{3})(?:-([0-9]{1,2}|[a-z]{3}))?)(?:/([1-9][0-9]?))?", re.ASCII)


def problem_with_cron(cron: str) -> str | None:
    """Say what is wrong with a cron expression."""
    fields = cron.split()
    if len(fields) != len(_FIELDS):
        return f"cron must have five fields, not {len(fields)}"
    for text, (name, low, high) in zip(fields, _FIELDS, strict=True):
        if not all(_is_part(part, name, low, high) for part in text.lower().split(",")):
            return f"cron has a {name} that cannot be: {text!r}"
    return None


def problem_with_timezone(name: str) -> str | None:
    """Say whether the IANA database does not know a time zone."""
    if name == "UTC":
        return None  # also where the machine has no database
    try:
        zoneinfo.ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        return f"timezone must be a name of the IANA time zone database, not {name!r}"
    return None


def _is_part(text: str, name: str, low: int, high: int) -> bool:
    match = _PART.fullmatch(text)
    if match is None:
        return False
    ends = [_number(end, name, low) for end in match.groups()[:2] if end is not None]
    return all(end is not None and low <= end <= high for end in ends)


def _number(text: str, name: str, low: int) -> int | None:
    if text.isdigit():
        return int(text)
    names = _NAMES.get(name, ())
    return names.index(text) + low if text in names else None
