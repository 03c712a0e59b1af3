"""Look for the document of an ended run: the terminal status can be visible first, and the document may never come."""

from __future__ import annotations

import math

import anyio
from attrs import frozen

from deepnote_async.errors import (
    CallError,
    ConnectError,
    DeadlineExceededError,
    DecodeError,
    RateLimitError,
    RunTimeoutError,
    SnapshotError,
)
from deepnote_async.models import Run
from deepnote_async.runs.service import RunService, SnapshotAnswer
from deepnote_async.runs.wait import LONGEST_PAUSE_SECONDS, LOOK_SECONDS, LOOK_SECONDS_THROTTLED, TRANSIENT

SETTLE_SECONDS = 30.0
SETTLE_UNTOLD_SECONDS = 5.0
"""How long to look for a snapshot whose state the server does not tell."""
SETTLE_PAUSE = 0.2
LONGEST_SETTLE_PAUSE = 5.0
LEAST_LOOK_SECONDS = 1.0
PATIENT_SECONDS = 300.0


@frozen(kw_only=True)
class Terms:
    """How long to look.

    Attributes:
        pending: seconds from the first answer on for a snapshot that is still being saved.
        silence: seconds without any answer; what the rate gate or a refusal for the rate took of them does not count.
        bears_outages: nor do those in which no connection came about.
        until: moment on the event loop's clock at which it ends in any case.
    """

    pending: float = SETTLE_SECONDS
    silence: float = SETTLE_SECONDS
    bears_outages: bool = False
    until: float = math.inf


PATIENT = Terms(silence=PATIENT_SECONDS, bears_outages=True)
"""For a fan-out, which has a time of its own for everything, and whose runs are paid for."""


@frozen(kw_only=True)
class Unanswered:
    """Nobody told anything of the run in time.

    Attributes:
        seconds: how long was looked.
        last: why the last look failed; None if none came to its end. A SnapshotError if the service named an address,
            but the document could not be fetched from there.
    """

    seconds: float
    last: CallError | SnapshotError | None


def unfetched(final: Run, found: Unanswered) -> RunTimeoutError | SnapshotError:
    """Make the error of a run that has ended and whose document could not be fetched; its cause is the last failure."""
    message = (
        f"Run {final.run_id} ended as {final.status.value}, but its document could not be fetched within "
        f"{found.seconds:.3g} s: {found.last or 'no answer came'}; handle.result() reads it later"
    )
    if isinstance(found.last, SnapshotError):
        return out_of_reach(message, found.last, final.run_id)
    error = RunTimeoutError(message, run_id=final.run_id)
    error.status, error.__cause__ = final.status.value, found.last
    return error


def out_of_reach(message: str, last: SnapshotError, run_id: str) -> SnapshotError:
    """Make the error of a document that could not be fetched from its address for as long as it was tried."""
    error = SnapshotError(message, run_id=run_id)
    error.is_passing, error.__cause__ = True, last.__cause__
    return error


async def settle(service: RunService, run_id: str, terms: Terms) -> SnapshotAnswer | Unanswered:
    """Look until the document is there, or will not come, or the time is up.

    `snapshot_status` tells whether it is worth asking again; a server that does not tell is asked for five seconds. A
    look that fails for a passing reason is repeated, a download of the document with it; what cannot be read, once.

    Args:
        service: where the run is.
        run_id: the run.
        terms: how long to look.

    Returns:
        The last answer, if there was any, and no document that could not be fetched.

    Raises:
        SnapshotError: the document cannot be fetched from its address, now or later.
    """
    began = anyio.current_time()
    told_at, silence, failures = math.inf, 0.0, 0
    answer: SnapshotAnswer | None = None
    failure: CallError | SnapshotError | None = None
    is_unreadable = False
    try:
        with anyio.CancelScope(deadline=terms.until):
            while silence < terms.silence:
                sent = anyio.current_time()
                try:
                    answer = await service.fetch_snapshot(run_id, timeout=_seconds(service, terms.silence - silence))
                except TRANSIENT as error:
                    failure = error
                except DecodeError as error:
                    if is_unreadable:
                        raise
                    is_unreadable, failure = True, error
                except SnapshotError as error:
                    if not error.is_passing:
                        raise
                    failure, answer = error, None  # there is a document: an answer without it would be made up
                else:
                    told_at = min(told_at, anyio.current_time())
                    if _is_settled(answer, anyio.current_time() - told_at, terms.pending):
                        break
                    failure, failures = None, 0
                pause = _pause(failure, failures)
                await anyio.sleep(pause)
                if failure is not None:
                    failures += 1
                    silence += _silence(failure, anyio.current_time() - sent, pause, terms)
        return answer or Unanswered(seconds=anyio.current_time() - began, last=failure)
    finally:
        del failure  # it holds this frame, and the frame would hold it


def _is_settled(answer: SnapshotAnswer, waited: float, longest: float) -> bool:
    state = answer.run.snapshot_status
    if answer.has_arrived:
        return True
    if state is None:
        return waited >= min(SETTLE_UNTOLD_SECONDS, longest)
    return state != "pending" or waited >= longest


def _seconds(service: RunService, left: float) -> float:
    """Give the time of a look."""
    if service.is_throttled:
        return LOOK_SECONDS_THROTTLED
    return max(LEAST_LOOK_SECONDS, min(LOOK_SECONDS, left))


def _pause(failure: CallError | SnapshotError | None, failures: int) -> float:
    """Give the seconds until the next look."""
    if isinstance(failure, RateLimitError):
        return max(SETTLE_PAUSE, min(failure.retry_after or 0.0, LONGEST_PAUSE_SECONDS))  # the rate gate knows the rest
    return SETTLE_PAUSE if failure is None else min(SETTLE_PAUSE * 2.0 ** min(failures, 10), LONGEST_SETTLE_PAUSE)


def _silence(failure: CallError | SnapshotError, took: float, pause: float, terms: Terms) -> float:
    """Give the seconds of a look that failed, and of the pause after it, in which the service was asked in vain."""
    if isinstance(failure, SnapshotError):  # the look did not fail, and may have waited for the rate gate
        cause = failure.__cause__
        return min(took, cause.elapsed + pause) if isinstance(cause, CallError) else took
    if isinstance(failure, RateLimitError):
        return 0.0
    if isinstance(failure, ConnectError) and failure.sent == "no" and terms.bears_outages:
        return 0.0
    if isinstance(failure, DeadlineExceededError):
        held = sum(seconds for stage, seconds in failure.spent if stage in {"gate", "backoff"})
        return max(0.0, took - held)
    return took
