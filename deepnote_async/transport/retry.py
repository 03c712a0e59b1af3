"""Whether a failed attempt is repeated, and after which pause: one owner for the whole client.

A library would be welcome here, but none fits: what decides is whether the request had left this machine (which only
the backend knows), the pause has to end with the call's deadline on the event loop's own clock, and a budget is shared
by all calls of a client.

The figures follow AWS's standard mode (full jitter, a token bucket of 500 with 14 for a retry) and RFC 9110, section
9.2.2: what is not idempotent is repeated only if it was certainly not applied.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Literal, TypeAlias

from attrs import field, frozen, validators

from deepnote_async.errors import (
    APIError,
    CallError,
    ConnectError,
    ConnectionLostError,
    DecodeError,
    RateLimitError,
    RequestTimeoutError,
    RetryStopped,
    ServerError,
    TransportError,
    UnexpectedRedirectError,
    UnexpectedStatusError,
)

REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})
"""Methods whose second request does no more than the first (RFC 9110, section 9.2.2)."""

FOR_GOOD = frozenset({501, 505})
"""Statuses of 5xx that say what the service will not learn by being asked again."""

_UNAVAILABLE = 503
_REFUSALS = range(400, 500)
_HINT_JITTER = 0.1
_MOST_DOUBLINGS = 30

Fault: TypeAlias = Literal["certificate", "resolve", "other"]
"""Why no connection came about, as far as it changes what is worth repeating."""


def _at_least_one(_instance: object, _attribute: object, value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"attempts takes a whole number, not {type(value).__name__}")
    if value < 1:
        raise ValueError(f"attempts must be at least 1, got {value}")


@frozen(kw_only=True)
class Retry:
    """How failed attempts of a call are repeated.

    GET, HEAD, OPTIONS and DELETE are repeated after connection faults, 408, 429 and 5xx (but 501 and 505), everything
    else after 429 and after what provably never left this machine. A host name that cannot be resolved, and an answer
    that is no JSON object, are tried twice. All of it ends with the call's `timeout`.

    A pause is drawn from zero to `backoff * 2**n` seconds (full jitter), at most `longest_pause`. Where the service
    names a pause (`Retry-After`, else `RateLimit-Reset`), that is kept to, and a little more; if it names more than
    `longest_hint`, or more than the call has left, the error is raised at once with `.retry_after`.

    Attributes:
        attempts: how often a request is sent at most, the first time included.
        backoff: seconds that the first pause is drawn from.
        throttled_backoff: the same after a 429 or 503 that names no pause.
        longest_pause: upper limit of a drawn pause, in seconds.
        longest_hint: the longest pause named by the service that is waited for, in seconds.

    Example:
        >>> client = AsyncDeepnote(retry=Retry(attempts=6))
        >>> await client.runs.get(run_id, retry=None)  # this one is sent once
    """

    attempts: int = field(default=4, validator=_at_least_one)
    backoff: float = field(default=0.25, validator=validators.ge(0))
    throttled_backoff: float = field(default=1.0, validator=validators.ge(0))
    longest_pause: float = field(default=20.0, validator=validators.ge(0))
    longest_hint: float = field(default=60.0, validator=validators.ge(0))


DEFAULT_RETRY = Retry()


class Budget:
    """A token bucket that all calls of a client draw their retries from, so that a brown-out is not made worse.

    A retry costs 14, given back when it succeeds; a success at the first attempt gives 1. A 429 costs nothing: the rate
    gate paces everything that follows it.
    """

    CAPACITY = 500
    COST = 14

    def __init__(self) -> None:
        self._left = self.CAPACITY

    def draw(self, cost: int) -> bool:
        """Take what a retry costs, if there is enough."""
        if self._left < cost:
            return False
        self._left -= cost
        return True

    def give(self, amount: int) -> None:
        """Put back."""
        self._left = min(self.CAPACITY, self._left + amount)


def is_worth_repeating(error: CallError, method: str, attempt: int, fault: Fault) -> bool:
    """Whether another attempt may help and does no harm.

    Args:
        error: what the attempt ended with.
        method: HTTP method of the call.
        attempt: number of the attempt, from 1.
        fault: what kept a connection from coming about.
    """
    if isinstance(error, RateLimitError):
        return True
    if isinstance(error, ConnectError):  # nothing of this attempt has left, and of no earlier one of a POST
        return fault == "other" or (fault == "resolve" and attempt == 1)
    if method not in REPEATABLE:
        return False
    if isinstance(error, DecodeError):
        return attempt == 1 and error.pointer == ""
    if isinstance(error, ServerError):
        return error.status not in FOR_GOOD
    return isinstance(error, ConnectionLostError | RequestTimeoutError)


def pause_after(
    error: CallError, attempt: int, retry: Retry, left: float, draw: Callable[[], float] = random.random
) -> float | RetryStopped:
    """Give the seconds to wait before the next attempt, or why there is none.

    Args:
        error: what the attempt ended with; worth repeating.
        attempt: number of the attempt, from 1.
        retry: the settings.
        left: seconds until the last moment at which another attempt is sent.
        draw: gives a number from 0 to 1.
    """
    if attempt >= retry.attempts:
        return "attempts"
    hint = error.retry_after if isinstance(error, APIError) else None
    if hint is not None:
        if hint > retry.longest_hint:
            return "retry_after"
        pause = hint + draw() * max(hint, 1.0) * _HINT_JITTER  # jitter upward only: never earlier than was asked
    else:
        throttled = isinstance(error, RateLimitError) or error.status == _UNAVAILABLE
        first = retry.throttled_backoff if throttled else retry.backoff
        pause = draw() * min(retry.longest_pause, first * 2.0 ** min(attempt - 1, _MOST_DOUBLINGS))
    return pause if pause < left else "deadline"


def may_have_been_applied(error: CallError) -> bool:
    """Whether the service may have done what it was asked although the attempt failed."""
    if isinstance(error, UnexpectedRedirectError):
        return False  # whoever redirects has not done anything
    if isinstance(error, TransportError):
        return error.sent != "no"
    if isinstance(error, UnexpectedStatusError):
        return error.status not in _REFUSALS
    return isinstance(error, ServerError | RequestTimeoutError | DecodeError)


def checked_retry(retry: Retry | None) -> Retry | None:
    """Return settings of retries, if they are such.

    Raises:
        TypeError: they are something else, such as a number.
    """
    if retry is not None and not isinstance(retry, Retry):
        raise TypeError(f"retry takes a Retry or None, not {type(retry).__name__}")
    return retry
