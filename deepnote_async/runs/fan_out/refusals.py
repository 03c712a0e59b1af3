"""Which failed starts a fan-out sends again, later, since they certainly left no run.

Those that came too fast or too many, and those that the network did not let out.
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from deepnote_async.errors import APIError, ConnectError, DeadlineExceededError, RateLimitError

Slowdown: TypeAlias = Literal["limit", "rate", "gate", "outage"]
"""Why a start has to wait: too many runs go on at once; the service's rate limit; the client's own rate gate; no
connection."""

LIMIT_STATUSES = frozenset({400, 402, 403, 409, 422, 429})
"""Statuses that may say that too many runs go on. The service's documentation speaks of "parallel run limits" that a
start can meet, and of no status. A 5xx is none of them: nothing proves that it left no run."""

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")
_RUNS = r"(?:runs?|executions?|jobs?|machines?|notebooks?)"
_AT_ONCE = re.compile(
    rf"\b(?:parallel|concurrent(?:ly)?|simultaneous(?:ly)?|active|ongoing)\b[\w\s-]{{0,30}}\b(?:{_RUNS}|running)\b"
    rf"|\b{_RUNS}\b[\w\s-]{{0,40}}\b(?:in parallel|concurrently|simultaneously|in progress|at once"
    r"|at (?:the same|a) time|already running|are running)\b"
    rf"|\b(?:already running|running)\b[\w\s-]{{0,20}}\b{_RUNS}\b"
)
_LIMIT = re.compile(r"\b(?:limit(?:s|ed)?|max(?:imum)?|quota|too many|exceed(?:s|ed|ing)?|at most)\b")
_FOR_GOOD = re.compile(
    r"\b(?:not defined|undefined|unknown|invalid|not valid|not found|does not exist|suspended|disabled|archived|deleted"
    r"|not (?:allowed|supported|available|permitted|enabled)|unsupported|must be|expired)\b"
)


def slowdown_of(error: Exception, *, has_worked: bool = False) -> Slowdown | None:
    """Tell why a start that failed has to wait and may be sent again; None if it may not.

    Only failures that certainly left no run are told of: a refusal that the service gave a reason for, and a call whose
    time went by, or that found no connection, before anything was sent.

    Args:
        error: what the start raised.
        has_worked: whether a start of this fan-out was accepted before. Until then a connection that does not come
            about tells of a wrong address, and later of a network that is down.
    """
    if isinstance(error, APIError) and is_run_limit(error):
        return "limit"
    if isinstance(error, RateLimitError):
        return "rate"
    if isinstance(error, DeadlineExceededError) and error.sent == "no" and _waited_at_gate(error):
        return "gate"
    if has_worked and isinstance(error, ConnectError | DeadlineExceededError) and error.sent == "no":
        return "outage"
    return None


def is_run_limit(error: APIError) -> bool:
    """Whether the service refused a start because as many runs go on at once as it allows.

    The status is not documented, so the words decide: they must speak of runs at the same time and of a limit. What
    stands in quotation marks is somebody's name for something and does not count; nor does a message that names a
    reason that waiting does not mend.

    Example:
        >>> error = ConflictError("409 Conflict", method="POST", path="/v2/runs", status=409)
        >>> error.message = "Parallel run limit reached (5)"
        >>> is_run_limit(error)
        True
    """
    if error.status not in LIMIT_STATUSES:
        return False
    said = _QUOTED.sub("''", error.message.lower())
    return bool(_AT_ONCE.search(said) and _LIMIT.search(said)) and not _FOR_GOOD.search(said)


def _waited_at_gate(error: DeadlineExceededError) -> bool:
    """Whether most of the call's time went by at the rate gate, rather than in looking for a connection.

    A pause that the service asked for counts too: whoever has passed it comes to the gate.
    """
    passed_gate = any(stage == "gate" for stage, _seconds in error.spent)
    held = sum(seconds for stage, seconds in error.spent if stage in {"gate", "backoff"})
    return passed_gate and held > 0 and 2 * held >= sum(seconds for _stage, seconds in error.spent)
