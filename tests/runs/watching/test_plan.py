"""Which look comes next: the order of groups, plans that no longer hold, and a run alone or its page."""

from __future__ import annotations

import math

import pytest

from deepnote_async.models import Run, RunStatus
from deepnote_async.runs.watching.durations import Durations
from deepnote_async.runs.watching.plan import ALONE, RECHECK, SOONEST_SECONDS, Plan
from deepnote_async.runs.watching.schedule import LONGEST_SECONDS
from deepnote_async.runs.watching.tracked import Group, Held, TrackedRun, WatchedNotebook

HOUR = 3600.0
NOW = 2 * HOUR
RUNNING = Run(run_id="any", status=RunStatus.RUNNING)
LOOK_IN = 1e-9  # a pop is asked for so much after the time that was planned


def book() -> WatchedNotebook:
    return WatchedNotebook("nb", Durations(), lists=True)


def put_run(group: Group, *, began: float | None = NOW - 60, seen: float | None = NOW) -> TrackedRun:
    """Put a run into a group that has shown it."""
    last = None if seen is None else RUNNING
    run = TrackedRun(Held(f"run {len(group.runs)}", "nb", began, seen, last, lambda *_: None), NOW)
    run.is_placed = True
    run.group = group
    group.runs[run] = None
    return run


def alone(*, began: float | None = NOW - 60, seen: float | None = None) -> Group:
    group = Group(book())
    put_run(group, began=began, seen=seen)
    return group


def pop(plan: Plan, now: float = NOW, *, throttled: bool = False) -> tuple[Group, TrackedRun | None] | None:
    return plan.pop(now, throttled=throttled)


def due(plan: Plan, *, throttled: bool = False) -> float:
    """Pass from plan to plan until there is a look; gives when that is."""
    while (now := plan.soonest + LOOK_IN) < math.inf:
        if pop(plan, now, throttled=throttled) is not None:
            return now
    return math.inf


# The order.


def test_nothing_is_planned_at_first() -> None:
    plan = Plan()
    assert plan.soonest == math.inf
    assert pop(plan, 1e9) is None


def test_groups_come_when_they_are_planned_for_in_that_order() -> None:
    plan = Plan()
    groups = [alone() for _ in range(3)]
    for group, at in zip(groups, (NOW + 2, NOW, NOW + 1), strict=True):
        plan.put(group, at)
    assert plan.soonest == NOW
    assert pop(plan, NOW - 0.001) is None
    taken = [pop(plan, NOW + second) for second in range(3)]
    assert [one and one[0] for one in taken] == [groups[1], groups[2], groups[0]]
    assert plan.soonest == math.inf


def test_groups_that_are_planned_for_the_same_time_keep_their_order() -> None:
    plan = Plan()
    groups = [alone() for _ in range(20)]
    for group in groups:
        plan.put(group, NOW)
    assert [one[0] for _ in groups if (one := pop(plan))] == groups


def test_only_the_last_plan_for_a_group_holds() -> None:
    plan = Plan()
    group = alone()
    for at in (NOW, NOW + 10, NOW + 5):
        plan.put(group, at)
    assert pop(plan, NOW + 4.9) is None
    assert pop(plan, NOW + 5) == (group, next(iter(group.runs)))
    assert pop(plan, NOW + 100) is None


def test_a_group_that_is_looked_at_is_not_planned() -> None:
    plan = Plan()
    before, within = alone(), alone()
    plan.put(before, NOW)
    before.is_busy = within.is_busy = True
    assert pop(plan) is None
    plan.put(within, NOW)
    assert plan.soonest == math.inf


def test_a_group_without_runs_is_not_planned() -> None:
    plan = Plan()
    left, empty = alone(), Group(book())
    plan.put(left, NOW)
    left.runs.clear()
    assert pop(plan) is None
    plan.put(empty, NOW)
    assert plan.soonest == math.inf


# When.


@pytest.mark.parametrize(("began", "seen"), [(None, None), (NOW - 60, None), (NOW - 60, NOW - LONGEST_SECONDS)])
def test_what_was_never_seen_or_not_for_long_is_looked_at_at_once(began: float | None, seen: float | None) -> None:
    plan = Plan()
    group = alone(began=began, seen=seen)
    plan.put(group, NOW)
    assert pop(plan) == (group, next(iter(group.runs)))


def test_what_was_just_seen_is_planned_for_later() -> None:
    plan = Plan()
    plan.put(alone(seen=NOW), NOW)
    assert pop(plan) is None
    assert NOW + 1 < due(plan) < NOW + 10


def test_a_plan_is_made_anew_as_runs_grow_older() -> None:
    plan = Plan()
    for age in (0.0, 1.0, 10.0, 100.0):
        group = alone(began=NOW - age, seen=NOW)
        plan.put(group, NOW)
        assert pop(plan) is None
        assert plan.soonest <= NOW + max(SOONEST_SECONDS, RECHECK * age) + LOOK_IN
        group.runs.clear()
        pop(plan, NOW + 100)


