"""The limit of the simulated service."""

from __future__ import annotations

from collections.abc import Callable


class TokenBucket:
    """Lets so many requests through per second, and as many at once after a quiet second.

    Args:
        rate: requests per second, and the most that are saved up.
        clock: gives the time in seconds.
    """

    def __init__(self, rate: float, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._tokens = rate
        self._filled_at = clock()

    def take(self) -> bool:
        """Take a token, if there is one."""
        now = self._clock()
        self._tokens = min(self._rate, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
