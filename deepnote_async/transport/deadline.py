"""One deadline for everything a call does. It reads the event loop's clock, so tests can run in virtual time."""

from __future__ import annotations

import math

import anyio
from attrs import frozen


@frozen
class Deadline:
    """A moment on the event loop's clock, `math.inf` for never.

    Attributes:
        at: the moment, in seconds of `anyio.current_time()`.
        allowed: how many seconds there were to begin with; None if there is no limit.
    """

    at: float
    allowed: float | None

    @classmethod
    def after(cls, seconds: float | None) -> Deadline:
        """Make a deadline that many seconds from now; None means never.

        Raises:
            ValueError: the number is negative or not a number.
            TypeError: it is no number at all.
        """
        check_timeout(seconds)
        if seconds is None:
            return NEVER
        return cls(anyio.current_time() + seconds, seconds)


NEVER = Deadline(math.inf, None)


def check_timeout(seconds: float | None) -> None:
    """Refuse what cannot be a number of seconds to wait.

    Raises:
        ValueError: the number is negative or not a number.
        TypeError: it is no number at all.
    """
    if seconds is None:
        return
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise TypeError(f"timeout takes seconds or None, not {type(seconds).__name__}")
    if math.isnan(seconds) or seconds < 0:
        raise ValueError(f"timeout must not be negative or NaN, got {seconds!r}")
