"""Send a start once, and never claim to know what cannot be known.

Starting is not idempotent and takes no key. A refusal, or a failure before a byte left, means that no run exists and
raises its own error. Anything else after sending leaves open whether one does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias, TypeVar

import anyio

from deepnote_async.errors import (
    APIError,
    CallError,
    RunStartUnknownError,
    TransportError,
)
from deepnote_async.events import RunEvent
from deepnote_async.runs.refusals import is_run_limit
from deepnote_async.runs.service import RunService
from deepnote_async.transport import SendRecord, may_have_been_applied

T = TypeVar("T")


Send: TypeAlias = Callable[[SendRecord], Awaitable[T]]
"""Sends a start once, and writes into the record how far it came."""


async def start_run(
    service: RunService,
    send: Send[T],
    notebook_id: str,
    advice: str = "Look at `await error.candidates(client)` before starting it again.",
) -> T:
    """Send a start and tell a refusal from an unknown outcome.

    Args:
        service: the service; told of an unknown start.
        send: sends the request once.
        notebook_id: the notebook to start, for the error.
        advice: what can be done about an unknown outcome, which depends on the service.

    Raises:
        RunStartUnknownError: the request was sent, and nothing proves whether the run exists.
        CallError: the run was certainly not started.
    """
    record = SendRecord()
    try:
        with noting_cancellation(service, notebook_id, record):
            return await send(record)
    except CallError as error:
        if not may_have_been_applied(error) or (isinstance(error, APIError) and is_run_limit(error)):
            raise  # whatever the status: a service that names its limit of runs at once says that it started none
        unknown = RunStartUnknownError(
            f"The start of a run of notebook {notebook_id} was sent, but nothing proves whether the run exists: "
            f"{error}. {advice}",
        )
        unknown.notebook_id = notebook_id
        unknown.service = service.name
        service.report(unknown_start(notebook_id))
        raise unknown from error


@contextmanager
def noting_cancellation(service: RunService, notebook_id: str, record: SendRecord) -> Iterator[None]:
    """Give what passes and is no CallError, such as a cancellation, a note of whether the run may exist."""
    try:
        yield
    except CallError:
        raise
    except BaseException as error:
        is_cancelled = isinstance(error, anyio.get_cancelled_exc_class())
        what = "cancelled" if is_cancelled else f"ended by {type(error).__name__}"
        start = f"The start of a run of notebook {notebook_id} was {what}"
        if record.sent == "no":
            error.add_note(f"{start} before it was sent; there is no such run.")
        else:
            error.add_note(f"{start}; the run may exist all the same.")
            service.report(unknown_start(notebook_id))
        raise


@contextmanager
def noting_lost(notebook_id: str) -> Iterator[None]:
    """Give a cancellation of the search for a lost run a note that the run may exist."""
    try:
        yield
    except anyio.get_cancelled_exc_class() as cancelled:
        cancelled.add_note(
            f"The search for the lost run of notebook {notebook_id} was cancelled; the run may exist all the same."
        )
        raise


def unknown_start(notebook_id: str) -> RunEvent:
    """Make the event of a start of which nothing proves whether the run exists."""
    return RunEvent(run_id=None, notebook_id=notebook_id, status="unknown", previous=None)


def may_have_succeeded(error: BaseException | None) -> bool:
    """Whether the answer to a start had begun, and may have been a success: then the run exists, listed or not."""
    if not isinstance(error, CallError):
        return True
    if error.status is not None:
        return 200 <= error.status < 300  # noqa: PLR2004  (RFC 9110, section 15.3)
    return isinstance(error, TransportError) and error.sent == "yes"
