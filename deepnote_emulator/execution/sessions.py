"""Sessions: kernels that stay, one for each notebook that is used in a session.

https://deepnote.com/docs/api-reference/sessions
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from deepnote_emulator.clock import now
from deepnote_emulator.documents import BlockRecord, NotebookSource, ProjectSource
from deepnote_emulator.execution.engine import Engine, EngineError, LiveKernel, RestartedError, Step
from deepnote_emulator.execution.outputs import error_output
from deepnote_emulator.execution.record import RunRecord
from deepnote_emulator.execution.runs import RunBook

log = logging.getLogger("deepnote_emulator")

DEFAULT_IDLE_SECONDS = 1800
"""The example of the sessions guide; the service's default is not published."""
MAX_IDLE_SECONDS = 10 * 365 * 86400
"""Longer times mean the same, and a float holds this one."""


class NoHardwareError(Exception):
    """Every kernel that may live is taken."""


class BusyError(Exception):
    """A run of the notebook is going on in the session."""


class TooLongError(Exception):
    """Code did not end in time and was interrupted; `is_fresh`: the kernel had to be started anew for that."""

    def __init__(self, *, is_fresh: bool) -> None:
        super().__init__(is_fresh)
        self.is_fresh = is_fresh


async def _was_restarted(running: asyncio.Task[None]) -> bool:
    """Whether code ended because an interrupt, of its limit or of somebody else, had the kernel started anew."""
    running.cancel()
    (ended,) = await asyncio.gather(running, return_exceptions=True)
    return isinstance(ended, RestartedError)


class SessionKernel:
    """The kernel of one notebook in a session; runs and code take turns on it.

    Args:
        kernel: the kernel, not started yet.
        working: holds off the end of the session.
        free: gives back the kernel's place: once it is closed, or has died.
    """

    def __init__(
        self,
        kernel: LiveKernel,
        working: Callable[[], contextlib.AbstractContextManager[None]],
        free: Callable[[], None],
    ) -> None:
        self._kernel = kernel
        self._working = working
        self._turn = asyncio.Lock()
        self._interrupts = 0
        self._is_closing = False
        self._opening: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._opening.add_done_callback(lambda opening: opening.cancelled() or opening.exception())  # holders see it
        self._life = asyncio.create_task(self._live(free))
        self.runs: list[RunRecord] = []

    @property
    def active_runs(self) -> list[RunRecord]:
        """The runs that wait or are going on."""
        return [run for run in self.runs if not run.is_terminal]

    @property
    def state(self) -> str:
        """Tell what it does: starting, busy, idle or dead."""
        if not self._opening.done():
            return "starting"
        if self._opening.cancelled() or self._opening.exception() is not None or self._kernel.is_dead:
            return "dead"
        return "busy" if self._turn.locked() or self.active_runs else "idle"

    @property
    def executing_block(self) -> str | None:
        """The block that it executes now."""
        step = self._kernel.executing
        return step.block_id or None if step is not None else None

    @contextlib.asynccontextmanager
    async def hold(self) -> AsyncIterator[LiveKernel]:
        """Wait for the turn and for the kernel; raises EngineError if it could not be started."""
        with self._working():
            async with self._turn:
                await self._opened()
                yield self._kernel

    async def execute(self, code: str, seconds: float) -> BlockRecord:
        """Execute code that belongs to no block.

        An interrupt while it waits for other code ends it before it begins.

        Raises:
            BusyError: a run is going on.
            EngineError: the kernel is gone.
            TooLongError: the code did not end in time.
        """
        if self.active_runs:
            raise BusyError
        interrupts = self._interrupts
        async with self.hold() as kernel:
            record = BlockRecord(started_at=now())
            if interrupts != self._interrupts:
                record.outputs.append(error_output("KeyboardInterrupt", "interrupted before the code began"))
                return record
            running = asyncio.create_task(kernel.run(Step(code=code), record))
            try:
                async with asyncio.timeout(seconds):
                    await asyncio.shield(running)
            except TimeoutError:
                with contextlib.suppress(EngineError):  # a kernel that cannot be started anew is dead from now on
                    await kernel.interrupt()
                raise TooLongError(is_fresh=await _was_restarted(running)) from None
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
            return record

    async def interrupt(self) -> None:
        """End the runs and the code that are going on or wait."""
        self._interrupts += 1
        for run in self.active_runs:
            run.is_interrupted = True
        with contextlib.suppress(EngineError):
            await self._kernel.interrupt()

    async def _opened(self) -> None:
        try:
            await asyncio.shield(self._opening)
        except asyncio.CancelledError:
            if self._opening.cancelled():
                raise EngineError("the session ended") from None
            raise

    async def close(self) -> None:
        """End the kernel; whatever it executes fails."""
        if not self._is_closing:
            self._life.cancel()
        await asyncio.gather(self._life, return_exceptions=True)

    async def _live(self, free: Callable[[], None]) -> None:
        """Start the kernel and wait for its death; what it leaves is cleared away at once, its place given back."""
        try:
            await self._kernel.start()
            self._opening.set_result(None)
            log.warning("the kernel of a session died: %s", await self._kernel.ended())
        except Exception as error:
            if self._opening.done():
                raise
            self._opening.set_exception(error)
        finally:
            self._opening.cancel()
            self._is_closing = True
            try:
                await self._kernel.close()
            finally:
                free()


