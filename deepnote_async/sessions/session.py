"""A live kernel that outlasts a run: execute code in it, interrupt it, ask how it is.

https://deepnote.com/docs/api-reference/sessions. Sessions are beta.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar, Unpack

import anyio

from deepnote_async.errors import SessionError, SessionTimeoutError
from deepnote_async.models import Run
from deepnote_async.runs import RunHandle, start_and_resolve
from deepnote_async.sessions.calls import SendOptions, SessionCalls
from deepnote_async.sessions.desk import SessionDesk
from deepnote_async.sessions.execution import Execution
from deepnote_async.sessions.flight import Flight
from deepnote_async.sessions.leaving import Farewell, Parting, closed
from deepnote_async.sessions.status import SessionStatus
from deepnote_async.transport import CallOptions, Deadline, SendRecord, path_id

E = TypeVar("E", bound=SessionError)

DEFAULT_EXECUTE_SECONDS: Final = 10.0
SHORTEST_EXECUTE_SECONDS: Final = 0.001
LONGEST_EXECUTE_SECONDS: Final = 120.0

FIRST_PAUSE_SECONDS: Final = 0.1
LONGEST_PAUSE_SECONDS: Final = 2.0
GROWTH: Final = 1.5
"""How `wait_idle` looks: often at first, since most code is short, then ever more rarely."""


class Session:
    """A session of a notebook. Made by `client.sessions.open` or `create`, or without I/O by `client.sessions.attach`.

    It works on a copy of the notebook; the notebook itself is never changed. Each notebook that is used in it has a
    kernel of its own: code for one of them is executed in the order of the calls, code for several side by side.

    Attributes:
        id: id of the session.
        notebook_id: the source notebook.
        initial_run: the run of the whole notebook that opened it; None for an attached session.
        idle_shutdown_seconds: the idle time it was opened with; None if the service chose one.
    """

    __slots__ = (
        "_calls", "_desk", "_flights", "_is_left", "_is_stopped", "_newest_runs", "id", "idle_shutdown_seconds",
        "initial_run", "notebook_id",
    )  # fmt: skip

    def __init__(
        self,
        desk: SessionDesk,
        session_id: str,
        notebook_id: str,
        initial_run: RunHandle | None = None,
        idle_shutdown_seconds: int | None = None,
    ) -> None:
        self.id = path_id(session_id, "session_id")
        self.notebook_id = path_id(notebook_id, "notebook_id")
        self.initial_run = initial_run
        self.idle_shutdown_seconds = idle_shutdown_seconds
        self._desk = desk
        self._calls = SessionCalls(desk.transport, self.id)
        self._flights: set[Flight] = set()
        self._newest_runs = {} if initial_run is None else {self.notebook_id: initial_run}
        self._is_left = self._is_stopped = False

    def __repr__(self) -> str:
        return f"Session({self.id!r}, notebook_id={self.notebook_id!r})"

    async def execute(
        self,
        code: str,
        timeout: float = DEFAULT_EXECUTE_SECONDS,  # noqa: ASYNC109  (how long the code may take, not the call)
        *,
        check: bool = True,
        notebook_id: str | None = None,
        **options: Unpack[SendOptions],
    ) -> Execution:
        """Execute code in the notebook's kernel, after what was to be executed there before.

        Code has effects, so it is sent once; only what was refused for its rate, or never left this machine, is sent
        again. Whoever is cancelled here has the code interrupted, for up to 5 seconds, before the next is sent.

        Args:
            code: Python source.
            timeout: seconds the code may take, from 0.001 to 120. Neither waiting for other code counts nor what the
                rate limit takes.
            check: raise ExecutionError if the code raised; False returns its outputs instead.
            notebook_id: another notebook of the session; each has a kernel of its own.
            **options: `retry` and `extra_headers`, see CallOptions.

        Raises:
            ExecutionError: the code raised an exception.
            RequestTimeoutError: it took longer than `timeout`; the service interrupts it then.
            ConflictError: as its `reason` tells, the notebook is "busy" with a run, its "kernel" is gone, or the
                project is "suspended".
            NotFoundError: the session has ended, or has no such notebook.
            PermissionDeniedError: the workspace has no sessions, or the token's owner may not use them.
            ValueError: the timeout lies outside its bounds; nothing was sent.
            TypeError: the timeout is no number, or the code no text.
            RuntimeError: the session was left.

        Example:
            >>> print((await session.execute("df.shape")).text)
        """
        seconds = _checked_seconds(timeout)
        if not isinstance(code, str):
            raise TypeError(f"code takes Python source as text, not {type(code).__name__}")
        notebook = self._notebook(notebook_id)
        self._check_usable()
        turns = self._desk.turns(self.id, notebook)
        await turns.take()
        try:
            self._check_usable()
            flight = Flight(
                self._desk, self._calls, turns, notebook_id=notebook, code=code, seconds=seconds, options=options
            )
        except BaseException:
            turns.give()
            raise
        self._flights.add(flight)
        try:
            execution = Execution(outputs=await flight.land())
        finally:
            self._flights.discard(flight)
        if check:
            execution.raise_for_error()
        return execution

    async def status(self, notebook_id: str | None = None, **options: Unpack[CallOptions]) -> SessionStatus:
        """Ask how the session and the kernel of a notebook are.

        Raises:
            NotFoundError: the session has ended, or has no such notebook.
            ConflictError: the project is suspended.
        """
        return await self._calls.status(self._notebook(notebook_id), options)

    async def wait_idle(
        self,
        timeout: float | None = 60.0,  # noqa: ASYNC109  (the name users expect)
        *,
        notebook_id: str | None = None,
    ) -> SessionStatus:
        """Wait until the kernel of a notebook does nothing: no run, no code, no start.

        It is looked at after 0.1 seconds, then ever more rarely, down to every 2 seconds. Only states that are known to
        end are waited for: with an unknown one the session's counts, and if that is unknown too, the kernel is idle.

        Args:
            timeout: seconds to wait; None waits as long as it takes.
            notebook_id: another notebook of the session.

        Returns:
            How the session was seen then.

        Raises:
            SessionTimeoutError: the time was up; the kernel goes on.
            SessionError: the kernel is dead, so that it will never be idle.
            NotFoundError: the session has ended, or has no such notebook.
        """
        deadline, notebook = Deadline.after(timeout), self._notebook(notebook_id)
        last: SessionStatus | None = None
        pause = FIRST_PAUSE_SECONDS
        with anyio.CancelScope(deadline=deadline.at):
            while True:
                last = await self.status(notebook)
                if last.is_dead:
                    raise self._error(SessionError, f"is {last.telling_state} and will not be idle again", notebook)
                if not last.is_working:
                    return last
                await anyio.sleep(pause)
                pause = min(LONGEST_PAUSE_SECONDS, pause * GROWTH)
        seen = "its state was not seen" if last is None else f"last seen {last.telling_state or 'at work'}"
        late = self._error(SessionTimeoutError, f"was not idle within {deadline.allowed:g} s ({seen})", notebook)
        late.kernel_state = last.kernel_state if last is not None else None
        raise late

    async def interrupt(self, notebook_id: str | None = None, **options: Unpack[CallOptions]) -> None:
        """Interrupt what a notebook executes, be it a run or code; other notebooks of the session go on."""
        await self._calls.interrupt(self._notebook(notebook_id), options)

    async def run(
        self, block_ids: Sequence[str], *, notebook_id: str | None = None, **options: Unpack[CallOptions]
    ) -> RunHandle:
        """Run blocks on the kernel of a notebook as a run that can be waited for. Experimental: no page documents it.

        Args:
            block_ids: the blocks to run, in this order.
            notebook_id: another notebook of the session.
            **options: see CallOptions.

        Raises:
            RunStartUnknownError: the start was sent, and nothing proves whether the run exists.
            NotFoundError: the session has ended, or the service has no such operation.
            ConflictError: see `execute`.
            ValueError: there are no blocks, or one stands there twice.

        Example:
            >>> handle = await session.run([block_id])
            >>> print((await handle.result()).text)
        """
        if isinstance(block_ids, str) or not all(isinstance(block_id, str) for block_id in block_ids):
            raise TypeError("block_ids takes a list of ids")
        if not block_ids or len(set(block_ids)) != len(block_ids):
            raise ValueError("block_ids takes at least one block, and none of them twice")
        self._check_usable()
        notebook = self._notebook(notebook_id)

        async def send(record: SendRecord) -> Run:
            return await self._calls.run(notebook, block_ids, record, options)

        handle = await start_and_resolve(self._desk.runs, self._desk.registry, notebook, send, options=options)
        self._newest_runs[notebook] = handle
        return handle

    async def stop(self, **options: Unpack[CallOptions]) -> None:
        """Stop the session and its kernels. Experimental: no page documents it.

        Raises:
            NotFoundError: there is no such session, or the service cannot stop one; it then ends after its idle time.
        """
        await self._calls.stop(options)
        self._is_stopped = True

    async def leave(self) -> Parting:
        """End the session as leaving `client.sessions.open` does, within 5 seconds; never raises.

        Returns:
            How that went.
        """
        self._is_left = True
        if self._is_stopped:
            return closed(self.id)
        self._is_stopped = True
        executing = {flight.notebook_id for flight in self._flights if flight.may_be_executing}
        for flight in self._flights:
            flight.abandon()
        running = [
            notebook_id
            for notebook_id, handle in self._newest_runs.items()
            if handle.status is None or not handle.status.is_terminal
        ]
        farewell = Farewell(self._calls, self.id, self.notebook_id, self.idle_shutdown_seconds)
        return await farewell.say(executing, running)

    def _notebook(self, notebook_id: str | None) -> str:
        return self.notebook_id if notebook_id is None else path_id(notebook_id, "notebook_id")

    def _check_usable(self) -> None:
        if self._is_left:
            raise RuntimeError(f"session {self.id} was left, and stopped with that; open another one")

    def _error(self, kind: type[E], what: str, notebook_id: str) -> E:
        error = kind(f"The kernel of notebook {notebook_id} in session {self.id} {what}")
        error.session_id, error.notebook_id = self.id, notebook_id
        return error


def _checked_seconds(timeout: float) -> float:
    if isinstance(timeout, bool) or not isinstance(timeout, int | float):
        raise TypeError(f"timeout takes seconds from 0.001 to 120, not {type(timeout).__name__}")
    if not SHORTEST_EXECUTE_SECONDS <= timeout <= LONGEST_EXECUTE_SECONDS:
        bounds = f"{SHORTEST_EXECUTE_SECONDS:g} and {LONGEST_EXECUTE_SECONDS:g} seconds"
        raise ValueError(f"timeout must lie between {bounds}, got {timeout!r}")
    return float(timeout)
