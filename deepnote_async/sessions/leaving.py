"""The end of a session that was opened here: what goes on in it is interrupted, and it is stopped if it can be."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterable
from typing import Final, Literal, TypeAlias

import anyio
from attrs import frozen

from deepnote_async.errors import APIError, CallError, NotFoundError
from deepnote_async.sessions.calls import SessionCalls
from deepnote_async.transport.experimental import UNKNOWN_OPERATION

LEAVE_SECONDS: Final = 5.0
"""What leaving a session may take in all."""

INTERRUPT_SECONDS: Final = 2.0
"""What interrupting may take of it: stopping ends the code as well."""

PartingOutcome: TypeAlias = Literal["stopped", "idle", "failed"]

log = logging.getLogger("deepnote_async")


@frozen(kw_only=True)
class Parting:
    """How a session was left.

    Attributes:
        outcome: it was "stopped"; it is left to be "idle" by a service that cannot stop one; or stopping it "failed".
        words: that in a sentence.
    """

    outcome: PartingOutcome
    words: str

    @property
    def trouble(self) -> str | None:
        """What went wrong, None if nothing did."""
        return self.words if self.outcome == "failed" else None


class Farewell:
    """Ends one session; never raises but for a cancellation.

    Args:
        calls: the calls to the session.
        session_id: the session.
        notebook_id: a notebook of it.
        idle_seconds: its idle time, if it was set here.
    """

    def __init__(self, calls: SessionCalls, session_id: str, notebook_id: str, idle_seconds: int | None) -> None:
        self._calls = calls
        self._session_id = session_id
        self._notebook_id = notebook_id
        self._ends = "after its idle time" if idle_seconds is None else f"after {idle_seconds} s without work"

    async def say(self, executing: Iterable[str], running: Iterable[str]) -> Parting:
        """End the session.

        Args:
            executing: notebooks that execute code of ours.
            running: notebooks with runs of ours that may be going on.
        """
        try:
            with anyio.move_on_after(LEAVE_SECONDS):
                await self._interrupt(executing)
                if await self._stop():
                    return closed(self._session_id)
                await self._interrupt(running)
                return self._idle()
        except Exception as error:  # noqa: BLE001  (told in words: it must not take the place of another one)
            return self._failed(f"could not be stopped and ends {self._ends}: {error}")
        return self._failed(f"could not be stopped within {LEAVE_SECONDS:g} s and ends {self._ends}")

    def _idle(self) -> Parting:
        words = f"Session {self._session_id} cannot be stopped by this service and ends {self._ends}."
        return Parting(outcome="idle", words=words)

    def _failed(self, what: str) -> Parting:
        return Parting(outcome="failed", words=f"session {self._session_id} {what}")

    async def _interrupt(self, notebooks: Iterable[str]) -> None:
        async with anyio.create_task_group() as interrupts:
            for notebook_id in notebooks:
                interrupts.start_soon(self._interrupt_one, notebook_id)

    async def _interrupt_one(self, notebook_id: str) -> None:
        try:
            await self._calls.interrupt(notebook_id, {"timeout": INTERRUPT_SECONDS})
        except Exception as error:  # noqa: BLE001  (a token function's too: it is stopped all the same)
            log.debug("notebook %s of session %s is not interrupted: %s", notebook_id, self._session_id, error)

    async def _stop(self) -> bool:
        """Stop the session; gives whether it is gone.

        Raises:
            CallError: it could not be stopped.
        """
        try:
            await self._calls.stop({"timeout": LEAVE_SECONDS})
        except APIError as error:
            if error.status not in UNKNOWN_OPERATION:
                raise
            if isinstance(error, NotFoundError) and not await self._is_there():
                return True
            log.warning("session %s cannot be stopped by this service: it ends %s", self._session_id, self._ends)
            return False
        return True

    async def _is_there(self) -> bool:
        """Tell a session that has ended from a service that has no stop: both are a 404."""
        try:
            await self._calls.status(self._notebook_id, {"timeout": LEAVE_SECONDS})
        except NotFoundError:
            return False
        except CallError as error:
            log.debug("session %s may have ended or not: %s", self._session_id, error)
        return True


def closed(session_id: str) -> Parting:
    """Say that a session was stopped, or had ended already."""
    return Parting(outcome="stopped", words=f"Session {session_id} was closed, and its runs with it.")


def warn(trouble: str | None, *, stacklevel: int = 3, may_raise: bool = False) -> None:
    """Tell of a session that could not be stopped, in the log and as a ResourceWarning.

    Args:
        trouble: what went wrong, if anything did.
        stacklevel: see `warnings.warn`.
        may_raise: whether the warning may become an error, where the user wants that; it must not take the place of
            another one.
    """
    if trouble is None:
        return
    log.warning("%s", trouble)
    with contextlib.nullcontext() if may_raise else contextlib.suppress(Warning):
        warnings.warn(trouble, ResourceWarning, stacklevel=stacklevel)
