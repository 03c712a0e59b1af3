"""What a watcher knows of the runs it looks at."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, NamedTuple

from deepnote_async.models import Run
from deepnote_async.runs.watching.background import Signal, new_signal
from deepnote_async.runs.watching.durations import Durations
from deepnote_async.transport import Deadline

MOST_TRUST: Final = 3
"""So many pages may tell nothing of the runs that were looked for before pages are left alone for a while."""
DISTRUST_SECONDS: Final = 60.0
SEEN_ENOUGH_SECONDS: Final = 2.0
"""A run that was seen so shortly before its last call need not be looked at again."""
SHARING_HALF_LIFE: Final = 1800.0
"""In this time, in seconds, the memory of how many runs were waited for at once loses half."""


class Held(NamedTuple):
    """What a handle knows of its run.

    Attributes:
        run_id: the run.
        notebook_id: its notebook; None where it is not known.
        began: when it was started, on the event loop's clock; None where that is not known.
        seen: when it was seen last; None if it never was.
        last: as it was seen then.
        saw: told of every other state that is seen, and when it was.
    """

    run_id: str
    notebook_id: str | None
    began: float | None
    seen: float | None
    last: Run | None
    saw: Callable[[Run, float], None]


class Wait:
    """One caller that waits: for the end of a run, or for any other state than `shown`.

    Attributes:
        run: what it waited for, once it is there.
        error: what ended the wait instead.
    """

    __slots__ = ("deadline", "error", "is_over", "run", "saw", "shown", "signal", "to_the_end")

    def __init__(
        self, deadline: Deadline, saw: Callable[[Run, float], None], *, to_the_end: bool, shown: str | None
    ) -> None:
        self.deadline = deadline
        self.saw = saw
        self.to_the_end = to_the_end
        self.shown = shown
        self.run: Run | None = None
        self.error: Exception | None = None
        self.is_over = False
        self.signal: Signal = new_signal()

    def is_met_by(self, run: Run) -> bool:
        """Whether this is what is waited for."""
        return run.status.is_terminal or (not self.to_the_end and run.status.value != self.shown)

    def end(self, run: Run | None = None, error: Exception | None = None) -> None:
        """Let the caller go on; with neither, its time is up."""
        self.run, self.error, self.is_over = run, error, True
        self.signal.set()


class TrackedRun:
    """A run that somebody waits for.

    Attributes:
        born: when it began, on the event loop's clock; when it was first waited for, if that is not known.
        is_aged: whether `born` is the true beginning, or was reckoned.
        is_ours: whether it was started here.
        last: as it was read last; None if it never was.
        seen: when it was last seen; minus infinity if it never was.
        changed: when another state was seen last.
        last_call: when to look at the latest, so that a wait whose time is nearly up does not miss the end.
        lived: the age up to which its life has been counted.
        is_placed: whether the page it belongs to has shown it.
        is_unlisted: whether it was looked for on pages in vain.
        doubted_since: since when it is not found, or what is found cannot be read; None if the last look saw it.
        doubts: how often that was.
        failing_since: since when looks at it fail; None if the last one did not.
    """

    __slots__ = (
        "born", "changed", "doubted_since", "doubts", "failing_since", "group", "is_aged", "is_ours", "is_placed",
        "is_unlisted", "last", "last_call", "lived", "run_id", "seen", "waits",
    )  # fmt: skip

    def __init__(self, held: Held, now: float) -> None:
        self.run_id = held.run_id
        self.born = now if held.began is None else held.began
        self.is_aged = self.is_ours = held.began is not None
        self.seen = -math.inf if held.seen is None or held.last is None else held.seen
        self.changed = self.born
        self.lived = 0.0
        self.last = held.last
        self.waits: list[Wait] = []
        self.last_call = math.inf
        self.group: Group
        self.is_placed = False
        self.is_unlisted = False
        self.doubted_since: float | None = None
        self.doubts = 0
        self.failing_since: float | None = None

    @property
    def is_called_last(self) -> bool:
        """Whether it has to be looked at once more before somebody's time is up."""
        return self.seen < self.last_call - SEEN_ENOUGH_SECONDS


class Group:
    """Runs that one look is expected to answer for: those of a page of the list, or one run alone.

    Attributes:
        notebook: the notebook they are of.
        is_top: whether the page is the newest one.
        cursor: what asks for the page; None for the newest one, and for a run alone.
        passed: what the pages before it showed on the way to it; empty once it has been read.
        is_busy: whether a look at it is under way.
        not_before: when the next look may come at the earliest: the service asked for it, or a look failed.
        version: counts the plans for it; only the last one holds.
    """

    __slots__ = ("cursor", "failures", "is_busy", "is_top", "not_before", "notebook", "passed", "runs", "version")

    def __init__(
        self,
        notebook: WatchedNotebook,
        *,
        cursor: str | None = None,
        is_top: bool = False,
        passed: frozenset[TrackedRun] = frozenset(),
    ) -> None:
        self.notebook = notebook
        self.cursor = cursor
        self.passed = passed
        self.is_top = is_top
        self.runs: dict[TrackedRun, None] = {}
        self.is_busy = False
        self.not_before = -math.inf
        self.failures = 0
        self.version = 0

    @property
    def is_page(self) -> bool:
        """Whether a page answers for it."""
        return self.is_top or self.cursor is not None


class WatchedNotebook:
    """A notebook with runs that somebody waits for.

    Attributes:
        id: None for runs whose notebook is not known.
        durations: how long its runs take.
        top: the group of the newest page.
        tracked: how many of its runs are waited for now.
        joined: how many were, since somebody began to.
    """

    __slots__ = ("_distrusted_until", "_most", "_trust", "durations", "id", "joined", "top", "tracked")

    def __init__(self, notebook_id: str | None, durations: Durations, *, lists: bool) -> None:
        self.id = notebook_id
        self.durations = durations
        self.top = Group(self, is_top=True)
        self.tracked = 0
        self.joined = 0
        self._most = (0, -math.inf)
        self._trust = MOST_TRUST
        self._distrusted_until = -math.inf if lists and notebook_id is not None else math.inf

    def add(self, now: float) -> None:
        """Note that one more of its runs is waited for."""
        self.tracked += 1
        self.joined += 1
        if self.tracked >= self.sharing(now):
            self._most = (self.tracked, now)

    def sharing(self, now: float) -> float:
        """Tell how many runs a look may be shared by: the most that were waited for at once lately."""
        most, at = self._most
        return max(float(self.tracked), most * math.exp2((at - now) / SHARING_HALF_LIFE))

    def lists(self, now: float) -> bool:
        """Whether pages of its runs can be had and are worth asking for."""
        return now >= self._distrusted_until

    def judge(self, shown: int, now: float) -> None:
        """Note how many runs a page told of; one could have been had for the same price without it."""
        self._trust = min(self._trust + 1, MOST_TRUST) if shown > 1 else self._trust - 1
        if self._trust <= 0:
            self.distrust(now + DISTRUST_SECONDS)

    def distrust(self, until: float) -> None:
        """Leave pages alone until then."""
        self._distrusted_until = max(self._distrusted_until, until)
        self._trust = 1
