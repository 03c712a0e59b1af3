"""When to look: what holds for every answer of the schedule, whatever the runs are."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepnote_async.runs.watching.schedule import (
    JITTER,
    LONE_PRICE,
    LONGEST_SECONDS,
    MAX_SHARING,
    THROTTLED,
    next_look,
    price_of_look,
)

States = list[tuple[float, float]]

NEVER = (math.inf, 0.01)
LATEST = LONGEST_SECONDS * (1 + JITTER)
UNSPREAD = -1  # the seed that lengthens nothing
PARTS = 500  # of the time to a look, to add up what goes unnoticed in it

chances = st.floats(1e-9, 10)
seen_states = st.lists(st.tuples(st.floats(0, 1e5), chances), min_size=1, max_size=30)
fresh_states = st.lists(st.tuples(st.floats(0, 25), chances), min_size=1, max_size=30)
states = st.lists(st.tuples(st.floats(0, 1e5) | st.just(math.inf), st.just(0.0) | chances), max_size=30)
prices = st.floats(0.01, 100)
seeds = st.integers(0, 2**70)


def not_later(earlier: float, later: float) -> bool:
    return earlier <= later * (1 + 1e-6) + 1e-6


def unnoticed(runs: States, seconds: float) -> float:
    """Add up, moment by moment, the seconds for which runs will have been over by then without anybody's notice."""
    total = 0.0
    for unseen, chance in runs:
        step = (unseen + seconds) / PARTS
        # Whoever ended in a part of the time has waited since, which is from its middle to the look.
        total += sum(chance * step * (part + 0.5) * step for part in range(PARTS))
    return total


@given(states, prices, seeds)
def test_the_answer_depends_on_nothing_else(runs: States, price: float, seed: int) -> None:
    answer = next_look(iter(runs), price, seed=seed)
    assert next_look(runs, price, seed=seed) == answer
    assert next_look(tuple(runs), price, hint=0.0, seed=seed) == answer


@given(seen_states, prices, st.randoms(use_true_random=False))
def test_the_order_of_the_runs_does_not_matter(runs: States, price: float, chance: Random) -> None:
    shuffled = list(runs)
    chance.shuffle(shuffled)
    assert next_look(shuffled, price) == pytest.approx(next_look(runs, price), rel=1e-6, abs=1e-6)


@given(states, prices, seeds)
def test_a_look_is_never_in_the_past_and_never_far_off(runs: States, price: float, seed: int) -> None:
    assert 0 <= next_look(runs, price, seed=seed) <= LATEST


@given(fresh_states, prices, seeds)
def test_no_run_is_unseen_for_longer(runs: States, price: float, seed: int) -> None:
    oldest = max(unseen for unseen, _chance in runs)
    assert oldest + next_look(runs, price, seed=seed) <= LATEST


@given(states, prices, st.floats(0, 1e6), seeds)
def test_a_hint_is_never_shortened_and_changes_nothing_else(runs: States, price: float, hint: float, seed: int) -> None:
    assert next_look(runs, price, hint=hint, seed=seed) == max(hint, next_look(runs, price, seed=seed))


@given(states, prices, seeds, st.integers(0, 100))
def test_a_run_that_was_never_seen_is_looked_at_at_once(runs: States, price: float, seed: int, place: int) -> None:
    assert next_look([*runs[:place], NEVER, *runs[place:]], price, seed=seed) == 0


@pytest.mark.parametrize("unseen", [LONGEST_SECONDS, 1e9, math.inf])
def test_a_run_that_hardly_ends_is_looked_at_all_the_same(unseen: float) -> None:
    assert next_look([(unseen, 0.0)], price_of_look(1)) == 0
    assert next_look([(0.0, 0.0)], price_of_look(1), seed=UNSPREAD) == LONGEST_SECONDS


def test_nothing_to_look_at_is_nothing_to_hurry_for() -> None:
    assert LONGEST_SECONDS <= next_look([], price_of_look(1)) <= LATEST


@given(seen_states, prices, prices, seeds)
def test_a_dearer_look_never_comes_earlier(runs: States, price: float, other: float, seed: int) -> None:
    cheap, dear = sorted((price, other))
    assert not_later(next_look(runs, cheap, seed=seed), next_look(runs, dear, seed=seed))


@given(seen_states, prices, st.floats(1, 100), seeds)
def test_more_likely_ends_never_bring_a_later_look(runs: States, price: float, factor: float, seed: int) -> None:
    likelier = [(unseen, chance * factor) for unseen, chance in runs]
    assert not_later(next_look(likelier, price, seed=seed), next_look(runs, price, seed=seed))


@given(seen_states, seen_states, prices, seeds)
def test_more_runs_at_the_same_price_never_bring_a_later_look(
    runs: States, more: States, price: float, seed: int
) -> None:
    assert not_later(next_look([*runs, *more], price, seed=seed), next_look(runs, price, seed=seed))


@given(fresh_states, prices, st.floats(0, 5))
def test_time_that_passes_brings_the_look_nearer_by_as_much(runs: States, price: float, passed: float) -> None:
    later = [(unseen + passed, chance) for unseen, chance in runs]
    due = next_look(runs, price, seed=UNSPREAD)
    assert next_look(later, price, seed=UNSPREAD) == pytest.approx(max(due - passed, 0.0), rel=1e-6, abs=1e-6)


@given(seen_states, prices, st.lists(seeds, min_size=2, max_size=20))
def test_jitter_only_lengthens_and_by_a_tenth_at_most(runs: States, price: float, many: list[int]) -> None:
    looks = [next_look(runs, price, seed=seed) for seed in many]
    assert max(looks) <= min(looks) * (1 + JITTER) + 1e-9


def test_jitter_spreads_looks_evenly() -> None:
    looks = [next_look([(0.0, 0.0)], 1.0, seed=seed) / LONGEST_SECONDS - 1 for seed in range(1000)]
    tenths = [sum(part <= look / JITTER * 10 < part + 1 for look in looks) for part in range(10)]
    assert sum(tenths) == 1000
    assert all(60 <= tenth <= 140 for tenth in tenths)


@given(st.integers(-5, 1000), st.integers(-5, 1000))
def test_a_look_that_more_share_costs_more_but_less_for_each(few: int, many: int) -> None:
    few, many = sorted((few, many))
    assert LONE_PRICE <= price_of_look(few) <= price_of_look(many) <= price_of_look(MAX_SHARING)
    assert price_of_look(many) / max(many, 1) <= price_of_look(few) / max(few, 1)
    assert price_of_look(many, throttled=True) == THROTTLED * price_of_look(many) > price_of_look(many)


@given(
    st.lists(st.tuples(st.floats(0, 20), st.floats(1e-4, 1)), min_size=1, max_size=10),
    st.integers(1, 100),
    st.booleans(),
)
def test_at_the_look_what_goes_unnoticed_is_worth_it(
    runs: States,
    sharing: int,
    throttled: bool,  # noqa: FBT001
) -> None:
    price = price_of_look(sharing, throttled=throttled)
    oldest = max(unseen for unseen, _chance in runs)
    seconds = next_look(runs, price, seed=UNSPREAD)
    if seconds == 0:
        assert unnoticed(runs, 0.0) >= price * (1 - 1e-6)
    elif seconds < LONGEST_SECONDS - oldest:
        assert unnoticed(runs, seconds) == pytest.approx(price, rel=1e-3)
    else:
        assert unnoticed(runs, seconds) <= price * (1 + 1e-3)
