"""One run alone: how often it is looked at, how late its end is noticed, and what is gained by knowing its notebook."""

from __future__ import annotations

import math
from itertools import pairwise
from random import Random
from statistics import mean

import anyio
import httpx
import pytest

from deepnote_async.models import Run, RunStatus
from deepnote_async.runs.watching.durations import Durations
from deepnote_async.runs.watching.plan import Plan
from deepnote_async.runs.watching.schedule import JITTER, LONGEST_SECONDS
from deepnote_async.runs.watching.tracked import Group, Held, TrackedRun, WatchedNotebook
from tests.support.service import RUN_ID, client_of, run_json
from tests.support.virtual_time import run_virtually

RUNNING = Run(run_id=RUN_ID, status=RunStatus.RUNNING)
HOUR = 3600.0


def looks_at(length: float) -> list[float]:
    """Wait for a run of that length through a client; gives the times of the looks, the last of which saw the end."""

    async def main() -> list[float]:
        began, looks = anyio.current_time(), list[float]()

        def answer(_request: httpx.Request) -> httpx.Response:
            looks.append(anyio.current_time() - began)
            return httpx.Response(200, json=run_json("running" if looks[-1] < length else "success"))

        async with client_of(answer) as client:
            await client.runs.handle(RUN_ID, "nb").wait()
        return looks

    return run_virtually(main())


@pytest.mark.parametrize("length", [0.5, 1, 3, 10, 30, 100, 300, 1000, HOUR, 10 * HOUR])
def test_looks_are_few_and_the_end_is_noticed_soon(length: float) -> None:
    looks = looks_at(length)
    assert looks[0] == 0
    # With a chance of 0.6 / age and a price p, looks are sqrt(p * age / 0.3) apart: 3.4 * sqrt(length) of them.
    assert len(looks) <= 4 + 3.6 * math.sqrt(length) + length / LONGEST_SECONDS
    delay = looks[-1] - length
    assert 0 <= delay <= min(LONGEST_SECONDS * (1 + JITTER), 0.5 + math.sqrt(length))


def test_looks_grow_no_faster_than_the_square_root_of_the_length() -> None:
    numbers = {length: len(looks_at(length)) for length in (10, 40, 160, 640)}
    for length, fourfold in pairwise(numbers):
        assert numbers[fourfold] <= 2.2 * numbers[length]


def test_nothing_is_left_unseen_for_longer_than_half_a_minute() -> None:
    looks = looks_at(2 * HOUR)
    gaps = [after - before for before, after in pairwise(looks)]
    assert max(gaps) <= LONGEST_SECONDS * (1 + JITTER)
    assert mean(gaps[:10]) < mean(gaps[10:40]) < mean(gaps[-50:])


# Gathering where runs end.


def planned_looks(durations: Durations, length: float) -> list[float]:
    """Give the times at which a run is looked at until it has ended, and let it be learnt from as the watcher does."""
    plan, group = Plan(), Group(WatchedNotebook("nb", durations, lists=False))
    run = TrackedRun(Held(RUN_ID, "nb", 0.0, 0.0, RUNNING, lambda *_: None), now=0.0)
    run.group = group
    group.runs[run] = None
    plan.put(group, 0.0)
    looks: list[float] = []
    while not looks or looks[-1] < length:
        now = plan.soonest + 1e-9
        if plan.pop(now, throttled=False) is None:
            continue
        looks.append(now)
        durations.lived(run.lived, min(now, length))
        run.lived = run.seen = now
        plan.put(group, now)
    durations.ended(length)
    return looks


def lengths(number: int, seed: int) -> list[float]:
    chance = Random(seed)  # noqa: S311
    return [chance.gauss(600, 20) for _ in range(number)]


def known_notebook() -> Durations:
    durations = Durations(Durations())
    for length in lengths(40, seed=1):
        durations.lived(0.0, length)
        durations.ended(length)
    return durations


def density(looks: list[float], since: float, until: float) -> float:
    """Give the looks per second in a span of time."""
    return sum(since <= look < until for look in looks) / (until - since)


def test_looks_gather_where_runs_end() -> None:
    looks = [planned_looks(known_notebook(), 700.0) for _ in range(5)]
    before = mean(density(one, 100, 300) for one in looks)
    there = mean(density(one, 500, 700) for one in looks)
    assert there > 3 * before
    unknown = planned_looks(Durations(Durations()), 700.0)
    assert density(unknown, 500, 700) < density(unknown, 100, 300)


def test_what_is_known_saves_looks_and_time() -> None:
    def play(known: Durations | None) -> tuple[float, float]:
        told = [(planned_looks(known or Durations(Durations()), length), length) for length in lengths(40, seed=2)]
        return mean(len(looks) for looks, _ in told), mean(looks[-1] - length for looks, length in told)

    (few, soon), (many, late) = play(known_notebook()), play(None)
    assert few < 0.75 * many
    assert soon < 0.75 * late


def test_a_run_that_ends_much_sooner_than_all_before_is_noticed_within_bounds() -> None:
    for length in (30.0, 120.0, 300.0):
        assert planned_looks(known_notebook(), length)[-1] - length <= LONGEST_SECONDS * (1 + JITTER)
