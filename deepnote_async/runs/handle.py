"""A run held by its id: it can be made without I/O, saved, and waited for again."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Mapping
from typing import NoReturn, Self, Unpack

import anyio

from deepnote_async.errors import RunTimeoutError, SnapshotError
from deepnote_async.events import RunEvent
from deepnote_async.models import Run, RunStatus
from deepnote_async.runs.result import RunResult, build_result, read_contents
from deepnote_async.runs.service import RunService, SnapshotAnswer
from deepnote_async.runs.settle import PATIENT, SETTLE_SECONDS, Terms, Unanswered, out_of_reach, settle, unfetched
from deepnote_async.runs.wait import naming_run, time_is_up
from deepnote_async.runs.watching import Held
from deepnote_async.snapshot import Snapshot
from deepnote_async.transport import CallOptions, Deadline


class RunHandle:
    """A run of a notebook. Made by `client.runs.create` or, without I/O, by `client.runs.handle`.

    Leaving a wait never stops the run: the API has no call for that.

    Attributes:
        id: id of the run.
        notebook_id: the notebook that runs; None where it is not known.
        adopted: whether the answer to the start was lost and the run was found afterwards; see `client.runs.create`.

    Example:
        >>> handle = await client.runs.create(notebook_id, inputs={"region": "EU"})
        >>> result = await handle.result(timeout=600)
    """

    __slots__ = ("_began", "_run", "_seen", "_service", "adopted", "id", "notebook_id")

    def __init__(
        self,
        service: RunService,
        run_id: str,
        notebook_id: str | None,
        run: Run | None = None,
        adopted: bool = False,  # noqa: FBT001, FBT002  (pickled by position)
        *,
        began: float | None = None,
    ) -> None:
        self._service = service
        self._run: Run | None = None
        self._began = began  # on the event loop's clock, where this client started it
        self._seen = began
        self.id = run_id
        self.notebook_id = notebook_id
        self.adopted = adopted
        if run is not None:
            self._saw(run, began)

    def __reduce__(self) -> tuple[object, ...]:
        # The client, with its token and connections, stays in this process.
        return RunHandle, (_Elsewhere(self._service.name), self.id, self.notebook_id, self._run, self.adopted)

    def __copy__(self) -> Self:
        return self  # a run stands only once for itself, and within this process its client is here

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self

    def __repr__(self) -> str:
        return f"RunHandle({self.id!r}, status={self.status.value if self.status else None!r})"

    @property
    def status(self) -> RunStatus | None:
        """The status last seen; None before the first look."""
        return self._run.status if self._run else None

    @property
    def url(self) -> str | None:
        """Address of the run in the browser, where the service gives one."""
        return self._run.view_url if self._run else None

    def to_dict(self) -> dict[str, str | None]:
        """Give what `client.runs.from_dict` needs to make the handle again, as plain JSON."""
        return {"service": self._service.name, "run_id": self.id, "notebook_id": self.notebook_id}

    async def refresh(self, **options: Unpack[CallOptions]) -> Run:
        """Look at the run once.

        Raises:
            NotFoundError: the run does not exist.
            CallError: see `client.runs.get`.
        """
        with naming_run(self.id):
            sent = anyio.current_time()
            run = await self._service.get(self.id, **options)
        self._saw(run, sent)
        return run

    async def wait(self, timeout: float | None = None) -> Run:  # noqa: ASYNC109  (the name users expect)
        """Wait until the run has ended, whatever its status.

        All waits of a client share their looks, so ten thousand of them cost little more than one. What is seen is the
        status; the run is told as the look told it, which may be without `error` and `snapshot_status`: `refresh` or
        `result` tell those.

        Args:
            timeout: seconds to wait; None waits as long as it takes.

        Raises:
            RunTimeoutError: the time was up; the run goes on and can be waited for again.
            NotFoundError: the run does not exist.
        """
        deadline = Deadline.after(timeout)
        if self._run is not None and self._run.status.is_terminal:
            return self._run
        with naming_run(self.id):
            run = await self._service.watcher.wait(self._held(), deadline)
            if run is None:
                raise time_is_up(self.id, deadline, self._run)
            return run

    async def watch(self, timeout: float | None = None) -> AsyncGenerator[Run, None]:  # noqa: ASYNC109
        """Give the run as it stands, and again after each change of its status; ends after the terminal one.

        A change that is followed by another one between two looks is not seen. Between two states nothing goes on, so
        leaving the loop leaves nothing behind.

        Args:
            timeout: seconds until the end; None watches as long as it takes.

        Raises:
            RunTimeoutError: the time was up; the run goes on.
            NotFoundError: the run does not exist.

        Example:
            >>> async for state in handle.watch():
            ...     print(state.status)
        """
        deadline = Deadline.after(timeout)
        shown = None
        state = self._run
        while True:
            if state is None or state.status == shown:
                with naming_run(self.id):
                    state = await self._service.watcher.wait(self._held(), deadline, to_the_end=False, shown=shown)
                    if state is None:
                        raise time_is_up(self.id, deadline, self._run)
                    state = self._run or state  # another wait may have seen more
            yield state
            if state.status.is_terminal:
                return
            shown, state = state.status.value, self._run

    async def snapshot(self, timeout: float | None = SETTLE_SECONDS) -> Snapshot | None:  # noqa: ASYNC109
        """Read the snapshot an ended run left, None if there is none, or the service leaves another kind of document.

        Where blocks come without a document, as with `snapshot_delivery="blocks"`, it is None as well.

        Args:
            timeout: seconds to wait for a snapshot that is still being saved; None as long as the server says so.

        Raises:
            SnapshotError: the document cannot be read.
            RunTimeoutError: the service told nothing in that time.
        """
        deadline = Deadline.after(timeout)
        with naming_run(self.id):
            longest = math.inf if timeout is None else timeout
            terms = Terms(pending=longest, silence=max(SETTLE_SECONDS, timeout or 0.0), until=deadline.at)
            answer = await settle(self._service, self.id, terms)
            if isinstance(answer, Unanswered) and isinstance(answer.last, SnapshotError):
                told = f"{answer.last}; it was tried for {answer.seconds:.3g} s"
                raise out_of_reach(told, answer.last, self.id)
            if isinstance(answer, Unanswered):
                told = f"The service told nothing of the snapshot within {answer.seconds:.3g} s"
                raise RunTimeoutError(told, run_id=self.id) from answer.last
            self._saw(answer.run, anyio.current_time())
            return (await read_contents(answer, self.notebook_id)).snapshot

    async def result(self, timeout: float | None = None, *, check: bool = True) -> RunResult:  # noqa: ASYNC109
        """Wait until the run has ended and read what it produced.

        Args:
            timeout: seconds to wait for the end; None waits as long as it takes. Fetching the snapshot afterwards has
                its own 30 seconds, also where less is left. What the rate limit takes of them does not count as long as
                the timeout lasts.
            check: raise RunFailedError for a run that did not succeed; False returns its result instead.

        Raises:
            RunFailedError: the run failed; the error tells block, exception and traceback and holds the result.
            RunTimeoutError: the time was up; the run goes on. Or it has ended, as `error.status` tells, and its
                document could not be fetched; a later `result` reads it.
            SnapshotError: the document cannot be read.
        """
        deadline = Deadline.after(timeout)
        final = await self.wait(timeout)
        terms = Terms(until=max(deadline.at, anyio.current_time() + SETTLE_SECONDS))
        result = await self._read(final, terms)
        if check:
            result.raise_for_status()
        return result

    async def _read(self, final: Run, terms: Terms) -> RunResult:
        with naming_run(self.id):
            answer = await settle(self._service, self.id, terms)
            if isinstance(answer, Unanswered):
                raise unfetched(final, answer)
            self._saw(answer.run, anyio.current_time())
            return await build_result(self, answer)

    def _held(self) -> Held:
        return Held(self.id, self.notebook_id, self._began, self._seen, self._run, self._saw)

    def _saw(self, run: Run, sent: float | None) -> None:
        is_late = sent is not None and self._seen is not None and sent < self._seen
        if is_late and not run.status.is_terminal:
            return  # the answer to a later look has overtaken this one
        before, self._run, self._seen = self.status, run, sent
        self.notebook_id = self.notebook_id or run.notebook_id
        if run.status != before:
            previous = before.value if before is not None else None
            self._service.report(
                RunEvent(run_id=self.id, notebook_id=self.notebook_id, status=run.status.value, previous=previous)
            )


async def read_patiently(handle: RunHandle, final: Run) -> RunResult:
    """Read what an ended run produced, for a fan-out: neither rate limit nor outage makes it give up.

    Raises:
        RunTimeoutError: the service told nothing of it in five minutes in which it could be reached.
        SnapshotError: the document cannot be read.
    """
    return await handle._read(final, PATIENT)  # noqa: SLF001  (this module's own)


_ELSEWHERE = (
    "the handle of this run was made in another process; "
    "take hold of the run again with client.runs.from_dict(handle.to_dict())"
)


class _Elsewhere:
    """Stands in for the service of a handle that came out of a pickle."""

    def __init__(self, name: str) -> None:
        self.name = name

    def report(self, event: RunEvent) -> None:
        """Tell nobody: there is no client here."""

    is_throttled = False

    @property
    def watcher(self) -> NoReturn:
        raise RuntimeError(_ELSEWHERE)

    async def get(self, run_id: str, **_options: Unpack[CallOptions]) -> Run:
        raise RuntimeError(_ELSEWHERE.replace("this run", f"run {run_id}"))

    async def fetch_snapshot(self, run_id: str, **options: Unpack[CallOptions]) -> SnapshotAnswer:
        await self.get(run_id, **options)
        raise AssertionError("unreachable: get always raises")


def handle_from_dict(service: RunService, saved: Mapping[str, object]) -> RunHandle:
    """Make a handle of what `to_dict` gave.

    Raises:
        ValueError: it was saved by another service, or is no saved handle.
    """
    if not isinstance(saved, Mapping):
        raise TypeError(f"from_dict takes what RunHandle.to_dict() gives, not {type(saved).__name__}")
    run_id, notebook_id = saved.get("run_id"), saved.get("notebook_id")
    if not isinstance(run_id, str) or not isinstance(notebook_id, str | None):
        raise ValueError(  # noqa: TRY004  (the text is at fault, not the program)
            "this is not what RunHandle.to_dict() gives: run_id is missing"
        )
    if saved.get("service") != service.name:
        raise ValueError(f"this handle belongs to {saved.get('service')!r}, not to {service.name!r}")
    return RunHandle(service, run_id, notebook_id)
