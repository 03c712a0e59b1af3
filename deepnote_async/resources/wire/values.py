"""Single values on their way from the generated models: what was left out, what could not be read."""

from __future__ import annotations

import datetime as dt
from typing import Any, TypeVar

from deepnote_async_api.types import Unset

T = TypeVar("T")


def given(value: T | Unset) -> T | None:
    """Turn a field that the service left out into None."""
    return None if isinstance(value, Unset) else value


def moment(value: object) -> dt.datetime | None:
    """Keep a moment that could be read; the generated models let an unreadable optional one through as text.

    One without a zone is taken for UTC, which is what the service writes: those of a run have to be comparable.
    """
    if not isinstance(value, dt.datetime):
        return None
    return value if value.tzinfo is not None else value.replace(tzinfo=dt.UTC)


def enveloped(body: dict[str, Any], name: str) -> dict[str, Any]:
    """Put a bare object into the envelope that the contract has; some servers are said to leave it out.

    A null in it counts as left out.
    """
    wrapped = body if name in body else {name: body}
    if isinstance(wrapped[name], dict):
        inner = wrapped[name]
        for empty in [field for field, value in inner.items() if value is None]:
            del inner[empty]
    return wrapped
