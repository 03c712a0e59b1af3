"""How long the service asks to wait.

https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

_NUMBER = re.compile(r"[0-9]+(\.[0-9]*)?")


def retry_after_of(headers: Mapping[str, str]) -> float | None:
    """Read `Retry-After`, else `RateLimit-Reset`, as seconds from now; None if there is no usable one.

    A date is measured against the answer's own `Date`: the clock of this machine may be wrong. One that has passed
    means now.
    """
    if (text := headers.get("retry-after")) is not None:
        seconds = _seconds(text)
        if seconds is None:
            seconds = _between(headers.get("date"), text)
        if seconds is not None:
            return seconds
    return _seconds(headers.get("ratelimit-reset"))


def _seconds(text: str | None) -> float | None:
    if text is None or not _NUMBER.fullmatch(text.strip()):
        return None
    seconds = float(text)
    return seconds if seconds < math.inf else None


def _between(earlier: str | None, later: str) -> float | None:
    try:
        span = parsedate_to_datetime(later) - parsedate_to_datetime(earlier or "")
    except (ValueError, TypeError, OverflowError):  # no dates, or one with a time zone and one without
        return None
    return max(0.0, span.total_seconds())
