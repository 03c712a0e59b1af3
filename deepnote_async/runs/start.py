"""Send a start once, and never claim to know what cannot be known.

Starting is not idempotent and takes no key. A refusal, or a failure before a byte left, means that no run exists and
raises its own error. Anything else after sending leaves open whether one does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import anyio

from deepnote_async.errors import (
    CallError,
    DecodeError,
    RequestTimeoutError,
    RunStartUnknownError,
    ServerError,
    TransportError,
    UnexpectedRedirectError,
    UnexpectedStatusError,
)

T = TypeVar("T")

_REFUSALS = range(400, 500)


async def start_run(
    send: Callable[[], Awaitable[T]],
    notebook_id: str,
    advice: str = "Look at `await error.candidates(client)` before starting it again.",
    service: str = "deepnote",
) -> T:
    """Send a start and tell a refusal from an unknown outcome.

    Args:
        send: sends the request once.
        notebook_id: the notebook to start, for the error.
        advice: what can be done about an unknown outcome, which depends on the service.
        service: name of the service, for the error.

    Raises:
        RunStartUnknownError: the request was sent, and nothing proves whether the run exists.
        CallError: the run was certainly not started.
    """
    try:
        with noting_cancellation(notebook_id):
            return await send()
    except CallError as error:
        if not is_ambiguous(error):
            raise
        unknown = RunStartUnknownError(
            f"The start of a run of notebook {notebook_id} was sent, but nothing proves whether the run exists: "
            f"{error}. {advice}",
        )
        unknown.notebook_id = notebook_id
        unknown.service = service
        raise unknown from error


@contextmanager
def noting_cancellation(notebook_id: str) -> Iterator[None]:
    """Give a cancellation that passes a note that the run may exist."""
    try:
        yield
    except anyio.get_cancelled_exc_class() as cancelled:
        cancelled.add_note(
            f"The start of a run of notebook {notebook_id} was cancelled; the run may exist all the same."
        )
        raise


def is_ambiguous(error: CallError) -> bool:
    """Whether a failed start may have been applied."""
    if isinstance(error, UnexpectedRedirectError):
        return False  # whoever redirects has not started anything
    if isinstance(error, TransportError):
        return error.sent != "no"
    if isinstance(error, UnexpectedStatusError):
        return error.status not in _REFUSALS
    return isinstance(error, ServerError | RequestTimeoutError | DecodeError)


def may_have_succeeded(error: BaseException | None) -> bool:
    """Whether the answer to a start had begun, and may have been a success: then the run exists, listed or not."""
    if not isinstance(error, CallError):
        return True
    if error.status is not None:
        return 200 <= error.status < 300  # noqa: PLR2004  (RFC 9110, section 15.3)
    return isinstance(error, TransportError) and error.sent == "yes"
