"""Which page shows which run: single steps, and how many pages many runs come to need."""

from __future__ import annotations

import pytest

from deepnote_async.runs.watching.durations import Durations
from deepnote_async.runs.watching.pages import (
    LAG_SECONDS,
    expected_on,
    leave_pages,
    may_return,
    move_to_top,
    place,
    remove,
    sort_in,
)
from deepnote_async.runs.watching.tracked import (
    MOST_TRUST,
    SHARING_HALF_LIFE,
    Group,
    Held,
    TrackedRun,
    Wait,
    WatchedNotebook,
)
from deepnote_async.transport import Deadline
from tests.support.run_list import NEVER, Reader, RunList, settle


def notebook(*, lists: bool = True) -> WatchedNotebook:
    return WatchedNotebook("nb", Durations(), lists=lists)


def a_run(run_id: str, began: float | None = 0.0, deadline: Deadline = NEVER) -> TrackedRun:
    run = TrackedRun(Held(run_id, "nb", began, None, None, lambda *_: None), now=0.0)
    run.waits.append(Wait(deadline, lambda *_: None, to_the_end=True, shown=None))
    return run


def runs_on(book: WatchedNotebook, number: int, group: Group | None = None) -> list[TrackedRun]:
    """Place some runs, on a page that has shown them if one is given."""
    runs = [a_run(f"run {one}") for one in range(number)]
    for run in runs:
        place(run, book, 0.0)
        if group is not None:
            book.top.runs.pop(run)
            group.runs[run] = None
            run.group, run.is_placed = group, True
    return runs


# Coming and going.


def test_a_new_run_is_looked_for_on_the_newest_page() -> None:
    book = notebook()
    run = a_run("a")
    assert place(run, book, 0.0) is book.top is run.group
    assert list(book.top.runs) == [run]
    assert (book.tracked, book.joined, book.sharing(0.0)) == (1, 1, 1)


@pytest.mark.parametrize("reason", ["no list", "distrusted", "not shown before"])
def test_where_pages_tell_nothing_a_run_is_alone(reason: str) -> None:
    book, run = notebook(lists=reason != "no list"), a_run("a")
    run.is_unlisted = reason == "not shown before"
    if reason == "distrusted":
        book.distrust(60.0)
    group = place(run, book, 59.0)
    assert not group.is_page
    assert group.runs == {run: None}
    assert not book.top.runs


def test_how_many_may_share_a_look_is_forgotten_by_and_by() -> None:
    book = notebook()
    first, second, third = runs_on(book, 3)
    remove(first)
    remove(second)
    assert (book.tracked, book.joined, book.sharing(0.0), list(book.top.runs)) == (1, 3, 3, [third])
    assert book.sharing(SHARING_HALF_LIFE / 2) == pytest.approx(3 / 2**0.5)
    assert book.sharing(10 * SHARING_HALF_LIFE) == 1
    remove(third)
    assert (book.tracked, list(book.top.runs)) == (0, [])


def test_pages_that_tell_of_one_run_only_are_left_alone_for_a_while() -> None:
    book = notebook()
    for _ in range(2 * MOST_TRUST):
        book.judge(100, now=0.0)
    for _ in range(MOST_TRUST - 1):
        book.judge(1, now=0.0)
    assert book.lists(0.0)
    book.judge(0, now=0.0)
    assert [book.lists(now) for now in (0.0, 59.9, 60.0)] == [False, False, True]
    book.judge(1, now=60.0)  # once more will do
    assert not book.lists(60.0)


# What a page has to show.


@pytest.mark.parametrize(
    ("began", "is_placed", "is_expected"),
    [(10.0, False, False), (10.0 - LAG_SECONDS - 0.1, False, True), (10.0, True, True), (None, False, True)],
)
def test_the_newest_page_may_lag(began: float | None, is_placed: bool, is_expected: bool) -> None:  # noqa: FBT001
    book, run = notebook(), a_run("a", began)
    place(run, book, 10.0)
    run.is_placed = is_placed
    assert expected_on(book.top, 10.0) == [run] * is_expected


