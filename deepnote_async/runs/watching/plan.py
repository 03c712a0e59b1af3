"""Which look comes next, and when: the groups of runs in the order in which they are due."""

from __future__ import annotations

import heapq
import itertools
import math
from typing import Final

from deepnote_async.runs.watching.durations import Durations, bin_of
from deepnote_async.runs.watching.schedule import next_look, price_of_look
from deepnote_async.runs.watching.tracked import Group, TrackedRun

SOONEST_SECONDS: Final = 0.2
RECHECK: Final = 0.2
"""A plan is made anew after this part of the age of the youngest run, for its chance to end changes with its age."""
ALONE: Final = 0.8
"""A run that makes up this part of what a page is worth is looked at alone: an answer for one is much smaller."""
NOW_SECONDS: Final = 1e-3


class Plan:
    """The groups of a watcher, by the time of their next look or their next plan.

    Attributes:
        price: makes looks dearer (above 1) or cheaper; for measurements.
    """

    def __init__(self) -> None:
        self.price = 1.0
        self._due: list[tuple[float, int, Group, int]] = []
        self._numbers = itertools.count()

    @property
    def soonest(self) -> float:
        """When something is to do next, on the event loop's clock; infinity if never."""
        return self._due[0][0] if self._due else math.inf

    def put(self, group: Group, at: float) -> None:
        """Plan a group for that time; an earlier plan for it no longer holds."""
        group.version += 1
        if not group.is_busy and group.runs:
            heapq.heappush(self._due, (at, next(self._numbers), group, group.version))

    def pop(self, now: float, *, throttled: bool) -> tuple[Group, TrackedRun | None] | None:
        """Take the group that is to be looked at now, if there is one, and the run that is to be looked at alone."""
        while self._due and self._due[0][0] <= now:
            _at, _number, group, version = heapq.heappop(self._due)
            if version != group.version or group.is_busy or not group.runs:
                continue
            alone, seconds = self._decide(group, now, throttled=throttled)
            if seconds <= NOW_SECONDS:
                return group, alone
            self.put(group, now + seconds)
        return None

    def _decide(self, group: Group, now: float, *, throttled: bool) -> tuple[TrackedRun | None, float]:
        """Tell the seconds to the look, or to the next plan, and which run is to be looked at alone."""
        chances = _Chances(group.notebook.durations, now)
        states = [(now - run.seen, chances.of(run)) for run in group.runs]
        sharing = group.notebook.sharing(now) if group.notebook.lists(now) else 1
        price = self.price * price_of_look(sharing, throttled=throttled)
        hint = max(group.not_before - now, 0.0)
        seconds = next_look(states, price, hint=hint, seed=next(self._numbers))
        last_calls = [run.last_call for run in group.runs if run.is_called_last]
        last_call = max(min(last_calls, default=math.inf) - now, hint)
        if last_call <= NOW_SECONDS < seconds:
            return _called_last(group, now), 0.0
        if seconds > NOW_SECONDS:
            seconds = min(seconds, last_call)
            youngest = min(now - run.born for run in group.runs)
            return None, min(seconds, max(SOONEST_SECONDS, RECHECK * youngest, hint))
        return _stands_out(group, states), 0.0


class _Chances:
    """The chances to end of the runs of one notebook at one moment."""

    def __init__(self, durations: Durations, now: float) -> None:
        self._durations = durations
        self._now = now
        self._known: dict[tuple[int, int], float] = {}

    def of(self, run: TrackedRun) -> float:
        age, steady = self._now - run.born, self._now - run.changed
        key = (bin_of(age), bin_of(steady))
        if key not in self._known:
            self._known[key] = self._durations.chance(age, steady)
        return self._known[key]


def _called_last(group: Group, now: float) -> TrackedRun | None:
    """Give the run whose time is nearly up, if it is the only one."""
    due = [run for run in group.runs if run.is_called_last and run.last_call <= now + SOONEST_SECONDS]
    return due[0] if len(due) == 1 or not group.is_page else None


def _stands_out(group: Group, states: list[tuple[float, float]]) -> TrackedRun | None:
    """Give the run that is to be looked at alone, if there is one."""
    if not group.is_page or len(group.runs) == 1:
        (only,) = group.runs
        # A page that was never read may answer for others too, and so take them in.
        return None if group.cursor is not None and not only.is_placed else only
    worths = [chance * unseen * unseen for unseen, chance in states]
    most = max(worths)
    if math.isinf(most):
        never = [run for run, worth in zip(group.runs, worths, strict=True) if math.isinf(worth)]
        return never[0] if len(never) == 1 else None
    return list(group.runs)[worths.index(most)] if most >= ALONE * sum(worths) else None
