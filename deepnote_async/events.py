"""What happens below a client's methods, as records for `on_event`.

    def show(event: Event) -> None:
        if isinstance(event, RetryEvent):
            print(f"{event.path}: {event.reason}; again in {event.pause:.1f} s")

    client = AsyncDeepnote(on_event=show)

The function is called in the event loop, so it should be quick; what it raises is logged and goes no further. No record
holds a token, a body or an address with its query.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from attrs import frozen

from deepnote_async.errors import Sent


@frozen(kw_only=True)
class RequestEvent:
    """A request was answered, or was not; each attempt of a call is one.

    Attributes:
        method: HTTP method.
        path: path template of the operation; the path itself, without its query, for `client.request` and generated
            functions; what it is, for a download.
        attempt: number of the attempt within its call, from 1.
        status: HTTP status of the answer, None if there was none.
        sent: whether the request had left.
        elapsed: seconds of this attempt.
        request_id: the service's id of the request, None if it gave none.
        error: class name of what ended the attempt without an answer, None if it was answered.
    """

    method: str
    path: str
    attempt: int
    status: int | None
    sent: Sent
    elapsed: float
    request_id: str | None
    error: str | None


@frozen(kw_only=True)
class RetryEvent:
    """An attempt failed and another one follows.

    Attributes:
        method: HTTP method.
        path: path template of the operation.
        attempt: number of the attempt that failed, from 1.
        pause: seconds until the next one.
        reason: what went wrong, in a few words.
    """

    method: str
    path: str
    attempt: int
    pause: float
    reason: str


@frozen(kw_only=True)
class RateEvent:
    """The service refused a request for its rate, and the client's rate gate made a change.

    Attributes:
        rate: requests per second from now on; None if it is still unlimited.
        previous: requests per second until now; None if it was unlimited.
        pause: seconds for which no request is sent.
    """

    rate: float | None
    previous: float | None
    pause: float


@frozen(kw_only=True)
class RunEvent:
    """A run is seen in another state than before.

    Attributes:
        run_id: the run; None if its start was sent and nothing proves whether it exists.
        notebook_id: the notebook it runs, None if that is not known.
        status: the status as the service writes it, or "unknown" for such a start.
        previous: the status seen before, None if this is the first.
    """

    run_id: str | None
    notebook_id: str | None
    status: str
    previous: str | None


Event: TypeAlias = RequestEvent | RetryEvent | RateEvent | RunEvent
OnEvent: TypeAlias = Callable[[Event], None]