def test_other_pages_have_to_show_all() -> None:
    book = notebook()
    page = Group(book, cursor="c")
    assert expected_on(page, 0.0) == []
    assert expected_on(page, 0.0) == list(page.runs)
    runs = runs_on(book, 3, page)
    assert expected_on(page, 0.0) == runs


# What a page showed.


def test_what_a_page_shows_stays_there() -> None:
    book = notebook()
    runs = runs_on(book, 3)
    assert sort_in(book.top, runs, runs, "c") == {book.top}
    assert list(book.top.runs) == runs
    assert all(run.is_placed for run in runs)


def test_what_was_pushed_off_is_looked_for_on_the_page_after_it() -> None:
    book = notebook()
    runs = runs_on(book, 5)
    changed = sort_in(book.top, runs, runs[2:], "c")
    (below,) = changed - {book.top}
    assert (list(below.runs), below.cursor, below.is_top) == (runs[:2], "c", False)
    assert not any(run.is_placed for run in below.runs)
    assert list(book.top.runs) == runs[2:]


def test_what_the_last_page_does_not_show_is_looked_at_alone() -> None:
    book = notebook()
    runs = runs_on(book, 4)
    alone = sort_in(book.top, runs, runs[2:], None) - {book.top}
    assert sorted(run.run_id for group in alone for run in group.runs) == ["run 0", "run 1"]
    assert all(not group.is_page and len(group.runs) == 1 for group in alone)
    assert all(run.is_unlisted for run in runs[:2])


@pytest.mark.parametrize(("number", "goes_on"), [(1, False), (2, True)])
def test_a_page_of_strangers_is_passed_for_several_runs_only(number: int, goes_on: bool) -> None:  # noqa: FBT001
    book = notebook()
    runs = runs_on(book, number)
    changed = sort_in(book.top, runs, [], "c") - {book.top}
    assert {group.cursor for group in changed} == {"c" if goes_on else None}
    if goes_on:
        (below,) = changed
        changed = sort_in(below, runs, [], "d") - {below}
        assert {(group.cursor, len(group.runs)) for group in changed} == {(None, 1)}
        assert len(changed) == number


@pytest.mark.parametrize(("shown", "goes_on"), [(1, False), (2, True)])
def test_a_walk_ends_at_a_page_that_tells_of_one_run_only(shown: int, goes_on: bool) -> None:  # noqa: FBT001
    book = notebook()
    runs = runs_on(book, 6)
    (below,) = sort_in(book.top, runs, runs[4:], "c") - {book.top}
    assert below.passed == set(runs[4:])
    changed = sort_in(below, runs[:4], [*runs[:shown], *runs[4:]], "d") - {below, book.top}
    assert {group.cursor for group in changed} == {"d" if goes_on else None}
    assert all(group.passed == {*runs[:shown], *runs[4:]} for group in changed if goes_on)
    assert below.passed == set()  # it has been read


def test_a_page_takes_in_what_was_alone() -> None:
    for cursor in (None, "c"):
        book = notebook()
        page = Group(book, cursor=cursor, is_top=cursor is None)
        runs = runs_on(book, 3)
        lone = leave_pages(book.top)
        assert sort_in(page, [], runs, None) == {page, *lone}
        assert list(page.runs) == runs
        assert not any(run.is_unlisted for run in runs)


def test_what_a_page_showed_before_and_does_not_any_more_is_looked_at_alone() -> None:
    book = notebook()
    page = Group(book, cursor="c")
    runs = runs_on(book, 4, page)
    alone = sort_in(page, runs, runs[1:], "d") - {page}
    assert [(group.is_page, list(group.runs)) for group in alone] == [(False, runs[:1])]


@pytest.mark.parametrize(("covered", "is_busy", "merges"), [(3, False, True), (2, False, False), (3, True, False)])
def test_a_page_answers_for_another_that_it_covers(covered: int, is_busy: bool, merges: bool) -> None:  # noqa: FBT001
    book = notebook()
    page, other = Group(book, cursor="c"), Group(book, cursor="d")
    here, there = runs_on(book, 2, page), runs_on(book, 3, other)
    other.is_busy = is_busy
    changed = sort_in(page, here, [*here, *there[:covered]], "e")
    assert changed == ({page, other} if merges else {page})
    assert list(page.runs) == ([*here, *there] if merges else here)
    assert list(other.runs) == ([] if merges else there)


