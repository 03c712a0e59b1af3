"""`client.sessions.open` as its user holds it: entered, used, left.

Nothing stays open in the caller's task between the two: what has to outlast a cancellation is done in tasks of its
own, so it may be entered in one task and left in another.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Final, NoReturn, TypeAlias

import anyio
from attrs import frozen

from deepnote_async.errors import CallError, RunTimeoutError
from deepnote_async.sessions.desk import SessionDesk
from deepnote_async.sessions.errand import Errand
from deepnote_async.sessions.initial import not_open, wait_for_initial_run
from deepnote_async.sessions.leaving import Parting, warn
from deepnote_async.sessions.refusals import LOST, is_without_hardware
from deepnote_async.sessions.session import Session
from deepnote_async.transport import Deadline, SendRecord, may_have_been_applied

LEARN_SECONDS: Final = 60.0
"""How long the answer to an opening that nobody waits for any more is waited for, so that the session can be stopped.
"""

log = logging.getLogger("deepnote_async")


class Progress:
    """How far an opening came; what it sends is followed by the record of that."""

    def __init__(self) -> None:
        self._record = SendRecord()

    def follow(self, record: SendRecord) -> None:
        """Follow another request."""
        self._record = record

    @property
    def may_have_arrived(self) -> bool:
        """Whether something of the opening has left."""
        return self._record.sent != "no"


Make: TypeAlias = Callable[[Progress], Awaitable[Session]]
"""Opens a session, and lets the progress follow what it sends."""


@frozen(kw_only=True)
class OpeningOptions:
    """What opening a session waits for; see `client.sessions.open`."""

    wait: bool
    check: bool
    timeout: float | None


class SessionOpening:
    """A session from its opening to its end: an async context manager. Made by `client.sessions.open`.

    It may be entered in one task and left in another.

    Example:
        >>> async with client.sessions.open(notebook_id) as session:
        ...     print((await session.execute("df.shape")).text)
    """

    def __init__(self, desk: SessionDesk, make: Make, notebook_id: str, options: OpeningOptions) -> None:
        self._desk = desk
        self._make = make
        self._notebook_id = notebook_id
        self._options = options
        self._session: Session | None = None
        self._is_entered = False
        self._keeper: Callable[[], object] | None = None
        self._leaving: Errand[Parting] | None = None
        self._is_awaited = self._is_told = False

    def __repr__(self) -> str:
        return f"SessionOpening(notebook_id={self._notebook_id!r}, session={self._session!r})"

    if not TYPE_CHECKING:  # a type checker refuses to await it, and better so

        def __await__(self) -> NoReturn:
            raise TypeError(
                "client.sessions.open(...) cannot be awaited: use `async with client.sessions.open(...) as session`, "
                "which stops the session at the end, or `await client.sessions.create(...)`, which does not"
            )

    async def __aenter__(self) -> Session:
        if self._is_entered:
            raise RuntimeError("this was entered before; call client.sessions.open(...) again for another session")
        self._is_entered = True
        deadline = Deadline.after(self._options.timeout)
        session = self._session = await opened(self._desk, self._make, self._notebook_id, deadline)
        self._keeper = partial(self._leave, session)
        self._desk.keep(self._keeper)
        try:
            if self._options.wait:
                await wait_for_initial_run(session, deadline, check=self._options.check)
        except BaseException as error:  # whatever it is, nobody else has the session
            parting = await self._left(session)
            error.add_note(parting.words)
            self._tell(parting)
            raise
        return session

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._session is None:
            raise RuntimeError("this session was never entered")
        self._tell(await self._left(self._session), may_raise=error is None)

    async def _left(self, session: Session) -> Parting:
        """Leave, and wait for that. A cancellation meanwhile goes on after it, a second one at once."""
        leaving = self._leave(session)
        self._is_awaited = True
        try:
            await leaving.ended_shielded()
        except anyio.get_cancelled_exc_class():
            try:
                await leaving.ended_shielded()
            finally:
                self._is_awaited = False
                if leaving.has_ended:
                    self._tell(_parting(leaving, session))
            raise
        return _parting(leaving, session)

    def _leave(self, session: Session) -> Errand[Parting]:
        """Begin to leave, once, if the client that is being closed did not."""
        if self._keeper is not None:
            self._desk.drop(self._keeper)
        if self._leaving is None:
            self._leaving = self._desk.clean_up(partial(self._part, session), f"stopping session {session.id}")
        return self._leaving

    async def _part(self, session: Session) -> Parting:
        parting = await session.leave()
        if not self._is_awaited:  # nobody else would tell
            self._tell(parting)
        return parting

    def _tell(self, parting: Parting, *, may_raise: bool = False) -> None:
        trouble, self._is_told = None if self._is_told else parting.trouble, True
        warn(trouble, stacklevel=4, may_raise=may_raise)  # 4 is whoever enters or leaves


async def opened(desk: SessionDesk, make: Make, notebook_id: str, deadline: Deadline) -> Session:
    """Open a session so that nobody loses it.

    A cancellation is held back until the id is known and the session is stopped. An opening of which nothing has left
    is called off instead. Where nobody waits for it any more, the session is stopped when its id comes.

    Args:
        desk: what the client's sessions share.
        make: opens it.
        notebook_id: the notebook, for messages.
        deadline: until when that is waited for.

    Raises:
        RunTimeoutError: the deadline has passed.
        CallError: it was not opened, or nothing proves whether it was.
    """
    desk.check()
    progress = Progress()
    opening = Errand(partial(make, progress), "deepnote-async: opening a session")
    undo = partial(_undo, opening, progress, notebook_id)
    name = f"stopping a session of notebook {notebook_id} whose opening was given up"
    undoing: list[Errand[str | None]] = []

    def give_up() -> Errand[str | None]:
        if not undoing:
            undoing.append(desk.clean_up(undo, name))
        return undoing[0]

    desk.keep(give_up)
    try:
        with anyio.CancelScope(deadline=deadline.at):
            await opening.ended()
    except anyio.get_cancelled_exc_class() as cancelled:
        undone = give_up()
        await undone.ended_shielded()
        trouble = f"{name}: {undone.error}" if undone.error else undone.result_or_none()
        if trouble is not None:
            cancelled.add_note(trouble)
        raise
    finally:
        desk.drop(give_up)
    if undoing:
        what = f"the client was closed while a session of notebook {notebook_id} was opened; it is stopped if it opened"
        raise RuntimeError(what) from opening.error
    if not opening.has_ended:
        may_open = progress.may_have_arrived
        give_up()
        what = "if it opens all the same, it is stopped at once" if may_open else "nothing had been sent"
        raise RunTimeoutError(f"{not_open(notebook_id, deadline)}; {what}")
    return opening.result()


async def _undo(opening: Errand[Session], progress: Progress, notebook_id: str) -> str | None:
    """Stop the session of an opening that was given up; gives what is wrong with that."""
    may_have_arrived = progress.may_have_arrived  # what has not left by now never does, see Errand.cancel
    try:
        if may_have_arrived:
            with anyio.move_on_after(LEARN_SECONDS):
                await opening.ended()
    finally:
        opening.cancel("this opening was given up")
    await opening.ended()
    session = opening.result_or_none()
    if session is not None:
        trouble = (await session.leave()).trouble
    elif not may_have_arrived or _is_refusal(opening.error):
        trouble = None
    else:
        trouble = f"the opening of a session of notebook {notebook_id} was given up: {LOST}"
    warn(trouble)
    return trouble


def _parting(leaving: Errand[Parting], session: Session) -> Parting:
    """Read how leaving went, which closing the client may have ended."""
    parting = leaving.result_or_none()
    why = leaving.error or "the task that stops it was cancelled"
    return parting or Parting(outcome="failed", words=f"session {session.id} could not be stopped: {why}")


def _is_refusal(error: Exception | None) -> bool:
    """Whether there is certainly no session."""
    if isinstance(error, CallError):
        return not may_have_been_applied(error) or is_without_hardware(error)
    return isinstance(error, ValueError | TypeError)
