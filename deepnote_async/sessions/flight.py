"""Code on its way to a kernel and back."""

from __future__ import annotations

import logging
from functools import partial
from typing import Final

import anyio

from deepnote_async.errors import CallError
from deepnote_async.sessions.calls import EXECUTE_MARGIN_SECONDS, SendOptions, SessionCalls
from deepnote_async.sessions.desk import SessionDesk
from deepnote_async.sessions.errand import Errand
from deepnote_async.sessions.turns import Turns
from deepnote_async.snapshot import Output
from deepnote_async.transport import SendRecord

INTERRUPT_SECONDS: Final = 5.0
"""How long whoever cancels code waits for its end, and how long it is interrupted again. The next code is sent then,
but not before the last interrupt has an answer: it could reach the kernel late, and hit that code instead."""

AGAIN_SECONDS: Final = 1.0
"""An interrupt may come before the code that it is meant for, so it is repeated after this time."""

log = logging.getLogger("deepnote_async")


class Flight:
    """One execution, from its turn to its answer.

    The request is sent in a task of its own: a cancellation of the caller leaves it alone, and its answer tells when
    the code has been interrupted and the kernel is free.

    Attributes:
        notebook_id: the notebook whose kernel executes it.

    Args:
        desk: what the client's sessions share.
        calls: the calls to the session.
        turns: the queue of the kernel; the turn is the caller's and ends with the flight.
        notebook_id: the notebook.
        code: the code.
        seconds: how long it may take.
        options: those of the call.
    """

    def __init__(
        self,
        desk: SessionDesk,
        calls: SessionCalls,
        turns: Turns,
        *,
        notebook_id: str,
        code: str,
        seconds: float,
        options: SendOptions,
    ) -> None:
        self.notebook_id = notebook_id
        self._desk = desk
        self._calls = calls
        self._turns = turns
        self._longest = seconds + EXECUTE_MARGIN_SECONDS
        self._record = SendRecord()
        send = partial(calls.execute, notebook_id, code, seconds, self._record, options)
        self._post = Errand(send, "deepnote-async: executing code in a session")

    @property
    def may_be_executing(self) -> bool:
        """Whether the code may be at the service, without an answer so far."""
        return not self._post.has_ended and self._record.sent != "no"

    async def land(self) -> tuple[Output, ...]:
        """Wait for the outputs, and end the turn; a cancellation interrupts the code before."""
        is_called_off = False
        try:
            return await self._post.wait()
        except anyio.get_cancelled_exc_class():
            if not self._post.has_ended:
                is_called_off = True
                name = f"interrupting cancelled code of notebook {self.notebook_id}"
                calling_off = self._desk.clean_up(self._call_off, name, ended=self._turns.give)
                with anyio.move_on_after(INTERRUPT_SECONDS, shield=True):
                    await calling_off.ended()
            raise
        finally:
            if not is_called_off:
                self._turns.give()

    def abandon(self) -> None:
        """Do not send what has not been sent: the session is left."""
        if self._record.sent == "no":
            self._post.cancel("the session was left before this code was sent")

    async def _call_off(self) -> None:
        """Interrupt the code if it may be executing, and wait for its answer."""
        try:
            if self.may_be_executing:
                with anyio.move_on_after(self._longest):
                    await self._interrupt()
        finally:
            if self.may_be_executing:
                log.warning("cancelled code of notebook %s may be going on in its session", self.notebook_id)
            self._post.cancel("this execution was cancelled")
        await self._post.ended()

    async def _interrupt(self) -> None:
        """Interrupt the code, again and again: the interrupt may have been earlier."""
        last = anyio.current_time() + INTERRUPT_SECONDS
        while not self._post.has_ended and anyio.current_time() < last:
            try:
                await self._calls.interrupt(self.notebook_id, {"timeout": self._longest, "retry": None})
            except CallError as error:
                log.debug("cancelled code of notebook %s is not interrupted yet: %s", self.notebook_id, error)
            with anyio.move_on_after(max(0.0, min(AGAIN_SECONDS, last - anyio.current_time()))):
                await self._post.ended()
