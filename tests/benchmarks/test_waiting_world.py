"""The simulated service keeps to its assumptions: nothing is lost, told twice or told before it is true."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.virtual_time import run_virtually
from benchmarks.waiting.bucket import TokenBucket
from benchmarks.waiting.jobs import Job, play
from benchmarks.waiting.memory import trace
from benchmarks.waiting.rules import (
    EXPONENTIAL,
    FIXED,
    LISTS,
    LISTS_PROPORTIONAL,
    OURS,
    OURS_APART,
    OURS_LOOKING,
    PROPORTIONAL,
    TEXTS,
    VENDOR,
    Rule,
)
from benchmarks.waiting.runs import NotebookRuns, lognormal
from benchmarks.waiting.scenario import Scenario, simulate
from benchmarks.waiting.ways import GaveUpError, RunToEnd, our_client
from benchmarks.waiting.world import Rules, World, WorldBackend

RULES = (
    Rule(OURS), Rule(OURS_APART), Rule(OURS_LOOKING), Rule(VENDOR), Rule(FIXED, 5), Rule(EXPONENTIAL, 10),
    Rule(PROPORTIONAL, 0.1), Rule(LISTS, 1), Rule(LISTS_PROPORTIONAL, 0.1),
)  # fmt: skip
FEW = Scenario(notebooks=3, runs=12, median=20)


def in_world(main: Callable[[World], Awaitable[None]], rules: Rules | None = None) -> None:
    async def begun() -> None:
        await main(World(1, rules or Rules()))

    run_virtually(begun())


def test_every_rule_is_tried_here() -> None:
    assert {rule.kind for rule in RULES} == set(TEXTS)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_end_is_told_once_and_never_before_it_is_true(rule: Rule) -> None:
    seen = simulate(rule.make(), evolve(FEW, names_notebook=rule.kind != OURS_LOOKING), seed=1)
    assert len(seen.delays) == seen.counts.starts == FEW.runs
    assert seen.given_up == 0
    assert seen.delays[0] >= 0.025  # half the way back of the quickest look
    assert seen.counts.waiting == sum(seen.counts.per_second.values()) >= FEW.notebooks
    assert (seen.counts.in_flight, seen.counts.refused) == (0, 0)
    assert (seen.counts.pages > 0) == (rule.kind in {LISTS, LISTS_PROPORTIONAL}) or rule.kind in {OURS, OURS_APART}


def test_runs_are_the_same_whoever_waits_and_others_under_another_seed() -> None:
    def ends(rule: Rule, seed: int) -> list[tuple[str, float]]:
        worlds: list[World] = []

        def noting(world: World) -> AbstractAsyncContextManager[RunToEnd]:
            worlds.append(world)
            return rule.make()(world)

        simulate(noting, FEW, seed)
        return [(run.id, run.ends) for run in worlds[0].runs.values()]

    first = ends(Rule(VENDOR), 1)
    assert first == ends(Rule(LISTS, 1), 1) == ends(Rule(OURS), 1)
    assert first != ends(Rule(VENDOR), 2)


def test_a_seed_decides_everything_and_leaves_the_shared_generator_alone() -> None:
    random.seed("of whoever simulates")
    state = random.getstate()
    jobs = [Job(Rule(OURS), FEW, seed) for seed in (1, 2)]
    first, again = play(jobs, processes=0), play(jobs, processes=0)
    assert [first[job].delays for job in jobs] == [again[job].delays for job in jobs]
    assert first[jobs[0]].delays != first[jobs[1]].delays
    assert random.getstate() == state


def test_clients_draw_the_same_under_the_same_seed() -> None:
    def drawn(seed: int) -> float:
        seen: list[float] = []

        @asynccontextmanager
        async def way(world: World) -> AsyncIterator[RunToEnd]:
            seen.append(random.random())  # noqa: S311
            async with Rule(VENDOR).make()(world) as run_to_end:
                yield run_to_end

        simulate(way, FEW, seed)
        return seen[0]

    assert drawn(1) == drawn(1) != drawn(2)


def test_processes_change_nothing_and_repeat_what_our_client_does() -> None:
    jobs = [Job(rule, FEW, seed) for rule in (Rule(VENDOR), Rule(OURS)) for seed in (1, 2)]
    alone, together, again = play(jobs[:2], processes=0), play(jobs, processes=2), play(jobs, processes=1)
    assert [alone[job].delays for job in jobs[:2]] == [together[job].delays for job in jobs[:2]]
    assert [again[job].delays for job in jobs] == [together[job].delays for job in jobs]


def test_a_look_tells_what_was_true_halfway() -> None:
    async def main(world: World) -> None:
        clock = asyncio.get_running_loop().time
        run = world.begin("nb")
        for _ in range(200):
            sent = clock()
            told = json.loads((await world.look(run.id)).body)["run"]["status"]
            assert 0.05 <= clock() - sent <= 0.15
            assert told == ("success" if run.ends <= (sent + clock()) / 2 + 1e-9 else "running")

    in_world(main, Rules(duration=lambda _: 10.05))


def test_pages_are_newest_first_and_hold_every_run_once_while_new_ones_come() -> None:
    async def main(world: World) -> None:
        begun = [world.begin("nb").id for _ in range(250)]
        world.begin("another")
        seen: list[str] = []
        token = None
        while True:
            page = json.loads((await world.page("nb", token, rows=70)).body)
            seen += [row["runId"] for row in page["runs"]]
            token = page["pagination"]["nextPageToken"]
            world.begin("nb")  # does not move what is further down
            if not page["pagination"]["hasMore"]:
                break
        assert token is None
        assert seen == begun[::-1]
        assert len(json.loads((await world.page("nb", rows=1000)).body)["runs"]) == 100

    in_world(main)


def test_rows_tell_the_moments_of_the_virtual_clock() -> None:
    async def main(world: World) -> None:
        await asyncio.sleep(3.5)
        run = world.begin("nb")
        await asyncio.sleep(20)
        row = json.loads((await world.page("nb")).body)["runs"][0]
        assert (row["createdAt"], row["completedAt"]) == ("2026-01-01T00:00:03.500Z", "2026-01-01T00:00:13.500Z")
        assert (row["runId"], row["notebookId"], row["status"]) == (run.id, "nb", "success")

    in_world(main, Rules(duration=lambda _: 10))


def test_others_start_as_many_runs_as_they_should_however_often_one_looks() -> None:
    rarely, often = (NotebookRuns("nb", random.Random(1), 2.0, lognormal(60)) for _ in range(2))  # noqa: S311
    for moment in range(1000):
        often.page(float(moment), 100, None)
    page = json.loads(often.page(1000.0, 5000, None))["runs"]
    assert 1800 < len(page) < 2200
    assert page == sorted(page, key=lambda row: str(row["createdAt"]), reverse=True)
    assert page == json.loads(rarely.page(1000.0, 5000, None))["runs"]


def test_our_runs_and_those_of_others_stand_in_one_order() -> None:
    async def main(world: World) -> None:
        await asyncio.sleep(50)
        run = world.begin("nb")
        await asyncio.sleep(50)
        rows = json.loads((await world.page("nb")).body)["runs"]
        assert rows == sorted(rows, key=lambda row: str(row["createdAt"]), reverse=True)
        assert 30 < [row["runId"] for row in rows].index(run.id) < 70

    in_world(main, Rules(others=1.0))


@given(st.lists(st.floats(0, 0.3), min_size=1, max_size=300), st.sampled_from([1.0, 2.5, 10.0]))
def test_a_bucket_gives_what_it_holds_and_what_flows_in_and_no_more(gaps: list[float], rate: float) -> None:
    now = 0.0
    bucket = TokenBucket(rate, lambda: now)
    taken: list[float] = []
    refused = False
    for gap in gaps:
        now += gap
        if bucket.take():
            taken.append(now)
        else:
            refused = True
    for first, begin in enumerate(taken):
        for last in range(first, len(taken)):
            assert last - first + 1 <= rate + rate * (taken[last] - begin) + 1e-6
    assert refused or len(taken) == len(gaps)
    assert len(taken) >= min(len(gaps), int(rate))


def test_a_limit_refuses_looks_with_a_pause_and_never_starts() -> None:
    async def main(world: World) -> None:
        answers = await asyncio.gather(*(world.start("nb") for _ in range(50)))
        assert {answer.status for answer in answers} == {202}
        run_id = json.loads(answers[0].body)["runId"]
        looks = await asyncio.gather(*(world.look(run_id) for _ in range(30)))
        assert 10 <= sum(look.status == 200 for look in looks) <= 11
        assert {(look.status, look.retry_after) for look in looks} == {(200, None), (429, 1)}
        assert world.counts.refused == sum(look.status == 429 for look in looks)

    in_world(main, Rules(limit=10))


def test_the_real_client_speaks_with_it() -> None:
    async def main(world: World) -> None:
        async with httpx.AsyncClient(transport=WorldBackend(world)) as backend, our_client(backend, 1.0) as client:
            handle = await client.runs.create("nb", inputs={"x": "1"})
            final = await handle.wait()
            rows = [row async for row in client.notebooks.runs("nb")]
        assert (final.status, final.duration, final.notebook_id) == ("success", 10.0, "nb")
        assert [row.run_id for row in rows] == [handle.id]

    in_world(main, Rules(duration=lambda _: 10))


def test_the_vendors_rule_gives_up_when_nothing_but_refusals_come() -> None:
    async def main(world: World) -> None:
        begun = asyncio.get_running_loop().time()
        async with Rule(VENDOR).make()(world) as run_to_end:
            with pytest.raises(GaveUpError):
                await run_to_end("nb")
        assert world.counts.refused == world.counts.looks == 6
        assert 88 < asyncio.get_running_loop().time() - begun < 90  # 4 + 8 + 16 + 30 + 30 s and a few looks

    in_world(main, Rules(limit=1e-9))


def test_a_wait_that_never_ends_is_noticed() -> None:
    with pytest.raises(TimeoutError):
        simulate(Rule(FIXED, 1e5).make(), Scenario(notebooks=1, runs=1, median=1e9), seed=1)


def test_a_wait_keeps_some_memory_but_no_answers() -> None:
    assert 500 < trace(100) < 20_000
