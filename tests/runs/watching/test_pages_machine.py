"""Runs on pages, whatever is started, ends, is left and looked at: none is lost, none is in two places."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from deepnote_async.runs.watching.pages import leave_pages
from tests.support.run_list import Look, Reader, RunList, settle

pytestmark = pytest.mark.long

SIZE = 4  # small pages, so that few runs need many of them
picks = st.integers(0, 10_000)


class Pages(RuleBasedStateMachine):
    """One notebook; looks may be under way while anything else happens, and are answered in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.reader = Reader(RunList())
        self.under_way: list[Look] = []

    @initialize(
        order=st.sampled_from(["newest", "newest", "oldest", "shuffled"]),
        tokens=st.sampled_from(["keyset", "keyset", "offset", "repeated"]),
        lag=st.sampled_from([0.0, 0.0, 1.0, 5.0]),
        before=st.integers(0, 12),
    )
    def begin(self, order: str, tokens: str, lag: float, before: int) -> None:
        self.reader = Reader(RunList(SIZE, order, tokens, lag))
        self.start(before, waited_for=False, is_aged=False)

    @rule(number=st.integers(1, 10), waited_for=st.booleans(), is_aged=st.booleans())
    def start(self, number: int, *, waited_for: bool, is_aged: bool) -> None:
        for _ in range(number):
            run_id = f"run {len(self.reader.list.runs)}"
            self.reader.list.runs[run_id] = self.reader.now
            if waited_for:
                self.reader.wait_for(run_id, is_aged=is_aged)

    @rule(pick=picks)
    def wait_for_an_older_one(self, pick: int) -> None:
        rest = [run_id for run_id in self.reader.list.runs if run_id not in self.reader.tracked]
        if rest:
            self.reader.wait_for(rest[pick % len(rest)], is_aged=False)

    @precondition(lambda self: self.reader.tracked)
    @rule(pick=picks)
    def leave(self, pick: int) -> None:
        runs = list(self.reader.tracked.values())
        self.reader.leave(runs[pick % len(runs)])

    @rule(seconds=st.floats(0.1, 3))
    def pass_time(self, seconds: float) -> None:
        self.reader.now += seconds

    @precondition(lambda self: any(not group.is_busy for group in self.reader.groups()))
    @rule(pick=picks)
    def look(self, pick: int) -> None:
        idle = [group for group in self.reader.groups() if not group.is_busy]
        group = idle[pick % len(idle)]
        if (run := self.reader.run_alone(group)) is None:
            self.under_way.append(self.reader.send(group))
        else:
            self.reader.look_alone(run)

    @precondition(lambda self: self.under_way)
    @rule(pick=picks)
    def answer(self, pick: int) -> None:
        before = {run: run.group for run in self.reader.tracked.values()}
        changed = self.reader.read(self.under_way.pop(pick % len(self.under_way)))
        moved = {run.group for run, group in before.items() if run.group is not group}
        assert moved <= changed, "runs came to a group that is not planned anew"

    @precondition(lambda self: self.under_way)
    @rule(pick=picks, seconds=st.sampled_from([0.0, 2.0, 1e9]))
    def fail(self, pick: int, seconds: float) -> None:
        look = self.under_way.pop(pick % len(self.under_way))
        look.group.is_busy = False
        self.reader.notebook.distrust(self.reader.now + seconds)
        alone = leave_pages(look.group)
        self.reader.known |= alone
        assert not look.group.runs
        assert all(len(group.runs) == 1 and not group.is_page for group in alone)

    @rule()
    def see_all(self) -> None:
        while self.under_way:
            self.answer(0)
        pages = len(self.reader.list.runs) // SIZE + 1
        settle(self.reader, most=pages + 3, each=self.every_run_is_in_one_place)

    @invariant()
    def every_run_is_in_one_place(self) -> None:
        tracked = self.reader.tracked.values()
        homes = [run for group in self.reader.known for run in group.runs]
        assert len(homes) == len(tracked) == self.reader.notebook.tracked
        assert set(homes) == set(tracked)
        assert all(run in run.group.runs and run.group in self.reader.known for run in tracked)
        assert self.reader.notebook.joined >= self.reader.notebook.tracked

    def teardown(self) -> None:
        self.see_all()


TestPages = Pages.TestCase
TestPages.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
