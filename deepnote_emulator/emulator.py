"""The emulator as a thing to hold: starts in a thread with its own event loop, serves any kind of caller."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import anyio
import anyio.to_thread

from deepnote_emulator.checks import check_whole
from deepnote_emulator.documents import NotebookSource, load_folder
from deepnote_emulator.engines import EngineName, check_engine, engine_maker
from deepnote_emulator.errors import EmulatorError
from deepnote_emulator.execution.outputs import OUTPUT_LIMIT
from deepnote_emulator.execution.simulated import SimulatedEngine
from deepnote_emulator.faults import FaultBook, FaultControl
from deepnote_emulator.limits import ParallelLimit, RateLimit
from deepnote_emulator.listing import Listing
from deepnote_emulator.server import open_sites
from deepnote_emulator.state import State

T = TypeVar("T")

START_SECONDS = 60.0
ON_LOOP_SECONDS = 30.0


class Emulator:
    """A local Deepnote: the API's operations over HTTP, and real Jupyter kernels behind them.

    Listens on 127.0.0.1 only. The notebooks' code runs with the rights of the caller: this is no sandbox.

    Args:
        notebooks: folder of `.ipynb` and `.deepnote` files; each `.ipynb` becomes a project of its own.
        port: port of the API; 0 takes a free one.
        token: the bearer token to ask for; default a fresh random one.
        max_kernels: how many kernels live at once; further runs stay pending, further sessions are refused.
        warm: whether to keep a spare one among them once the first was needed, so that a lone run or session starts
            at once.
        output_limit: how much one block or one execution may put out, in bytes; what is beyond is cut.
        engine: what runs notebooks: "kernel", real Jupyter kernels; "simulated" or a `SimulatedEngine`, which executes
            nothing, needs no extra and has no limit of kernels.
        rate_limit: how many requests in a time it answers; default no limit.
        parallel_limit: how many runs may go on at once; default no limit.
        listing: in which order it lists the runs of a notebook, and what is wrong with the list.

    Raises:
        EmulatorError: on entry, if a notebook cannot be read, the port is taken, or the extra is not installed.
            On exit, if a client sent its token where it does not belong.

    Example:
        >>> with Emulator(notebooks="examples/notebooks") as emulator:
        ...     client = AsyncDeepnote(emulator.token, emulator.url)
    """

    def __init__(
        self,
        notebooks: str | Path,
        *,
        port: int = 0,
        token: str | None = None,
        max_kernels: int = 4,
        warm: bool = True,
        output_limit: int = OUTPUT_LIMIT,
        engine: EngineName | SimulatedEngine = "kernel",
        rate_limit: RateLimit | None = None,
        parallel_limit: ParallelLimit | None = None,
        listing: Listing | None = None,
    ) -> None:
        if max_kernels < 1:
            raise ValueError(f"max_kernels must be at least 1, got {max_kernels}")
        if not 0 <= port <= 65535:  # noqa: PLR2004  (the range of TCP ports)
            raise ValueError(f"port must lie between 0 and 65535, got {port}")
        if token is not None and not (token and all("!" <= character <= "~" for character in token)):
            raise ValueError("token must be printable ASCII without spaces")
        check_whole("output_limit", output_limit, 1)
        check_engine(engine)
        self.token = token or secrets.token_urlsafe(24)
        self._folder = Path(notebooks)
        self._port = port
        self._max_kernels = max_kernels
        self._warm = warm
        self._output_limit = output_limit
        self._engine: EngineName | SimulatedEngine = engine
        self._faults = FaultControl(self._with_faults)
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._state: State | None = None
        self._url = ""
        self._rate_limit = _checked("rate_limit", rate_limit, RateLimit)
        self._parallel_limit = _checked("parallel_limit", parallel_limit, ParallelLimit)
        self._listing = _checked("listing", listing, Listing) or Listing()

    def __repr__(self) -> str:
        return f"Emulator({str(self._folder)!r}, url={self._url or None!r})"

    @property
    def url(self) -> str:
        """Address of the API, without a version."""
        self._running()
        return self._url

    @property
    def notebooks(self) -> tuple[NotebookSource, ...]:
        """Every notebook it serves at the moment."""
        return tuple(notebook for project in self._running().projects.all() for notebook in project.notebooks)

    def notebook_id(self, file: str) -> str:
        """Give the id of the first notebook of a file, by the file's name such as "score.deepnote".

        Raises:
            KeyError: no notebook came from such a file.
        """
        for notebook in self.notebooks:
            if notebook.path is not None and notebook.path.name == file:
                return notebook.id
        raise KeyError(
            f"no notebook came from {file!r}; there are {sorted({n.path.name for n in self.notebooks if n.path})}"
        )

    @property
    def faults(self) -> FaultControl:
        """The plan of what goes wrong, and its journal; a stopped emulator forgets both."""
        return self._faults

    @property
    def calls(self) -> Counter[str]:
        """How many requests of each operation have arrived since the start, faulted and refused ones included.

        Example:
            >>> emulator.calls["createRun"]
            1
        """
        return self._on_loop(lambda state: state.faults.calls.copy())

    @property
    def limited(self) -> Counter[str]:
        """How many requests of each operation were refused by `rate_limit` or `parallel_limit` since the start."""
        return self._on_loop(lambda state: state.limited.copy())

    @property
    def sessions(self) -> tuple[str, ...]:
        """The ids of the sessions that have not ended, oldest first. May be read from any thread."""
        return self._on_loop(lambda state: state.sessions.ids)

    @property
    def kernels(self) -> int:
        """How many kernels live, are starting or are being ended. May be read from any thread.

        It counts those of sessions, and of runs that execute; simulated runs have none.

        Example:
            >>> emulator.sessions, emulator.kernels  # after a test: nothing is left
            ((), 0)
        """
        return self._on_loop(lambda state: state.engine.places.taken)

    @property
    def rate_limit(self) -> RateLimit | None:
        """How many requests in a time it answers. May be set at any time, from any thread; a change frees the burst."""
        return self._rate_limit

    @rate_limit.setter
    def rate_limit(self, limit: RateLimit | None) -> None:
        self._rate_limit = _checked("rate_limit", limit, RateLimit)
        self._apply_rules()

    @property
    def parallel_limit(self) -> ParallelLimit | None:
        """How many runs may go on at once. May be set at any time, from any thread; runs that go on are left alone."""
        return self._parallel_limit

    @parallel_limit.setter
    def parallel_limit(self, limit: ParallelLimit | None) -> None:
        self._parallel_limit = _checked("parallel_limit", limit, ParallelLimit)
        self._apply_rules()

    @property
    def listing(self) -> Listing:
        """How it lists the runs of a notebook. May be set at any time, from any thread."""
        return self._listing

    @listing.setter
    def listing(self, listing: Listing | None) -> None:
        self._listing = _checked("listing", listing, Listing) or Listing()
        self._apply_rules()

    def start(self) -> None:
        """Load the notebooks and begin to serve; returns once the API answers."""
        if self._thread is not None:
            raise RuntimeError("this emulator is running already")
        make_engine = engine_maker(
            self._engine, max_kernels=self._max_kernels, warm=self._warm, output_limit=self._output_limit
        )
        projects = load_folder(self._folder)
        ready: Future[None] = Future()

        async def serve() -> None:
            state = State.of(projects, make_engine, self.token)
            self._set_rules(state)
            self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
            try:
                async with open_sites(state, self._port) as url:
                    self._state, self._url = state, url
                    ready.set_result(None)
                    await self._stop.wait()
            except EmulatorError as error:
                ready.set_exception(error)

        def work() -> None:
            try:
                asyncio.run(serve())
            except BaseException as error:
                if ready.done():
                    raise
                ready.set_exception(EmulatorError(f"the emulator cannot start: {type(error).__name__}: {error}"))

        self._thread = threading.Thread(target=work, name="deepnote-emulator", daemon=True)
        self._thread.start()
        try:
            ready.result()
        except EmulatorError:
            self._thread.join()
            self._thread = None
            raise
        except BaseException:  # Ctrl-C: the thread may be well, so it is told to end
            with contextlib.suppress(Exception):
                ready.result(timeout=START_SECONDS)
            self.stop()
            raise

    def stop(self) -> None:
        """Stop serving, end every run and kernel, and wait until they are gone. Stopping twice does nothing."""
        thread, self._thread = self._thread, None
        if thread is None or self._loop is None or self._stop is None:
            return
        with contextlib.suppress(RuntimeError):  # its loop is closed already, if it died
            self._loop.call_soon_threadsafe(self._stop.set)
        thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
        if error is None and self._state is not None and self._state.violations:
            raise EmulatorError("; ".join(self._state.violations))

    async def __aenter__(self) -> Self:
        # Not in a worker thread: a cancellation could not reach it there, and would leave a running emulator behind.
        self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(self.__exit__, kind, error, traceback)

    def _running(self) -> State:
        if self._thread is None or self._state is None:
            raise RuntimeError("this emulator is not running; use it in a with block, or call start()")
        return self._state

    def _apply_rules(self) -> None:
        if self._thread is not None:
            self._on_loop(self._set_rules)

    def _set_rules(self, state: State) -> None:
        state.set_rules(self._rate_limit, self._parallel_limit, self._listing)

    def _with_faults(self, work: Callable[[FaultBook], T]) -> T:
        return self._on_loop(lambda state: work(state.faults))

    def _on_loop(self, work: Callable[[State], T]) -> T:
        """Do something with the state on the emulator's own loop, which alone may touch it."""
        state, loop = self._running(), self._loop
        done: Future[T] = Future()

        def do() -> None:
            try:
                done.set_result(work(state))
            except Exception as error:  # it belongs to the caller  # noqa: BLE001
                done.set_exception(error)

        if loop is None:
            raise RuntimeError("this emulator is not running")
        loop.call_soon_threadsafe(do)
        return done.result(timeout=ON_LOOP_SECONDS)


def _checked(name: str, value: T | None, kind: type[T]) -> T | None:
    if value is not None and not isinstance(value, kind):
        raise ValueError(f"{name} must be a {kind.__name__} or None, not {value!r}")
    return value