class Session:
    """A session on a notebook; it works on the project as it stood when the session was opened."""

    def __init__(
        self,
        project: ProjectSource,
        notebook: NotebookSource,
        inputs: dict[str, Any],
        idle_seconds: float,
        expire: Callable[[Session], None],
    ) -> None:
        self.id = str(uuid.uuid4())
        self.session_notebook_id = uuid.uuid4().hex
        self.project = project
        self.notebook = notebook
        self.inputs = inputs
        self.kernels: dict[str, SessionKernel] = {}
        self._idle_seconds = min(idle_seconds, MAX_IDLE_SECONDS)
        self._expire = expire
        self._work = 0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def status(self) -> str:
        """Tell what it does: starting, busy or idle."""
        states = {kernel.state for kernel in self.kernels.values()}
        return next((state for state in ("starting", "busy") if state in states), "idle")

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """Hold off the end by idleness."""
        self.hold_timer()
        self._work += 1
        try:
            yield
        finally:
            self._work -= 1
            if not self._work:
                loop = asyncio.get_running_loop()
                self._timer = loop.call_later(self._idle_seconds, self._expire, self)

    def hold_timer(self) -> None:
        """Stop the clock that ends the session."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class SessionBook:
    """The sessions of an emulator.

    Args:
        engine: makes their kernels.
        runs: where their runs are kept.
        make_kernel: makes a kernel for a project.
    """

    def __init__(self, engine: Engine, runs: RunBook, make_kernel: Callable[[str], LiveKernel]) -> None:
        self._engine = engine
        self._runs = runs
        self._make_kernel = make_kernel
        self._sessions: dict[str, Session] = {}
        self._endings: set[asyncio.Task[None]] = set()

    def get(self, session_id: str) -> Session | None:
        """Find a session that has not ended."""
        return self._sessions.get(session_id)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the sessions that have not ended, oldest first."""
        return tuple(self._sessions)

    async def open(
        self, project: ProjectSource, notebook: NotebookSource, inputs: dict[str, Any], idle_seconds: float
    ) -> tuple[Session, RunRecord]:
        """Open a session and start its initial run.

        Raises:
            NoHardwareError: no kernel may be started.
        """
        session = Session(project, notebook, inputs, idle_seconds, self._end_soon)
        await self.kernel(session, notebook.id)
        self._sessions[session.id] = session
        return session, await self.run(session, notebook, None)

    async def kernel(self, session: Session, notebook_id: str) -> SessionKernel:
        """Give the kernel of a notebook, a new one on its first use; raises NoHardwareError."""
        if (kernel := session.kernels.get(notebook_id)) is None:
            if not await self._engine.places.take():
                raise NoHardwareError
            fresh = self._make_kernel(session.project.id)
            kernel = SessionKernel(fresh, session.working, self._engine.places.free)
            session.kernels[notebook_id] = kernel
        return kernel

    async def run(self, session: Session, notebook: NotebookSource, block_ids: tuple[str, ...] | None) -> RunRecord:
        """Start a run on the session's kernel; it waits for the one before. Raises NoHardwareError."""
        kernel = await self.kernel(session, notebook.id)
        inputs = session.inputs if notebook.id == session.notebook.id else {}
        run = self._runs.start(session.project, notebook, kernel.hold, inputs, block_ids)
        kernel.runs.append(run)
        return run

    async def end(self, session: Session) -> None:
        """End a session: nobody finds it from now on, its runs stop and its kernels go."""
        if self._sessions.pop(session.id, None) is None:
            return
        session.hold_timer()
        kernels = list(session.kernels.values())
        await self._runs.stop([run for kernel in kernels for run in kernel.runs])
        try:
            await asyncio.gather(*(kernel.close() for kernel in kernels))
        finally:
            session.hold_timer()

    async def end_of_project(self, project_id: str) -> None:
        """End every session of a project."""
        await asyncio.gather(*(self.end(s) for s in list(self._sessions.values()) if s.project.id == project_id))

    async def close(self) -> None:
        """End every session."""
        await asyncio.gather(*(self.end(session) for session in list(self._sessions.values())), *self._endings)

    def _end_soon(self, session: Session) -> None:
        task = asyncio.create_task(self.end(session))
        self._endings.add(task)
        task.add_done_callback(self._endings.discard)
