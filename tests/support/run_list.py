"""A notebook's run list that may be of any kind, and somebody who reads it page by page as the watcher does."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from deepnote_async.runs.watching.durations import Durations
from deepnote_async.runs.watching.pages import expected_on, may_return, move_to_top, place, remove, sort_in
from deepnote_async.runs.watching.plan import _stands_out
from deepnote_async.runs.watching.tracked import Group, Held, TrackedRun, Wait, WatchedNotebook
from deepnote_async.transport import Deadline

NEVER = Deadline(float("inf"), None)

Shown = tuple[list[str], str | None]


class RunList:
    """The runs of a notebook as a service lists them.

    Args:
        size: rows of a page.
        order: "newest", "oldest" or "shuffled", which is another order for every page.
        tokens: "keyset" (a token names the last row of the page before), "offset" (it counts rows from the top), or
            "repeated" (every page is the first one, with a token all the same).
        lag: a run shows in the list so many seconds after it began.

    Attributes:
        runs: ids of all runs and when they began, the oldest first.
    """

    def __init__(self, size: int = 100, order: str = "newest", tokens: str = "keyset", lag: float = 0.0) -> None:
        self._size, self._order, self._tokens, self._lag = size, order, tokens, lag
        self._chance = Random(size)  # noqa: S311
        self.runs: dict[str, float] = {}

    def page(self, token: str | None, now: float) -> Shown:
        """Give the ids on a page, and the token of the page after it."""
        rows = [run for run, began in self.runs.items() if began + self._lag <= now]
        if self._order == "newest":
            rows.reverse()
        elif self._order == "shuffled":
            self._chance.shuffle(rows)
        first = 0
        if token is not None and self._tokens == "keyset":
            first = rows.index(token) + 1
        elif token is not None and self._tokens == "offset":
            first = int(token)
        shown = rows[first : first + self._size]
        if first + self._size >= len(rows):
            return shown, None
        return shown, shown[-1] if self._tokens == "keyset" else str(first + self._size)


class Look:
    """A look at a page that has been sent and is not answered yet."""

    def __init__(self, group: Group, now: float, shown: Shown) -> None:
        self.group = group
        self.sent = now
        self.expected = expected_on(group, now)
        self.shown = shown


class Reader:
    """Waits for runs of one list and looks at them, page by page or one by one.

    Args:
        runs: the list.

    Attributes:
        now: the time in seconds.
        tracked: the runs that are waited for, by id.
        known: every group that was told of, which is what would be planned.
        looks: how many looks there were.
        pages: how many of them were at pages.
    """

    def __init__(self, runs: RunList) -> None:
        self.list = runs
        self.now = 0.0
        self.notebook = WatchedNotebook("nb", Durations(), lists=True)
        self.tracked: dict[str, TrackedRun] = {}
        self.known: set[Group] = {self.notebook.top}
        self.looks = self.pages = 0

    def wait_for(self, run_id: str, *, is_aged: bool = True) -> TrackedRun:
        """Begin to wait for a run."""
        began = self.list.runs[run_id] if is_aged else None
        run = TrackedRun(Held(run_id, "nb", began, None, None, lambda *_: None), self.now)
        run.waits.append(Wait(NEVER, lambda *_: None, to_the_end=True, shown=None))
        self.tracked[run_id] = run
        self.known.add(place(run, self.notebook, self.now))
        return run

    def leave(self, run: TrackedRun) -> None:
        """Do not wait for a run any more: it has ended, or nobody wants to know."""
        run.waits.clear()
        del self.tracked[run.run_id]
        remove(run)

    def run_alone(self, group: Group) -> TrackedRun | None:
        """Give the run that is to be looked at alone, if all are worth the same; None for a look at the page."""
        return _stands_out(group, [(1.0, 1.0)] * len(group.runs))

    def send(self, group: Group) -> Look:
        """Send a look at a page."""
        group.is_busy = True
        return Look(group, self.now, self.list.page(group.cursor, self.now))

    def read(self, look: Look) -> set[Group]:
        """Read the answer; gives the groups that would be planned anew."""
        look.group.is_busy = False
        self.looks, self.pages = self.looks + 1, self.pages + 1
        rows, token = look.shown
        shown = [self.tracked[row] for row in rows if row in self.tracked]
        for run in shown:
            run.seen = max(run.seen, look.sent)
        self.notebook.judge(len(shown), self.now)
        changed = {look.group, *sort_in(look.group, look.expected, shown, token)}
        self.known |= changed
        return changed

    def look_alone(self, run: TrackedRun) -> None:
        """Look at one run."""
        self.looks += 1
        run.seen = self.now
        if may_return(run, self.now):
            self.known |= move_to_top(run)

    def look_at_all(self) -> None:
        """Look once at every group there is by now."""
        for group in self.groups():
            if not group.runs:
                continue
            if (run := self.run_alone(group)) is None:
                self.read(self.send(group))
            else:
                self.look_alone(run)

    def groups(self) -> list[Group]:
        """Give the groups that answer for runs, in an order that is the same whenever the same was done."""
        return sorted((group for group in self.known if group.runs), key=lambda group: min(_ids(group)))

    def unseen_since(self, moment: float) -> list[str]:
        """Give the runs that no look has shown since."""
        return [run_id for run_id, run in self.tracked.items() if run.seen < moment]


def settle(reader: Reader, most: int, each: Callable[[], None] = lambda: None) -> int:
    """Look at everything until every run has been seen; gives how many rounds that took, which are `most` at most."""
    reader.now += 10.0
    began = reader.now
    for rounds in range(most):
        if not reader.unseen_since(began):
            return rounds
        reader.look_at_all()
        each()
    assert not reader.unseen_since(began), f"not seen in {most} rounds"
    return most


def _ids(group: Group) -> list[str]:
    return [run.run_id for run in group.runs]
