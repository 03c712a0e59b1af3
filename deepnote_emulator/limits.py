"""How much a server allows: requests in a time, runs at once. Both are off unless they are set."""

from __future__ import annotations

import math
from typing import Literal, get_args

from attrs import Factory, field, frozen

from deepnote_emulator.checks import check_choice, check_number, check_whole

Scope = Literal["all", "reads", "starts"]


def _whole_second(limit: RateLimit) -> int:
    check_number("per_second", limit.per_second, positive=True)
    return max(1, math.floor(limit.per_second))


@frozen
class RateLimit:
    """How many requests in a time are answered; each further one gets 429. They share one token bucket.

    Args:
        per_second: how many come free in a second.
        burst: how many may come at once after a rest; default `per_second`, and at least 1.
        scope: which requests count and are refused: "all"; "reads", every GET; "starts", those that start a run.
        retry_after: whether a 429 tells in whole seconds when the next request is free (the header `Retry-After`).

    Raises:
        ValueError: a value is out of range; the text names it.

    Example:
        >>> emulator.rate_limit = RateLimit(10, scope="reads")
    """

    per_second: float
    burst: int = field(default=Factory(_whole_second, takes_self=True), kw_only=True)
    scope: Scope = field(default="all", kw_only=True)
    retry_after: bool = field(default=True, kw_only=True)

    def __attrs_post_init__(self) -> None:
        check_number("per_second", self.per_second, positive=True)
        check_whole("burst", self.burst, 1)
        check_choice("scope", self.scope, get_args(Scope))


@frozen
class ParallelLimit:
    """How many runs may be pending or running at once; a further start is refused and starts nothing.

    The service does so too, but with which status and message no page tells.

    Args:
        runs: how many; with 0 every start is refused.
        status: the status of the refusal, 400 to 599.
        message: its message.

    Raises:
        ValueError: a value is out of range; the text names it.

    Example:
        >>> emulator.parallel_limit = ParallelLimit(5, status=429)
    """

    runs: int
    status: int = field(default=409, kw_only=True)
    message: str = field(default="Parallel run limit reached", kw_only=True)

    def __attrs_post_init__(self) -> None:
        check_whole("runs", self.runs, 0)
        check_whole("status", self.status, 400, 599)


class ParallelLimitError(Exception):
    """A run may not be started now, since too many are going on."""

    def __init__(self, limit: ParallelLimit) -> None:
        super().__init__(limit.message)
        self.limit = limit


class TokenBucket:
    """The tokens of a rate limit: as many as its burst in the beginning, one for each request.

    Args:
        limit: how fast they come back.
        now: the moment, in seconds of a clock that never goes back.
    """

    def __init__(self, limit: RateLimit, now: float) -> None:
        self.limit = limit
        self._tokens = float(limit.burst)
        self._seen = now

    def take(self, now: float) -> float:
        """Take a token if there is one; gives 0, or in how many seconds there will be one."""
        self._tokens = min(self.limit.burst, self._tokens + (now - self._seen) * self.limit.per_second)
        self._seen = now
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self.limit.per_second
