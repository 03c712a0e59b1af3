"""Moments in the API's form."""

from __future__ import annotations

import datetime as dt


def now() -> dt.datetime:
    """Give the current moment in UTC."""
    return dt.datetime.now(dt.UTC)


def iso(moment: dt.datetime) -> str:
    """Write a moment as the API does: UTC, milliseconds, Z (RFC 3339)."""
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
