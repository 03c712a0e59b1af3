"""What is learnt of how long runs take: that it is counted right, comes to the truth, and does no harm before."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from deepnote_async.runs.watching import durations as module
from deepnote_async.runs.watching.durations import (
    MAX_COUNTED,
    MAX_ENDS,
    PRIOR_SHARE,
    YOUNGEST_SECONDS,
    Durations,
    bin_of,
)
from deepnote_async.runs.watching.schedule import LONGEST_SECONDS, next_look, price_of_look

AGES = [0.0, 0.05, 0.2, 1.0, 5.0, 30.0, 60.0, 300.0, 3600.0, 1e5]
ages = st.floats(0, 1e7)


def learnt(took: Iterable[float], general: Durations | None = None) -> Durations:
    """Give what is known after runs took that long."""
    durations = Durations(general)
    for seconds in took:
        durations.lived(0.0, seconds)
        durations.ended(seconds)
    return durations


def drawn(law: Callable[[Random], float], runs: int = 1500) -> list[float]:
    chance = Random(7)  # noqa: S311
    return [law(chance) for _ in range(runs)]


def chance_at(durations: Durations, age: float) -> float:
    """Give the chance of a run whose state never changed."""
    return durations.chance(age, age)


# Bins.


@given(st.floats(allow_nan=False, allow_infinity=False))
@example(YOUNGEST_SECONDS)
def test_every_age_has_a_bin_that_holds_it(age: float) -> None:
    index = bin_of(age)
    assert 0 <= index < len(module._UPPER)
    assert age <= module._UPPER[index] * (1 + 1e-9)
    assert index == 0 or age >= module._UPPER[index - 1] * (1 - 1e-9)


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_older_runs_are_in_later_bins(age: float, other: float) -> None:
    younger, older = sorted((age, other))
    assert bin_of(younger) <= bin_of(older)
    assert bin_of(older * 2) <= bin_of(older) + module.BINS_PER_DOUBLING


@pytest.mark.parametrize("age", [-1e9, -1.0, 0.0, 5e-324, YOUNGEST_SECONDS, 1e9, 1e18])
def test_no_age_is_beyond_what_is_known(age: float) -> None:
    durations = Durations(Durations())
    durations.ended(age)
    assert 0 <= durations.chance(age, age) < math.inf


# Counting.


@given(st.lists(ages, min_size=1, max_size=30))
def test_a_life_is_counted_once_however_it_is_cut(moments: list[float]) -> None:
    moments = sorted(moments)
    whole, cut = Durations(), Durations()
    whole.lived(0.0, moments[-1])
    for since, until in itertools.pairwise([0.0, *moments]):
        cut.lived(since, until)
    assert sum(cut._lived) == pytest.approx(moments[-1], rel=1e-9, abs=1e-9)
    assert cut._lived == pytest.approx(whole._lived, rel=1e-6, abs=1e-6)
    assert min(cut._lived) >= 0


@given(ages, ages)
def test_a_life_is_counted_in_the_bins_of_its_ages(since: float, until: float) -> None:
    durations = Durations()
    durations.lived(since, until)
    assert sum(durations._lived) == pytest.approx(max(until - since, 0.0), rel=1e-9, abs=1e-9)
    counted = [index for index, seconds in enumerate(durations._lived) if seconds]
    assert not counted or (bin_of(since) <= counted[0] and counted[-1] <= bin_of(until))


def test_what_a_notebook_tells_is_known_of_all() -> None:
    general = Durations()
    one, other = Durations(general), Durations(general)
    for durations in (one, other):
        durations.lived(0.0, 60.0)
        durations.ended(60.0)
    assert general._total == 2
    assert sum(general._lived) == pytest.approx(120)
    assert one._total == other._total == 1


def test_when_much_was_counted_the_newer_runs_tell_more_in_the_same_proportions() -> None:
    durations = learnt([30.0, 60.0] * int(MAX_ENDS / 2))
    ends, lived, chance = list(durations._ends), durations._lived, chance_at(durations, 60.0)
    durations.ended(60.0)
    ends[bin_of(60.0)] += 1
    assert durations._ends == [count / 2 for count in ends]
    assert durations._lived == [seconds / 2 for seconds in lived]
    assert chance_at(durations, 60.0) == pytest.approx(chance, rel=0.02)
    for _ in range(3 * int(MAX_ENDS)):
        durations.ended(60.0)
    assert sum(durations._ends) == pytest.approx(durations._total)
    assert durations._total <= MAX_ENDS


def test_a_notebook_that_has_changed_is_learnt_anew() -> None:
    durations = learnt([60.0] * int(MAX_ENDS) + [600.0] * int(MAX_ENDS))
    assert chance_at(durations, 600.0) > 10 * chance_at(durations, 300.0)
    assert chance_at(durations, 60.0) < chance_at(learnt([60.0] * int(MAX_ENDS)), 60.0) / 2


def test_the_end_of_a_run_counts_once() -> None:
    durations = Durations(Durations())
    assert [durations.counts(run) for run in ("a", "b", "a", "b", "c")] == [True, True, False, False, True]


def test_the_ends_that_were_counted_are_not_remembered_for_ever() -> None:
    durations = Durations()
    assert all(durations.counts(str(number)) for number in range(3 * MAX_COUNTED))
    assert len(durations._counted) == MAX_COUNTED
    assert not any(durations.counts(str(number)) for number in range(2 * MAX_COUNTED, 3 * MAX_COUNTED))


def test_as_many_ends_are_remembered_as_pages_may_show_again() -> None:
    durations = Durations()
    many = [str(number) for number in range(3 * MAX_COUNTED)]
    assert all(durations.counts(run, len(many)) for run in many)
    assert not any(durations.counts(run, len(many)) for run in many)
    assert durations.counts("one more", keep=0)
    assert len(durations._counted) == MAX_COUNTED


def test_an_end_that_is_shown_again_and_again_is_remembered() -> None:
    durations = Durations()
    assert durations.counts("shown")
    for number in range(3 * MAX_COUNTED):
        durations.counts(str(number))
        assert not durations.counts("shown")


# What it comes to.


@pytest.mark.parametrize("age", AGES)
def test_of_what_nothing_is_known_the_end_is_as_far_off_as_the_beginning(age: float) -> None:
    for durations in (Durations(), Durations(Durations())):
        assert chance_at(durations, age) == pytest.approx(PRIOR_SHARE / max(age, YOUNGEST_SECONDS))


@pytest.mark.parametrize("age", [1.0, 5.0, 20.0, 60.0, 120.0])
def test_a_steady_chance_is_learnt(age: float) -> None:
    durations = learnt(drawn(lambda chance: chance.expovariate(1 / 60)))
    assert chance_at(durations, age) == pytest.approx(1 / 60, rel=0.25)


@pytest.mark.parametrize("age", [10.0, 20.0, 40.0, 80.0, 150.0])
def test_a_growing_chance_is_learnt(age: float) -> None:
    # Of this law the chance is 2 * age / 100 ** 2. A bin and its neighbours span a doubling, so it is told coarsely.
    durations = learnt(drawn(lambda chance: chance.weibullvariate(100, 2)))
    assert chance_at(durations, age) == pytest.approx(2 * age / 100**2, rel=0.4)


def test_runs_that_always_take_a_minute_are_expected_then_and_not_before() -> None:
    durations = learnt([60.0] * 30)
    assert chance_at(durations, 60.0) > 0.05
    assert max(chance_at(durations, age) for age in (15.0, 20.0, 30.0)) < 0.01
    assert next_look([(0.0, chance_at(durations, 60.0))], price_of_look(1)) < 2.5
    assert next_look([(0.0, chance_at(durations, 20.0))], price_of_look(1)) > 5


def test_little_tells_little_and_much_tells_much() -> None:
    told = [chance_at(learnt([60.0] * runs), 60.0) for runs in (0, 1, 3, 10, 100)]
    assert told == sorted(told)
    assert told[1] < 3 * told[0]
    assert told[-1] > 5 * told[0]


def test_a_run_that_outlives_all_others_is_looked_at_ever_more_rarely_but_for_ever() -> None:
    durations = learnt([60.0] * 1000)
    told = [chance_at(durations, 60.0 * 2**doubling) for doubling in range(1, 15)]
    assert told == sorted(told, reverse=True)
    assert told[-1] == pytest.approx(PRIOR_SHARE / (60.0 * 2**14))


def test_a_change_makes_a_run_young_again_of_which_nothing_is_known() -> None:
    for durations in (Durations(), Durations(Durations())):
        assert durations.chance(1000.0, 1.0) == pytest.approx(PRIOR_SHARE)
        assert durations.chance(1000.0, 5000.0) == durations.chance(1000.0, 1000.0)


def test_where_the_notebook_is_known_a_change_tells_less() -> None:
    durations = learnt([600.0] * 1000)
    assert durations.chance(300.0, 1.0) < 2 * durations.chance(300.0, 300.0)


# What others tell.


@pytest.mark.parametrize("age", AGES)
@pytest.mark.parametrize("took", [0.5, 10.0, 60.0, 600.0, 3600.0])
def test_a_notebook_of_another_kind_is_not_waited_for_in_vain(took: float, age: float) -> None:
    general = learnt([took] * int(MAX_ENDS))
    prior = PRIOR_SHARE / max(age, YOUNGEST_SECONDS)
    chance = chance_at(Durations(general), age)
    assert prior / 300 <= chance <= prior * 30
    assert next_look([(0.0, chance)], price_of_look(1)) <= LONGEST_SECONDS * 1.1


def test_a_new_notebook_is_taken_for_one_like_the_others_until_it_tells_of_itself() -> None:
    general = learnt([60.0] * 500)
    new = Durations(general)
    assert chance_at(new, 60.0) > 2 * chance_at(Durations(), 60.0)
    assert chance_at(new, 20.0) < chance_at(Durations(), 20.0) / 10
    known = learnt([20.0] * 30, general)
    assert chance_at(known, 20.0) > 0.05


# Clocks that are wrong.


@pytest.mark.parametrize("took", [-1e9, -3.0, -0.0, 0.0, 1e9, 1e300])
def test_absurd_durations_do_no_harm(took: float) -> None:
    durations = Durations(Durations())
    for _ in range(100):
        durations.lived(20.0, took)
        durations.ended(took)
    assert min(durations._lived) >= 0
    for age in AGES[3:]:
        prior = PRIOR_SHARE / age
        assert prior / 1000 <= chance_at(durations, age) <= prior * 1.01
    for _ in range(100):
        durations.lived(0.0, 60.0)
        durations.ended(60.0)
    assert chance_at(durations, 60.0) > 0.01
