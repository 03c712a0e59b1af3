"""The watcher: one for a client, it looks at all runs that somebody waits for.

Its looks are made in a task of its own, which begins with the first wait and ends with the last one, so that no caller
has a scope or a task group open, and none is the worse for another one's leaving. `schedule.py` tells when to look,
`pages.py` which page answers for which runs.
"""

from __future__ import annotations

import copy
import heapq
import itertools
import math
from functools import partial
from typing import Final

import anyio
from anyio.abc import TaskGroup

from deepnote_async.models import Run
from deepnote_async.runs.service import RunLister, RunService
from deepnote_async.runs.watching.background import spawn
from deepnote_async.runs.watching.knowledge import Knowledge
from deepnote_async.runs.watching.looks import Looks
from deepnote_async.runs.watching.pages import place, remove
from deepnote_async.runs.watching.plan import Plan
from deepnote_async.runs.watching.tracked import Group, Held, TrackedRun, Wait, WatchedNotebook
from deepnote_async.transport import OTHER_LOOP, Deadline, running_loop

CLOSE_SECONDS: Final = 5.0
LAST_CALL_SECONDS: Final = 1.0
"""So long before its time is up, a run is looked at once more."""


class Watcher:
    """Looks at runs for everybody who waits for one.

    Args:
        service: where they run.
    """

    def __init__(self, service: RunService) -> None:
        self._plan = Plan()
        self._service = service
        self._knowledge = Knowledge()
        self._notebooks: dict[str | None, WatchedNotebook] = {}
        self._runs: dict[str, TrackedRun] = {}
        self._deadlines: list[tuple[float, int, Wait, TrackedRun]] = []
        self._numbers = itertools.count()
        self._waiting = 0
        self._loop: object = None
        self._task: object = None
        self._scope: anyio.CancelScope | None = None
        self._ended: anyio.Event | None = None
        self._wakeup: anyio.Event | None = None
        self._is_closed = False
        self._looks = Looks(service, self)

    async def wait(
        self, held: Held, deadline: Deadline, *, to_the_end: bool = True, shown: str | None = None
    ) -> Run | None:
        """Wait for the end of a run, or for any other state than the one shown last.

        Args:
            held: the run, and what its handle knows of it.
            deadline: when to give up.
            to_the_end: whether only the end counts.
            shown: the state that is known already.

        Returns:
            The run as it was seen; None if the time was up.

        Raises:
            CallError: the run cannot be looked at, and will not be.
            RuntimeError: the client is closed, or belongs to another event loop.
        """
        while True:
            self._check()
            wait = Wait(deadline, held.saw, to_the_end=to_the_end, shown=shown)
            run = self._track(held)
            if run.last is not None and run.seen > (-math.inf if held.seen is None else held.seen):
                held.saw(run.last, run.seen)  # somebody else's wait saw it
                if wait.is_met_by(run.last):
                    return run.last
            self._join(run, wait)
            try:
                self._ensure_task()
                await wait.signal.wait()
            finally:
                answered = wait.is_over
                self._leave(run, wait)
            if wait.error is not None:
                raise wait.error
            if answered:
                return wait.run
            # Somebody cancelled the watcher's task: there will be another one.

    async def aclose(self) -> None:
        """End all waits and the task."""
        self._is_closed = True
        if self._scope is not None and self._loop is not running_loop():
            return  # nobody there can be told from here, and they may not be there any more
        for run in list(self._runs.values()):
            self.end(
                run, error=RuntimeError(f"this client was closed while run {run.run_id} was waited for; it goes on")
            )
        if self._scope is not None and self._ended is not None:
            self._scope.cancel()
            with anyio.move_on_after(CLOSE_SECONDS, shield=True):
                await self._ended.wait()

    @property
    def price(self) -> float:
        """Makes looks dearer (above 1) or cheaper (below); for measurements."""
        return self._plan.price

    @price.setter
    def price(self, factor: float) -> None:
        self._plan.price = factor

    # What the looks tell.

    def tracked(self, run_id: str) -> TrackedRun | None:
        """Give a run if somebody waits for it."""
        return self._runs.get(run_id)

    def saw(self, run: TrackedRun, state: Run, sent: float) -> None:
        """Note the state of a run, as a look that was sent at that time told it."""
        run.failing_since = run.doubted_since = None
        self._knowledge.saw(run, state, sent)
        if run.last is not None and state.status != run.last.status:
            run.changed = sent
        run.last, run.seen = state, sent
        self._call_last(run)
        is_homeless = run.group.notebook.id is None and bool(run.waits)
        if is_homeless and state.notebook_id is not None and not state.status.is_terminal:
            self._rehome(run, state.notebook_id)
        for wait in list(run.waits):
            wait.saw(state, sent)
            if wait.is_met_by(state):
                self._end_wait(run, wait, state)

    def saw_again(self, run: TrackedRun, sent: float) -> None:
        """Note that a run goes on in the state that is known."""
        run.failing_since = run.doubted_since = None
        self._knowledge.saw_again(run, sent)
        run.seen = sent
        self._call_last(run)

    def end(self, run: TrackedRun, *, error: Exception, patient: bool = False) -> None:
        """End the waits for a run with an error; those with a deadline go on if `patient`."""
        for wait in list(run.waits):
            if not (patient and wait.deadline.allowed is not None):
                self._end_wait(run, wait, error=_own(error))

    def end_all(self, error: Exception) -> None:
        """End the waits without a deadline for all runs: the service cannot be reached."""
        for run in list(self._runs.values()):
            self.end(run, error=error, patient=True)

    def plan(self, group: Group) -> None:
        """Plan the next look at a group anew."""
        self._plan.put(group, max(anyio.current_time(), group.not_before))
        self._wake()

    # Who waits.

    def _track(self, held: Held) -> TrackedRun:
        run = self._runs.get(held.run_id)
        if run is None:
            now = anyio.current_time()
            run = TrackedRun(held, now)
            self._runs[held.run_id] = run
            self.plan(place(run, self._notebook(held.notebook_id), now))
        return run

    def _join(self, run: TrackedRun, wait: Wait) -> None:
        run.waits.append(wait)
        self._waiting += 1
        if wait.deadline.at < math.inf:
            heapq.heappush(self._deadlines, (wait.deadline.at, next(self._numbers), wait, run))
            run.last_call = min(run.last_call, wait.deadline.at - LAST_CALL_SECONDS)
            self.plan(run.group)

    def _leave(self, run: TrackedRun, wait: Wait) -> None:
        """Forget a wait; a run that nobody else waits for is not looked at any more."""
        wait.is_over = True
        if wait in run.waits:
            run.waits.remove(wait)
            self._waiting -= 1
            self._forget_if_alone(run)

    def _end_wait(self, run: TrackedRun, wait: Wait, state: Run | None = None, error: Exception | None = None) -> None:
        run.waits.remove(wait)
        self._waiting -= 1
        wait.end(state, error)
        self._forget_if_alone(run)

    def _forget_if_alone(self, run: TrackedRun) -> None:
        if run.waits or self._runs.get(run.run_id) is not run:
            return
        del self._runs[run.run_id]
        self._remove(run)
        if self._waiting == 0:
            self._wake()

    def _remove(self, run: TrackedRun) -> None:
        notebook = run.group.notebook
        remove(run)
        if notebook.tracked == 0 and self._notebooks.get(notebook.id) is notebook:
            del self._notebooks[notebook.id]

    def _rehome(self, run: TrackedRun, notebook_id: str) -> None:
        self._remove(run)
        self.plan(place(run, self._notebook(notebook_id), anyio.current_time()))

    def _notebook(self, notebook_id: str | None) -> WatchedNotebook:
        notebook = self._notebooks.get(notebook_id)
        if notebook is None:
            lists = isinstance(self._service, RunLister)
            notebook = WatchedNotebook(notebook_id, self._knowledge.durations(notebook_id), lists=lists)
            self._notebooks[notebook_id] = notebook
        return notebook

    def _call_last(self, run: TrackedRun) -> None:
        """Find out whose time is up next, once a run was seen so late that the last one's is as good as up."""
        if run.last_call < math.inf and not run.is_called_last:
            ends = (wait.deadline.at - LAST_CALL_SECONDS for wait in run.waits)
            run.last_call = min((end for end in ends if end > run.last_call), default=math.inf)

    # The task.

    def _check(self) -> None:
        if self._is_closed:
            raise RuntimeError("this client is closed; make another one")
        if self._scope is not None and self._loop is not running_loop():
            raise RuntimeError(OTHER_LOOP)

    def _ensure_task(self) -> None:
        """Begin to look; nothing may be awaited since `_check`."""
        if self._scope is not None:
            return
        self._loop = running_loop()
        self._scope, self._ended, self._wakeup = anyio.CancelScope(), anyio.Event(), anyio.Event()
        ended = partial(self._stopped, self._ended)
        try:
            self._task = spawn(self._work, "deepnote-async: waiting for runs", ended=ended)
        except BaseException:
            ended()
            raise

    def _wake(self) -> None:
        if self._wakeup is not None:
            self._wakeup.set()

    async def _work(self) -> None:
        assert self._scope is not None and self._ended is not None  # noqa: PT018, S101
        ended = self._ended
        try:
            with self._scope:
                async with anyio.create_task_group() as looks:
                    while self._waiting:
                        self._expire(anyio.current_time())
                        self._launch(looks)
                        if self._waiting:
                            await self._pause()
                    looks.cancel_scope.cancel()
        except Exception as error:  # noqa: BLE001  (whoever waits is told, instead of waiting for ever)
            for run in list(self._runs.values()):
                self.end(run, error=_as_one(error))
        finally:
            self._stopped(ended)

    def _stopped(self, ended: anyio.Event) -> None:
        """Note that a task is over; whoever still waits begins again."""
        if self._ended is not ended:
            return
        self._scope = self._ended = self._wakeup = self._task = None
        self._looks.reset()
        for notebook in self._notebooks.values():
            notebook.top.is_busy = False
        for run in self._runs.values():
            run.group.is_busy = False
            self._plan.put(run.group, run.group.not_before)
            for wait in run.waits:
                wait.signal.set()
        ended.set()

    async def _pause(self) -> None:
        """Wait until something is to do."""
        assert self._wakeup is not None  # noqa: S101
        soonest = self._deadlines[0][0] if self._deadlines else math.inf
        soonest = min(soonest, max(self._plan.soonest, self._looks.room_from()))
        with anyio.CancelScope(deadline=soonest):
            await self._wakeup.wait()
        self._wakeup = anyio.Event()

    def _expire(self, now: float) -> None:
        """End the waits whose time is up."""
        while self._deadlines and (self._deadlines[0][0] <= now or self._deadlines[0][2].is_over):
            _at, _number, wait, run = heapq.heappop(self._deadlines)
            if not wait.is_over and wait in run.waits:
                self._end_wait(run, wait)
        if len(self._deadlines) > 2 * self._waiting + 100:
            self._deadlines = [entry for entry in self._deadlines if not entry[2].is_over]
            heapq.heapify(self._deadlines)

    def _launch(self, looks: TaskGroup) -> None:
        """Begin the looks that are due."""
        now = anyio.current_time()
        while self._looks.room_from() <= now:
            next_one = self._plan.pop(now, throttled=self._service.is_throttled)
            if next_one is None:
                return
            self._looks.begin(looks, *next_one)


def _as_one(error: Exception) -> Exception:
    """Give the error itself out of the group that a task group makes of it."""
    while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def _own(error: Exception) -> Exception:
    """Give a wait an error of its own, for it will name the run; what others have raised may not bear copying."""
    try:
        own = copy.copy(error)
    except Exception:  # noqa: BLE001  (whatever a class of somebody else's does when it is copied)
        return error
    return own.with_traceback(error.__traceback__) if type(own) is type(error) else error
