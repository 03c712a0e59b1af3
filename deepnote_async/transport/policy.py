"""The policy transport: what holds for every request, generated or hand-made.

One deadline spans everything: the rate gate, every attempt with its body, and the pauses between them. What fails is
repeated where that may help and does no harm (`retry.py`); what is left becomes the exception for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import anyio
import httpx
from attrs import frozen

from deepnote_async.errors import APIError, CallError, NotFoundError, RateLimitError
from deepnote_async.events import RetryEvent
from deepnote_async.transport.deadline import Deadline
from deepnote_async.transport.gate import RateGate
from deepnote_async.transport.limits import CONNECT_SECONDS, LEAST_SECONDS, POOL_SECONDS, SILENCE_SECONDS
from deepnote_async.transport.mapping import deadline_error, status_name
from deepnote_async.transport.options import CONTEXT_KEY, CallContext, lane_of
from deepnote_async.transport.reporting import Reporter
from deepnote_async.transport.retry import (
    REPEATABLE,
    Budget,
    Retry,
    is_worth_repeating,
    may_have_been_applied,
    pause_after,
)
from deepnote_async.transport.sender import Sender, can_repeat

T = TypeVar("T")


@frozen(kw_only=True)
class Defaults:
    """What holds for a call that says nothing else.

    Attributes:
        timeout: total seconds of a call; None for no limit.
        retry: how failed attempts are repeated; None sends once.
    """

    timeout: float | None
    retry: Retry | None


class PolicyTransport(httpx.AsyncBaseTransport):
    """Sends requests under the client's policy.

    Args:
        sender: carries out one attempt.
        defaults: for calls that carry no CallContext, such as those made with `client.generated`.
        gate: what every attempt passes before it is sent.
        report: told of retries.
    """

    def __init__(self, sender: Sender, defaults: Defaults, gate: RateGate, report: Reporter) -> None:
        self._sender = sender
        self._defaults = defaults
        self._gate = gate
        self._report = report
        self._budget = Budget()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; return its success, or raise what went wrong. The body is read, unless the call streams."""
        return await self.send(request, self._new_context(request), as_it_is)

    async def send(self, request: httpx.Request, context: CallContext, read: Callable[[httpx.Response], T]) -> T:
        """Send a request under the policy and give what `read` makes of the answer.

        Args:
            request: the request.
            context: what the policy needs to know of the call.
            read: reads the answer; a DecodeError that it raises is a failed attempt like any other.

        Raises:
            CallError: what the last attempt ended with, or DeadlineExceededError.
        """
        request.extensions[CONTEXT_KEY] = context
        request.extensions["timeout"] = _timeouts(context)
        with anyio.CancelScope(deadline=context.deadline.at):
            return await self._attempts(request, context, read)
        raise deadline_error(context)

    async def aclose(self) -> None:
        """Close the backend; a call that is still on its way to it is told so."""
        await self._sender.aclose()

    def _new_context(self, request: httpx.Request) -> CallContext:
        return CallContext(
            request.method,
            request.url.path,
            Deadline.after(self._defaults.timeout),
            started=anyio.current_time(),
            retry=self._defaults.retry,
            lane=lane_of(request.method, streaming=False),
        )

    async def _attempts(self, request: httpx.Request, context: CallContext, read: Callable[[httpx.Response], T]) -> T:
        record, drawn = context.record, 0
        while True:
            if not self._gate.is_open:
                record.enter("gate", anyio.current_time())
                await self._gate.enter(context.lane)
            began = anyio.current_time()
            if began >= context.deadline.at - _least_seconds(context):  # the scope would notice only after it has left
                raise deadline_error(context)
            record.enter("attempt", began)
            try:
                answer = read(await self._sender.send(request, context))
            except CallError as error:
                failure = error
            else:
                self._gate.passed(began)
                self._budget.give(drawn or 1)
                return answer
            try:
                self._note(failure, began)
                if _is_gone(failure, context):
                    self._budget.give(drawn or 1)
                    return read(httpx.Response(204))
                record.is_ambiguous = record.is_ambiguous or may_have_been_applied(failure)
                drawn = await self._pause_after(failure, request, context)
            finally:
                del failure  # it holds this frame, and the frame would hold it

    def _note(self, failure: CallError, began: float) -> None:
        """Tell the gate what the service said."""
        if isinstance(failure, RateLimitError):
            self._gate.throttled(began, anyio.current_time(), failure.retry_after)
        elif isinstance(failure, APIError):
            self._gate.passed(began)

    async def _pause_after(self, failure: CallError, request: httpx.Request, context: CallContext) -> int:
        """Wait until the next attempt, or raise the failure if there is none; gives what the budget paid."""
        record, retry, now = context.record, context.retry, anyio.current_time()
        worth = is_worth_repeating(failure, context.method, record.attempt, record.fault)
        if retry is None or not worth or not can_repeat(request):
            raise failure
        left = context.deadline.at - now - _least_seconds(context)  # what comes too late to be sent is not waited for
        pause = pause_after(failure, record.attempt, retry, left)
        cost = 0 if isinstance(failure, RateLimitError) else Budget.COST
        if not isinstance(pause, str) and not self._budget.draw(cost):
            pause = "budget"
        if isinstance(pause, str):
            failure.retry_stopped = pause
            raise failure
        self._report(
            RetryEvent(
                method=context.method,
                path=context.path,
                attempt=record.attempt,
                pause=pause,
                reason=_reason(failure),
            )
        )
        record.enter("backoff", now)
        await anyio.sleep(pause)
        return cost


def _reason(failure: CallError) -> str:
    """Say what went wrong, without what the body of an answer says."""
    return status_name(failure.status) if isinstance(failure, APIError) else str(failure.args[0])


def as_it_is(response: httpx.Response) -> httpx.Response:
    """Read nothing out of an answer: for callers of `send` who want the answer itself."""
    return response


def _timeouts(context: CallContext) -> dict[str, float | None]:
    """Give httpx's timeouts of an attempt.

    Reading ends with the call's deadline and nothing earlier, with one exception: where an attempt may be repeated, it
    is given up after 30 s without a byte, or half of the call's time if that is more, so that time is left for another
    one. What is streamed cannot be repeated.
    """
    allowed = context.deadline.allowed
    attempts = 1 if context.retry is None or context.streaming else context.retry.attempts
    repeats = context.method in REPEATABLE and attempts > 1
    silence = max(SILENCE_SECONDS, allowed / 2) if repeats and allowed is not None else None
    return {"connect": CONNECT_SECONDS, "read": silence, "write": None, "pool": POOL_SECONDS}


def _least_seconds(context: CallContext) -> float:
    """Give the seconds that must be left for an attempt: what may not be repeated is not sent to be cut off at once."""
    if context.least is not None:
        return context.least
    if context.method in REPEATABLE or context.deadline.allowed is None:
        return 0.0
    return min(LEAST_SECONDS, context.deadline.allowed / 4)


def _is_gone(failure: CallError, context: CallContext) -> bool:
    """Whether this 404 of a DELETE is the echo of an earlier attempt whose answer got lost."""
    return isinstance(failure, NotFoundError) and context.method == "DELETE" and context.record.is_ambiguous
