"""Start a run once, and never claim to know what cannot be known.

Starting is not idempotent and takes no key. A refusal, or a failure before a byte left, means that no run exists and
raises its own error. Anything else after sending leaves open whether one does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
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
)

T = TypeVar("T")


async def start_run(
    send: Callable[[], Awaitable[T]],
    notebook_id: str,
    advice: str = "Look at the notebook's newest runs before starting it again.",
) -> T:
    """Send a start and tell a refusal from an unknown outcome.

    Args:
        send: sends the request once.
        notebook_id: the notebook to start, for the error.
        advice: what can be done about an unknown outcome, which depends on the service.

    Raises:
        RunStartUnknownError: the request was sent, and nothing proves whether the run exists.
        CallError: the run was certainly not started.
    """
    try:
        return await send()
    except CallError as error:
        if not _is_ambiguous(error):
            raise
        unknown = RunStartUnknownError(
            f"The start of a run of notebook {notebook_id} was sent, but nothing proves whether the run exists: "
            f"{error}. {advice}",
        )
        unknown.notebook_id = notebook_id
        raise unknown from error
    except anyio.get_cancelled_exc_class() as cancelled:
        cancelled.add_note(
            f"The start of a run of notebook {notebook_id} was cancelled; the run may exist all the same."
        )
        raise


def _is_ambiguous(error: CallError) -> bool:
    if isinstance(error, UnexpectedRedirectError):
        return False  # whoever redirects has not started anything
    if isinstance(error, TransportError):
        return error.sent != "no"
    return isinstance(error, ServerError | RequestTimeoutError | DecodeError)
