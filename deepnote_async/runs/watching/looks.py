"""Single looks: one request each, what it tells, and what its failure means for whoever waits."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final, Protocol

import anyio
from anyio.abc import TaskGroup

from deepnote_async.errors import (
    APIError,
    CallError,
    DeadlineExceededError,
    DecodeError,
    NotFoundError,
    RateLimitError,
)
from deepnote_async.models import Run, RunStatus
from deepnote_async.runs.service import RunLister, RunService, StatusPage, StatusRow
from deepnote_async.runs.wait import (
    LONGEST_PAUSE_SECONDS,
    LOOK_SECONDS,
    LOOK_SECONDS_THROTTLED,
    PATIENCE_SECONDS,
    TRANSIENT,
)
from deepnote_async.runs.watching.pages import expected_on, leave_pages, may_return, move_to_top, sort_in
from deepnote_async.runs.watching.tracked import DISTRUST_SECONDS, Group, TrackedRun, WatchedNotebook

MAX_LOOKS: Final = 32
"""So many looks may be under way at once; while requests are refused, so few that the most urgent ones go first."""
MAX_LOOKS_THROTTLED: Final = 4
FIRST_PAUSE_SECONDS: Final = 0.5
LONGEST_BACKOFF_SECONDS: Final = 30.0
OUTAGE: Final = 3
"""So many looks in a row that failed are an outage: until one succeeds, there is one at a time."""
UNSHOWN_SECONDS: Final = 1.0
"""A page that showed no run that is waited for is not asked again sooner."""
MAX_PAGE_FAILURES: Final = 2
REFUSED_PAGE_SECONDS: Final = 600.0
"""For so long no page is asked for after the list itself was refused."""
NEW_SECONDS: Final = 30.0
"""A run that was started here and is younger may not be found everywhere yet."""
MIN_REFUSALS: Final = 5
"""So many pauses that were kept to, and followed by another 429, it takes at least to end a wait."""
TERMINAL: Final = frozenset(status.value for status in RunStatus if status.is_terminal)


class Listener(Protocol):
    """Who is told what looks see."""

    def tracked(self, run_id: str) -> TrackedRun | None:
        """Give a run if somebody waits for it."""
        ...

    def saw(self, run: TrackedRun, state: Run, sent: float) -> None:
        """Note the state of a run, as a look that was sent at that time told it."""
        ...

    def saw_again(self, run: TrackedRun, sent: float) -> None:
        """Note that a run goes on in the state that is known."""
        ...

    def end(self, run: TrackedRun, *, error: Exception, patient: bool = False) -> None:
        """End the waits for a run with an error; those with a deadline go on if `patient`."""
        ...

    def end_all(self, error: Exception) -> None:
        """End the waits without a deadline for all runs."""
        ...

    def plan(self, group: Group) -> None:
        """Plan the next look at a group anew."""
        ...


class Looks:
    """Makes the looks of a watcher.

    Args:
        service: where the runs are.
        watcher: told of what is seen.
    """

    def __init__(self, service: RunService, watcher: Listener) -> None:
        self._service = service
        self._watcher = watcher
        self.reset()

    def reset(self) -> None:
        """Forget the looks under way: their task has ended."""
        self._under_way = 0
        self._failed = 0
        self._outage_since = math.inf
        self._refused_since = math.inf
        self._refused_until = -math.inf
        self._refusals = 0
        self._quiet_until = -math.inf

    def room_from(self) -> float:
        """Tell from when on another look may begin, on the event loop's clock; never before one of them has ended."""
        most = MAX_LOOKS_THROTTLED if self._service.is_throttled else MAX_LOOKS
        if self._under_way >= (1 if self._failed >= OUTAGE else most):
            return math.inf
        return self._quiet_until

    def begin(self, tasks: TaskGroup, group: Group, alone: TrackedRun | None) -> None:
        """Begin a look at a group, or at one of its runs alone."""
        self._under_way += 1
        group.is_busy = True
        tasks.start_soon(self._look, group, alone)

    async def _look(self, group: Group, alone: TrackedRun | None) -> None:
        changed = {group}
        try:
            if alone is not None:
                changed |= await self._look_at_run(group, alone)
            else:
                changed |= await self._look_at_page(group)
        finally:
            self._under_way -= 1
            group.is_busy = False
        for other in changed:
            self._watcher.plan(other)

    async def _look_at_run(self, group: Group, run: TrackedRun) -> set[Group]:
        """Look at a run alone; gives the groups whose runs have changed."""
        sent = anyio.current_time()
        try:
            state = await self._service.get(run.run_id, timeout=self._seconds(), retry=None)
        except TRANSIENT as error:
            self._failed_for_now(group, error, [run])
        except (NotFoundError, DecodeError) as error:
            self._recover()
            self._doubt(group, run, error)
        except Exception as error:  # noqa: BLE001  (it is for whoever waits for the run)
            self._watcher.end(run, error=error)
        else:
            self._recover()
            group.failures = 0
            self._watcher.saw(run, state, sent)
            if run.waits and may_return(run, anyio.current_time()):
                return move_to_top(run)
        return set()

    def _doubt(self, group: Group, run: TrackedRun, error: CallError) -> None:
        """Look once more: a run may be too new to be seen everywhere, and a proxy may put in a word."""
        now = anyio.current_time()
        is_new = run.is_ours and now - run.born < NEW_SECONDS and isinstance(error, NotFoundError)
        if run.doubted_since is None:
            run.doubted_since = now
        elif not is_new:
            self._watcher.end(run, error=error)
        group.not_before = now + _backoff(run.doubts)
        run.doubts += 1

    async def _look_at_page(self, group: Group) -> set[Group]:
        """Look at a page; gives the groups whose runs have changed."""
        sent, notebook = anyio.current_time(), group.notebook
        assert isinstance(self._service, RunLister)  # noqa: S101
        assert notebook.id is not None  # noqa: S101
        expected = expected_on(group, sent)
        try:
            page = await self._service.look_at_page(notebook.id, group.cursor, timeout=self._seconds(), retry=None)
        except TRANSIENT as error:
            self._failed_for_now(group, error, group.runs)
            if group.failures < MAX_PAGE_FAILURES or isinstance(error, RateLimitError) or self._failed >= OUTAGE:
                return set()
            notebook.distrust(anyio.current_time() + DISTRUST_SECONDS)
        except CallError as error:
            # The runs may be told of one by one all the same, and if they are not, that tells more.
            lasting = isinstance(error, APIError) and group.is_top
            notebook.distrust(anyio.current_time() + (REFUSED_PAGE_SECONDS if lasting else DISTRUST_SECONDS))
        except Exception as error:  # noqa: BLE001  (it is for whoever waits for the runs)
            for run in list(group.runs):
                self._watcher.end(run, error=error)
        else:
            self._recover()
            group.failures = 0
            return self._read_page(group, page, expected, sent)
        return leave_pages(group)

    def _read_page(self, group: Group, page: StatusPage, expected: list[TrackedRun], sent: float) -> set[Group]:
        """Tell what a page says; gives the groups whose runs have changed."""
        notebook, shown = group.notebook, dict[TrackedRun, None]()
        for row in page.rows:
            run = self._watcher.tracked(row.run_id)
            if run is None or run.group.notebook is not notebook:
                _learn_from(row, notebook)
                continue
            shown[run] = None
            if run.last is not None and row.status == run.last.status and run.is_aged and row.status not in TERMINAL:
                self._watcher.saw_again(run, sent)
            else:
                self._watcher.saw(run, row.read(), sent)
        now = anyio.current_time()
        notebook.judge(len(shown), now)
        if not shown:
            group.not_before = now + UNSHOWN_SECONDS
        return sort_in(group, expected, [run for run in shown if run.waits], page.next_cursor)

    def _seconds(self) -> float:
        return LOOK_SECONDS_THROTTLED if self._service.is_throttled else LOOK_SECONDS

    def _failed_for_now(self, group: Group, error: CallError, runs: Iterable[TrackedRun]) -> None:
        """Put off the next look; end waits without a deadline once nothing but failures came for a minute."""
        now = anyio.current_time()
        pause = min(getattr(error, "retry_after", None) or 0.0, LONGEST_PAUSE_SECONDS)
        if isinstance(error, RateLimitError) or _was_held_back(error):
            group.not_before = now + max(pause, FIRST_PAUSE_SECONDS)  # the rate gate knows the rest
            self._note_refusal(error, now, pause)
            return
        group.not_before = now + max(pause, _backoff(group.failures))
        group.failures += 1
        self._note_outage(error, now)
        for run in list(runs):
            run.failing_since = now if run.failing_since is None else run.failing_since
            if now - run.failing_since > PATIENCE_SECONDS:
                self._watcher.end(run, error=error, patient=True)

    def _note_outage(self, error: CallError, now: float) -> None:
        self._outage_since = now if self._failed == 0 else self._outage_since
        self._failed += 1
        if self._failed >= OUTAGE:
            self._quiet_until = now + _backoff(self._failed - OUTAGE)
            if now - self._outage_since > PATIENCE_SECONDS:
                self._watcher.end_all(error)

    def _note_refusal(self, error: CallError, now: float, pause: float) -> None:
        """End waits only if nothing gets through: which runs are refused is chance, where there are many."""
        if not isinstance(error, RateLimitError):
            return
        if math.isinf(self._refused_since):
            self._refused_since, self._refused_until, self._refusals = now, now, 0
        if now >= self._refused_until:  # those sent side by side are refused for the same pause
            self._refusals += 1
            self._refused_until = now + pause
        if self._refusals >= MIN_REFUSALS and now - self._refused_since > PATIENCE_SECONDS:
            self._watcher.end_all(error)

    def _recover(self) -> None:
        self._failed = 0
        self._refused_since = math.inf
        self._quiet_until = -math.inf


def _was_held_back(error: CallError) -> bool:
    """Whether the rate gate of this client took the time of a look: that says nothing of the service."""
    if not isinstance(error, DeadlineExceededError):
        return False
    return sum(seconds for stage, seconds in error.spent if stage == "gate") >= LOOK_SECONDS / 2


def _backoff(failures: int) -> float:
    return min(FIRST_PAUSE_SECONDS * 2.0 ** min(failures, 10), LONGEST_BACKOFF_SECONDS)


def _learn_from(row: StatusRow, notebook: WatchedNotebook) -> None:
    """Count the end of a run that nobody waits for."""
    durations = notebook.durations
    if row.status not in TERMINAL or not durations.counts(row.run_id, keep=2 * notebook.joined):
        return
    took = row.read().duration
    if took is not None and took >= 0:
        durations.lived(0.0, took)
        durations.ended(took)
