"""What waiting bears, and how it tells what it does not."""

from __future__ import annotations

from types import TracebackType

import anyio

from deepnote_async.errors import (
    ConnectError,
    ConnectionLostError,
    DeadlineExceededError,
    DeepnoteError,
    RateLimitError,
    RequestTimeoutError,
    RunTimeoutError,
    ServerError,
)
from deepnote_async.models import Run
from deepnote_async.transport import Deadline

TRANSIENT = (
    RateLimitError, ServerError, RequestTimeoutError, ConnectError, ConnectionLostError, DeadlineExceededError,
)  # fmt: skip
"""What a look may fail with although the run is well."""

LONGEST_PAUSE_SECONDS = 60.0
"""The service's rate limit counts in windows of 60 s, so no wait need be longer, whatever an answer asks for."""

LOOK_SECONDS = 30.0
"""A look that takes longer is given up; another one follows."""

LOOK_SECONDS_THROTTLED = 120.0
"""The same while requests are refused: this client's own rate gate may let one through in ten seconds."""

PATIENCE_SECONDS = 60.0
"""How long a wait without a deadline bears nothing but failures."""


class naming_run:  # noqa: N801  (used like the functions of contextlib, but ten thousand of them take less memory)
    """Give every error of the SDK that passes the id of the run it happened to, and a cancellation a note of it."""

    __slots__ = ("_run_id",)

    def __init__(self, run_id: str) -> None:
        self._run_id = run_id

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        if isinstance(error, DeepnoteError):
            error.run_id = error.run_id or self._run_id
        elif error is not None and isinstance(error, anyio.get_cancelled_exc_class()):
            note = f"Run {self._run_id} goes on; client.runs.handle({self._run_id!r}) takes hold of it again."
            if note not in getattr(error, "__notes__", ()):
                error.add_note(note)


def time_is_up(run_id: str, deadline: Deadline, last: Run | None) -> RunTimeoutError:
    """Make the error of a wait whose time was up."""
    status = last.status.value if last else None
    error = RunTimeoutError(
        f"Run {run_id} had not ended after {deadline.allowed:g} s (last status: {status or 'none seen'}); it goes on",
        run_id=run_id,
    )
    error.status = status
    return error
