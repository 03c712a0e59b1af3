"""Wait for a run by looking at it until it has ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Unpack

import anyio

from deepnote_async.errors import (
    ConnectError,
    ConnectionLostError,
    DeadlineExceededError,
    DecodeError,
    DeepnoteError,
    NotFoundError,
    RateLimitError,
    RequestTimeoutError,
    RunTimeoutError,
    ServerError,
)
from deepnote_async.models import Run
from deepnote_async.runs.schedule import next_look
from deepnote_async.runs.service import RunService
from deepnote_async.transport import CallOptions, Deadline

TRANSIENT = (
    RateLimitError, ServerError, RequestTimeoutError, ConnectError, ConnectionLostError, DeadlineExceededError,
)  # fmt: skip
"""What a look may fail with although the run is well."""

LONGEST_PAUSE_SECONDS = 60.0
"""The service's rate limit counts in windows of 60 s, so no wait need be longer, whatever an answer asks for."""

PATIENCE_SECONDS = 60.0
"""How long a wait without a deadline bears nothing but failures."""


@contextmanager
def naming_run(run_id: str) -> Iterator[None]:
    """Give every error of the SDK that passes the id of the run it happened to, and a cancellation a note of it."""
    try:
        yield
    except DeepnoteError as error:
        error.run_id = error.run_id or run_id
        raise
    except anyio.get_cancelled_exc_class() as cancelled:
        note = f"Run {run_id} goes on; client.runs.handle({run_id!r}) takes hold of it again."
        if note not in getattr(cancelled, "__notes__", ()):
            cancelled.add_note(note)
        raise


async def wait_until_terminal(
    service: RunService,
    run_id: str,
    deadline: Deadline,
    seen: Callable[[Run], None],
    last: Run | None = None,
    **options: Unpack[CallOptions],
) -> Run:
    """Look at a run until it has ended.

    A look that fails for a passing reason is repeated until the deadline; without a deadline, for at most 60 seconds in
    a row. What is not found, or cannot be read, is looked for once more: a run may be too new to be seen everywhere,
    and a proxy may put in a word.

    Raises:
        RunTimeoutError: the deadline came first. The run itself goes on.
        NotFoundError: the run does not exist.
    """
    with naming_run(run_id), anyio.CancelScope(deadline=deadline.at):
        began = healthy = anyio.current_time()
        doubted = False
        while True:
            pause = next_look(anyio.current_time() - began, seed=hash(run_id))
            try:
                last = await service.get(run_id, **options)
            except (NotFoundError, DecodeError):
                if doubted:
                    raise
                doubted = True
            except TRANSIENT as error:
                if deadline.allowed is None and anyio.current_time() - healthy > PATIENCE_SECONDS:
                    raise
                pause = max(pause, min(getattr(error, "retry_after", None) or 0.0, LONGEST_PAUSE_SECONDS))
            else:
                seen(last)
                if last.status.is_terminal:
                    return last
                healthy, doubted = anyio.current_time(), False
            await anyio.sleep(pause)
    raise _timeout(run_id, deadline, last)


def _timeout(run_id: str, deadline: Deadline, last: Run | None) -> RunTimeoutError:
    status = last.status.value if last else None
    error = RunTimeoutError(
        f"Run {run_id} had not ended after {deadline.allowed:g} s (last status: {status or 'none seen'}); it goes on",
        run_id=run_id,
    )
    error.status = status
    return error
