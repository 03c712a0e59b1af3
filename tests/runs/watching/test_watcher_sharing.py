"""One watcher for all: what many waits share, and what it costs."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from contextvars import ContextVar
from typing import Any

import anyio
import httpx
import pytest

from benchmarks.waiting.memory import trace
from deepnote_async.runs import Watcher
from tests.datalore.service import client_of as datalore_client_of
from tests.datalore.service import run_json as datalore_run_json
from tests.runs.watching.site import LATEST, Site, assert_all_well, assert_idle, wait_for, waiting_at
from tests.support.farm import both, run_on
from tests.support.service import client_of


def alone(library: str, seconds: float) -> int:
    """Count the looks that one wait takes."""
    site = Site(1, lambda _number: seconds)

    async def main() -> None:
        async with waiting_at(site) as client:
            await wait_for(client, site)

    run_on(library, main)
    return site.requests


@both
def test_many_waiters_for_one_run_cost_one_look_at_a_time(library: str) -> None:
    site = Site(1, lambda _number: 300.0, latency=0.1)
    most = under_way = 0
    ended: list[float] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        try:
            return await site.answer(request)
        finally:
            under_way -= 1

    async def main() -> None:
        async with client_of(answer) as client, anyio.create_task_group() as group:
            shared = client.runs.handle("run-0", "nb-0")
            others = [client.runs.handle("run-0", "nb-0" if number % 2 else None) for number in range(60)]

            async def wait(handle: Any, how: int) -> None:
                match how % 3:
                    case 0:
                        last = await handle.wait()
                    case 1:
                        last = (await handle.result()).run
                    case _:
                        last = [state async for state in handle.watch()][-1]
                assert last.status == "success"
                ended.append(anyio.current_time())

            for number in range(60):
                group.start_soon(wait, shared, number)
                group.start_soon(wait, others[number], number)
            await anyio.sleep(100)
            waiting = most
            assert {handle.status for handle in [shared, *others]} == {"running"}
            group.start_soon(wait, client.runs.handle("run-0"), 0)
            await anyio.sleep(150)
            assert waiting == most == 1

    run_on(library, main)
    assert len(ended) == 121
    assert max(ended) <= 300 + LATEST
    results = 40
    assert site.requests - results <= 1.3 * alone(library, 300.0) + 5


@both
def test_a_fan_out_on_one_notebook_is_answered_by_pages(library: str) -> None:
    site = Site(200, lambda number: 20.0 + number)

    async def main() -> None:
        async with waiting_at(site) as client:
            assert_all_well(await wait_for(client, site), site)

    run_on(library, main)
    assert len(site.looks) <= 20
    assert site.requests <= 1.5 * 200


@pytest.mark.parametrize("library", ["asyncio"])
def test_a_fan_out_of_which_no_notebook_is_known_is_answered_by_pages_after_the_first_looks(library: str) -> None:
    site = Site(200, lambda number: 20.0 + number)

    async def main() -> None:
        async with waiting_at(site) as client:
            assert_all_well(await wait_for(client, site, knows_notebook=False), site)

    run_on(library, main)
    assert len(site.looks) <= 220
    assert site.requests <= 2.5 * 200


@both
def test_a_fan_out_on_datalore_is_looked_at_one_by_one(library: str) -> None:
    paths: list[str] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        await anyio.sleep(0.05)
        paths.append(request.url.path)
        run_id = request.url.path.rpartition("/")[2]
        ended = anyio.current_time() >= 20 + int(run_id.removeprefix("run"))
        return httpx.Response(200, json=datalore_run_json(runId=run_id, ended=ended))

    async def main() -> None:
        async with datalore_client_of(answer) as client:
            ended: list[str] = []

            async def wait(run_id: str) -> None:
                assert (await client.runs.handle(run_id, "user123/notebook456").wait()).status == "success"
                ended.append(run_id)

            async with anyio.create_task_group() as group:
                for number in range(25):
                    group.start_soon(wait, f"run{number}")
            assert len(ended) == 25
            assert anyio.current_time() < 45 + LATEST
            await anyio.sleep(1)
            watcher = client.runs._service.watcher
            assert isinstance(watcher, Watcher)
            assert_idle(watcher)

    run_on(library, main)
    assert {path.rpartition("/")[0] for path in paths} == {"/api/run/v1"}
    assert len(paths) < 25 * 40


@both
def test_a_run_alone_on_a_busy_notebook_asks_for_no_page(library: str) -> None:
    site = Site(1, lambda _number: 600.0, others=5000)

    async def main() -> None:
        async with waiting_at(site) as client:
            assert_all_well(await wait_for(client, site), site)

    run_on(library, main)
    assert site.pages == []
    assert len(site.looks) <= 1.2 * alone(library, 600.0)


@pytest.mark.parametrize("library", ["trio"])
def test_a_few_runs_lost_among_those_of_others_cost_no_more_than_looks(library: str) -> None:
    """They lie dozens of pages down; nobody walks there."""
    site, plain = Site(5, lambda number: 300.0 + number, others=5000), Site(5, lambda number: 300.0 + number)
    plain.page = lambda _now: httpx.Response(403)

    async def main() -> None:
        for each in (site, plain):
            began = anyio.current_time()
            each.lasts = lambda number, began=began: began + 300.0 + number  # type: ignore[misc]
            async with waiting_at(each) as client:
                assert_all_well(await wait_for(client, each), each)

    run_on(library, main)
    assert len(site.pages) <= 10
    assert site.requests <= 1.3 * plain.requests + 5


@both
def test_a_wait_begins_while_the_task_of_the_last_one_ends(library: str) -> None:
    """At every step of its end."""
    site = Site(1, lambda _number: 1e6, latency=0.5)

    async def main() -> None:
        async with waiting_at(site) as client:
            for ticks in range(12):
                with anyio.move_on_after(0.3):
                    await client.runs.handle("run-0").wait()
                for _ in range(ticks):
                    await anyio.lowlevel.checkpoint()
            site.lasts = lambda _number: 0.0
            with anyio.fail_after(60):
                assert (await client.runs.handle("run-0").wait()).status == "success"

    run_on(library, main)


@pytest.mark.long
def test_ten_thousand_waits_leave_nothing_behind() -> None:
    site = Site(10_000, lambda _number: 30.0, notebooks=10)

    async def main() -> int:
        async with waiting_at(site) as client:
            assert len(await wait_for(client, site)) == 10_000
            gc.collect()
            return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        kept = run_on("asyncio", main)
    finally:
        tracemalloc.stop()
    assert kept < 10_000 * 1024  # what the test itself has noted, mostly


@pytest.mark.long
def test_ten_thousand_waits_keep_three_kibibytes_each() -> None:
    assert trace(10_000) <= 3 * 1024


async def test_the_task_sees_no_context_of_the_wait_that_began_it() -> None:
    """It outlives that wait."""
    mine: ContextVar[str] = ContextVar("mine", default="nothing")
    seen: list[str] = []
    site = Site(1, lambda _number: 0.0, latency=0.0, look=lambda *_: seen.append(mine.get()))
    mine.set("a secret of the first caller")
    async with waiting_at(site) as client:
        await asyncio.create_task(client.runs.handle("run-0").wait())
    assert seen == ["nothing"]
