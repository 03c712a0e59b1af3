"""Waiting for the run that opens a session."""

from __future__ import annotations

import anyio

from deepnote_async.errors import DeepnoteError, RunFailedError, RunTimeoutError, SessionTimeoutError
from deepnote_async.models import Run
from deepnote_async.runs import Contents, RunHandle, RunResult
from deepnote_async.runs.failure import diagnose
from deepnote_async.runs.result import failed_run
from deepnote_async.sessions.session import Session
from deepnote_async.transport import Deadline


async def wait_for_initial_run(session: Session, deadline: Deadline, *, check: bool) -> None:
    """Wait until a session can be used.

    Args:
        session: a session that was just opened.
        deadline: that of its opening.
        check: whether its initial run has to succeed.

    Raises:
        RunFailedError: it did not; without outputs, if its document could not be fetched.
        RunTimeoutError: the deadline has passed.
    """
    handle = session.initial_run
    if handle is None:  # the service did not tell of one
        try:
            await session.wait_idle(_left(deadline))
        except SessionTimeoutError as late:
            raise RunTimeoutError(f"{not_open(session.notebook_id, deadline)}: {late}") from late
        return
    try:
        run = await handle.wait(_left(deadline))
    except RunTimeoutError as late:
        status, what = late.status or "none seen", not_open(session.notebook_id, deadline)
        late.args = (f"{what}: the initial run {handle.id} goes on ({status})",)
        raise
    if check and run.status.is_failed:
        await _raise_failure(handle, run, deadline)


def not_open(notebook_id: str, deadline: Deadline) -> str:
    """Say that a deadline has passed."""
    return f"The session of notebook {notebook_id} was not open within {deadline.allowed:g} s"


async def _raise_failure(handle: RunHandle, run: Run, deadline: Deadline) -> None:
    """Raise the failure of a run; its document is waited for no longer than for the session."""
    why: BaseException | None = None
    with anyio.CancelScope(deadline=deadline.at):
        try:
            await handle.result()
        except RunFailedError:
            raise
        except DeepnoteError as error:
            is_late = isinstance(error, RunTimeoutError) and error.__cause__ is not None
            why = error.__cause__ if is_late else error
    failure = failed_run(RunResult(run=run, handle=handle, failure=diagnose(run, Contents())))
    if failure is not None:
        told = why or "the time for opening the session was up"
        failure.args = (f"{failure.args[0]}\nIts document could not be fetched, so it has no outputs here: {told}",)
        raise failure from why


def _left(deadline: Deadline) -> float | None:
    """Give the seconds that are left; None for no limit."""
    return None if deadline.allowed is None else max(0.0, deadline.at - anyio.current_time())
