"""Rare turns that once lost an answer, a lot of requests, or the right idea of how long runs take."""

from __future__ import annotations

import asyncio
from typing import Any

import anyio
import httpx
import pytest

from deepnote_async import AsyncDeepnote, RunTimeoutError
from deepnote_async.runs.watching import durations
from tests.runs.watching.site import Site, assert_all_well, wait_for, waiting_at
from tests.support.farm import Farm, both, run_on
from tests.support.service import client_of, run_json, started_json
from tests.support.virtual_time import run_virtually


def learnt(client: AsyncDeepnote, notebook_id: str | None = None) -> durations.Durations:
    watcher = client.runs._service.watcher
    return watcher._knowledge.durations(notebook_id)


def test_two_waits_for_one_run_go_on_when_the_task_is_cancelled_in_a_look() -> None:
    site = Site(1, lambda _number: 5.0)

    async def main() -> None:
        async with waiting_at(site) as client:
            waits = [asyncio.create_task(client.runs.handle("run-0").wait(1000)) for _ in range(2)]
            await asyncio.sleep(site.latency / 2)
            for task in asyncio.all_tasks():
                if task.get_name().startswith("deepnote-async: waiting"):
                    task.cancel()
            assert {(await wait).status.value for wait in waits} == {"success"}
            assert anyio.current_time() < 10

    run_virtually(main())


@both
def test_a_run_that_was_just_started_is_borne_with_though_it_is_not_found(library: str) -> None:
    async def main() -> None:
        began = anyio.current_time()

        def answer(request: httpx.Request) -> httpx.Response:
            age = anyio.current_time() - began
            if request.method == "POST":
                return httpx.Response(202, json=started_json())
            return httpx.Response(404) if age < 20 else httpx.Response(200, json=run_json())

        async with client_of(answer) as client:
            assert (await (await client.runs.create("nb")).wait()).status == "success"

    run_on(library, main)


@both
def test_a_few_refusals_of_a_minute_end_no_wait(library: str) -> None:
    site = Site(20, lambda number: 100.0 + number, notebooks=20)
    site.look = lambda _number, now: httpx.Response(429, headers={"retry-after": "60"}) if now < 130 else None

    async def main() -> None:
        async with waiting_at(site) as client:
            assert_all_well(await wait_for(client, site), site, latest=200.0)

    run_on(library, main)


@both
def test_pages_are_asked_again_after_an_outage(library: str) -> None:
    site = Site(100, lambda number: 3000.0 + number)
    site.look = lambda _number, now: httpx.Response(503) if 20 < now < 60 else None
    site.page = lambda now: httpx.Response(503) if 20 < now < 60 else None

    async def main() -> None:
        async with waiting_at(site) as client:
            assert_all_well(await wait_for(client, site), site, latest=60.0)

    run_on(library, main)
    assert len([now for now, _number in site.looks if now > 60]) < 300
    assert len([now for now, _cursor in site.pages if now > 150]) > 50


@pytest.mark.parametrize("code", [403, 404])
def test_a_list_that_was_refused_once_is_tried_again(code: int) -> None:
    site = Site(50, lambda number: 3000.0 + number)
    site.page = lambda now: httpx.Response(code) if now < 20 else None

    async def main() -> None:
        async with waiting_at(site) as client:
            assert_all_well(await wait_for(client, site), site)

    run_virtually(main())
    assert not [now for now, _cursor in site.pages if 1 < now < 600]
    assert len([now for now, _number in site.looks if now > 700]) < 200


def test_every_end_is_counted_once_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    ends: list[float] = []
    ended = durations.Durations.ended

    def count(self: durations.Durations, age: float) -> None:
        if self._general is not None:
            ends.append(age)
        ended(self, age)

    monkeypatch.setattr(durations.Durations, "ended", count)
    monkeypatch.setattr(durations, "MAX_COUNTED", 50)
    site = Site(400, lambda number: 20.0 + number / 10)

    async def main() -> None:
        async with waiting_at(site) as client:
            await wait_for(client, site)

    run_virtually(main())
    assert sorted(ends) == [pytest.approx(20 + number / 10) for number in range(400)]


def test_what_ended_long_ago_is_learnt_with_all_its_life() -> None:
    async def main() -> None:
        site = Site(40, lambda _number: 60.0)
        async with waiting_at(site) as client:
            await anyio.sleep(86_400)
            site.states = lambda _number, _now: "success"
            await wait_for(client, site, range(20))
            await client.runs.handle("run-39", "nb-0").wait()
            assert learnt(client).chance(10.0, 10.0) < 0.05 < learnt(client).chance(60.0, 60.0) < 0.3

    run_virtually(main())


@both
def test_an_end_just_before_the_time_is_up_is_not_missed(library: str) -> None:
    site = Site(40, lambda number: 590.0 + number / 5, notebooks=4)

    async def main() -> None:
        async with waiting_at(site) as client:
            ended = await wait_for(client, site, timeout=600.0)
            assert sum(isinstance(one.error, RunTimeoutError) for one in ended) <= 5
            assert all(one.at == pytest.approx(600.0) for one in ended if one.error is not None)

    run_on(library, main)


@both
def test_each_wait_has_its_own_error_whatever_it_is(library: str) -> None:
    async def main() -> None:
        def token() -> str:
            raise LookupError("the vault is shut")

        errors: list[Any] = []

        async with client_of(Farm().answer, token=token) as client:

            async def wait(number: int) -> None:
                with pytest.raises(LookupError, match="the vault is shut") as caught:
                    await client.runs.handle(f"run-{number % 3}", "nb").wait()
                errors.append(caught.value)

            async with anyio.create_task_group() as group:
                for number in range(12):
                    group.start_soon(wait, number)
        assert len({id(error) for error in errors}) == 12

    run_on(library, main)