@pytest.mark.parametrize("seen", [None, NOW])
def test_what_the_service_asked_for_is_waited_for(seen: float | None) -> None:
    plan = Plan()
    group = alone(seen=seen)
    group.not_before = NOW + 45
    plan.put(group, NOW)
    assert pop(plan) is None
    assert plan.soonest == NOW + 45
    assert NOW + 45 <= due(plan) < NOW + 46


@pytest.mark.parametrize(("last_call", "seen", "is_heard"), [(1.0, -5.0, True), (1.0, 0.0, False)])
def test_a_run_is_looked_at_once_more_before_somebodys_time_is_up(
    last_call: float,
    seen: float,
    is_heard: bool,  # noqa: FBT001
) -> None:
    plan = Plan()
    group = Group(book(), is_top=True)
    for _ in range(3):
        put_run(group, began=NOW - HOUR, seen=NOW + seen)
    run = put_run(group, began=NOW - HOUR, seen=NOW + seen)
    run.last_call = NOW + last_call
    plan.put(group, NOW)
    assert pop(plan) is None
    if is_heard:
        assert plan.soonest == NOW + last_call
        assert pop(plan, plan.soonest) == (group, run)
    else:
        assert due(plan) > NOW + last_call


def test_last_calls_of_several_runs_are_one_look() -> None:
    plan = Plan()
    group = Group(book(), is_top=True)
    for late in (1.0, 1.1, 50.0):
        put_run(group, began=NOW - HOUR, seen=NOW - 5).last_call = NOW + late
    plan.put(group, NOW)
    assert pop(plan) is None
    assert pop(plan, plan.soonest) == (group, None)


def test_looks_are_rarer_while_requests_are_refused_and_where_they_are_dear() -> None:
    def seconds(*, price: float = 1.0, throttled: bool = False, waited_for: int = 1) -> float:
        plan = Plan()
        plan.price = price
        group = Group(book(), is_top=True)
        for _ in range(waited_for):
            group.notebook.add(NOW)
        put_run(group, began=NOW - 600)
        plan.put(group, NOW)
        return due(plan, throttled=throttled) - NOW

    usual = seconds()
    assert seconds(price=0.25) < usual * 0.8
    assert min(seconds(price=4), seconds(throttled=True), seconds(waited_for=100)) > usual * 1.2


def test_a_page_that_cannot_be_had_is_shared_by_nobody() -> None:
    def seconds(*, lists: bool) -> float:
        plan = Plan()
        group = Group(WatchedNotebook("nb", Durations(), lists=lists))
        for _ in range(100):
            group.notebook.add(NOW)
        put_run(group, began=NOW - 600)
        plan.put(group, NOW)
        return due(plan) - NOW

    assert seconds(lists=False) < seconds(lists=True) * 0.6


def test_the_same_plans_are_made_of_the_same() -> None:
    def looks() -> list[float]:
        plan = Plan()
        for _ in range(10):
            plan.put(alone(seen=NOW), NOW)
        return [due(plan) for _ in range(10)]

    first = looks()
    assert looks() == first
    assert len(set(first)) == 10  # yet no two come together


# A run alone, or its page.


def popped_run(group: Group) -> TrackedRun | None:
    plan = Plan()
    plan.put(group, NOW)
    taken = pop(plan)
    assert taken is not None
    assert taken[0] is group
    return taken[1]


@pytest.mark.parametrize("is_top", [True, False])
def test_a_page_with_one_run_left_is_not_asked_for(is_top: bool) -> None:  # noqa: FBT001
    group = Group(book(), is_top=is_top, cursor=None if is_top else "c")
    run = put_run(group, seen=NOW - 60)
    assert popped_run(group) is run


def test_a_page_answers_for_runs_that_are_worth_the_same() -> None:
    group = Group(book(), is_top=True)
    for _ in range(2):
        put_run(group, seen=NOW - 60)
    assert popped_run(group) is None


@pytest.mark.parametrize(("others", "stands_out"), [(1, True), (2, True), (20, False)])
def test_a_run_that_makes_up_most_of_the_worth_is_looked_at_alone(others: int, stands_out: bool) -> None:  # noqa: FBT001
    group = Group(book(), is_top=True)
    for _ in range(others):
        put_run(group, seen=NOW - 60 * math.sqrt((1 / ALONE - 1) / 3))
    run = put_run(group, seen=NOW - 60)
    assert popped_run(group) is (run if stands_out else None)


@pytest.mark.parametrize(("never_seen", "is_alone"), [(1, True), (2, False)])
def test_one_run_that_was_never_seen_is_looked_at_alone_and_several_on_their_page(
    never_seen: int,
    is_alone: bool,  # noqa: FBT001
) -> None:
    group = Group(book(), is_top=True)
    put_run(group, seen=NOW - 60)
    runs = [put_run(group, seen=None) for _ in range(never_seen)]
    assert popped_run(group) is (runs[0] if is_alone else None)


@pytest.mark.parametrize("number", [1, 2])
def test_runs_on_a_page_that_was_never_read_are_looked_for_there(number: int) -> None:
    group = Group(book(), cursor="c")
    for _ in range(number):
        put_run(group, seen=NOW - 60).is_placed = False
    assert popped_run(group) is None