def test_the_newest_page_leaves_the_others_theirs() -> None:
    book = notebook()
    page = Group(book, cursor="c")
    runs = runs_on(book, 3, page)
    assert sort_in(book.top, [], runs, "c") == {book.top}
    assert list(page.runs) == runs


def test_runs_that_nobody_waits_for_any_more_are_not_looked_for() -> None:
    book = notebook()
    runs = runs_on(book, 4)
    expected = expected_on(book.top, 10.0)
    for run in runs[:2]:  # they end while the look is under way
        run.waits.clear()
        remove(run)
    assert sort_in(book.top, expected, [], "c") - {book.top} == {runs[2].group} == {runs[3].group}
    assert list(runs[2].group.runs) == runs[2:]


def test_runs_that_went_elsewhere_meanwhile_stay_there() -> None:
    book = notebook()
    runs = runs_on(book, 3)
    expected = expected_on(book.top, 10.0)
    page = Group(book, cursor="c")
    sort_in(page, [], runs[:1], None)
    assert sort_in(book.top, expected, runs[1:], "c") == {book.top}
    assert list(page.runs) == runs[:1]


def test_leaving_pages_leaves_every_run_alone() -> None:
    book = notebook()
    runs = runs_on(book, 3)
    groups = leave_pages(book.top)
    assert {tuple(group.runs) for group in groups} == {(run,) for run in runs}
    assert not any(group.is_page for group in groups)
    assert not book.top.runs
    assert book.tracked == 3


@pytest.mark.parametrize(("reason", "returns"), [("pages failed", True), ("distrusted", False), ("not shown", False)])
def test_runs_return_to_the_pages_that_were_left_for_their_own_sake(reason: str, returns: bool) -> None:  # noqa: FBT001
    book = notebook()
    runs = runs_on(book, 3)
    if reason == "not shown":
        sort_in(book.top, runs, [], None)
    else:
        leave_pages(book.top)
        book.distrust(60.0)
    now = 59.0 if reason == "distrusted" else 60.0
    assert [may_return(run, now) for run in runs] == [returns] * 3
    if returns:
        assert [move_to_top(run) for run in runs] == [{book.top}] * 3
        assert list(book.top.runs) == runs
        assert not any(may_return(run, now) for run in runs)


# Many runs.


def fan_out(runs: RunList, number: int, at_once: int) -> Reader:
    """Start runs, some at once, and look at everything in between."""
    reader = Reader(runs)
    for first in range(0, number, at_once):
        for one in range(first, min(first + at_once, number)):
            runs.runs[f"{one:05d}"] = reader.now
            reader.wait_for(f"{one:05d}")
        reader.now += LAG_SECONDS + 0.5
        reader.look_at_all()
    settle(reader, most=number // 100 + 3)
    return reader


@pytest.mark.parametrize(("number", "at_once"), [(400, 1), (700, 7), (900, 30), (1000, 100), (1000, 250), (2000, 2000)])
def test_many_runs_come_to_lie_on_as_few_pages_as_hold_them(number: int, at_once: int) -> None:
    reader = fan_out(RunList(), number, at_once)
    assert all(group.is_page for group in reader.groups())
    assert number / 100 <= len(reader.groups()) <= number / 100 * 1.2 + 1


@pytest.mark.parametrize("tokens", ["keyset", "offset"])
def test_an_oldest_first_list_costs_no_more_pages(tokens: str) -> None:
    reader = fan_out(RunList(order="oldest", tokens=tokens), 1000, 50)
    assert len(reader.groups()) == 10


@pytest.mark.parametrize("number", [102, 150, 400])
def test_a_service_that_repeats_its_first_page_is_not_asked_for_ever(number: int) -> None:
    reader = fan_out(RunList(tokens="repeated"), number, number)
    assert reader.pages <= 6
    assert sum(group.is_page for group in reader.groups()) == 1
    assert len(reader.groups()) == 1 + number - 100
