"""The tasks that look: cancelled by others, of a loop that ended, of a client in two loops."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest
import trio

from deepnote_async import AsyncDeepnote
from tests.runs.watching.site import LATEST, Site, assert_idle, new_loop, waiting_at, watcher_of
from tests.support.farm import run_on

TASK = "deepnote-async: waiting for runs"


# The watcher's own tasks.


async def cancel_tasks(wanted: Callable[[asyncio.Task[Any]], bool]) -> int:
    cancelled = [task for task in asyncio.all_tasks() if wanted(task)]
    for task in cancelled:
        task.cancel()
    return len(cancelled)


def is_the_watcher(task: asyncio.Task[Any]) -> bool:
    return task.get_name() == TASK


def is_a_look(task: asyncio.Task[Any]) -> bool:
    return "_look" in task.get_name()


@pytest.mark.parametrize("which", [is_the_watcher, is_a_look])
@pytest.mark.parametrize("times", [1, 30])
def test_waits_go_on_when_somebody_cancels_the_task_that_looks(which: Any, times: int) -> None:
    async def main() -> None:
        site = Site(20, lambda number: 30.0 + number, latency=1.0)
        async with waiting_at(site) as client:
            waits = [asyncio.create_task(client.runs.handle(f"run-{n}", "nb-0").wait()) for n in range(20)]
            hit = 0
            for _ in range(times):
                await asyncio.sleep(0.7)
                hit += await cancel_tasks(which)
            assert hit >= times / 4
            async with asyncio.timeout(600):
                assert {run.status.value for run in await asyncio.gather(*waits)} == {"success"}
            assert asyncio.get_running_loop().time() <= 50 + LATEST

    run_on("asyncio", main)


@pytest.mark.parametrize("ticks", range(5))
def test_waits_go_on_when_the_task_is_cancelled_before_it_has_begun(ticks: int) -> None:
    async def main() -> None:
        site = Site(1, lambda _number: 5.0)
        async with waiting_at(site) as client:
            wait = asyncio.create_task(client.runs.handle("run-0").wait())
            for _ in range(ticks):
                await asyncio.sleep(0)
            await cancel_tasks(is_the_watcher)
            async with asyncio.timeout(60):
                assert (await wait).status == "success"

    run_on("asyncio", main)


def test_a_task_that_was_cancelled_before_it_began_does_not_hold_up_the_end() -> None:
    async def main() -> None:
        site = Site(1)
        async with waiting_at(site) as client:
            wait = asyncio.create_task(client.runs.handle("run-0").wait())
            await asyncio.sleep(0)
            assert await cancel_tasks(lambda task: task is wait or is_the_watcher(task)) == 2
            await client.aclose()
            assert asyncio.get_running_loop().time() < 1
            assert wait.cancelled()

    run_on("asyncio", main)


def test_a_task_that_cannot_be_started_is_told_to_each_wait() -> None:
    async def main() -> None:
        def refuse(loop: asyncio.AbstractEventLoop, work: Any, **options: Any) -> Any:
            if "Watcher" in work.__qualname__:
                work.close()
                raise MemoryError("no more tasks")
            return asyncio.Task(work, loop=loop, **options)

        site = Site(1)
        async with waiting_at(site) as client:
            asyncio.get_running_loop().set_task_factory(refuse)
            for _ in range(2):
                with pytest.raises(MemoryError, match="no more tasks"):
                    await client.runs.handle("run-0").wait(10)
            asyncio.get_running_loop().set_task_factory(None)
            assert (await client.runs.handle("run-0").wait(1000)).status == "success"

    run_on("asyncio", main)


# The end of the event loop.


def test_the_end_of_the_loop_ends_its_waits_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    """What `asyncio.run` does with a main that leaves tasks; warnings are errors here."""
    clients: list[AsyncDeepnote] = []
    tasks: list[asyncio.Task[Any]] = []

    async def main() -> None:
        site = Site(50)
        backend = httpx.AsyncClient(transport=httpx.MockTransport(site.answer))
        client = AsyncDeepnote("tok", "https://api.example.test", http_client=backend)
        clients.append(client)
        tasks.extend(asyncio.create_task(client.runs.handle(f"run-{n}", "nb-0").wait()) for n in range(50))
        await asyncio.sleep(20)

    with caplog.at_level(logging.WARNING):
        run_on("asyncio", main)
        gc.collect()
    assert all(task.cancelled() for task in tasks)
    assert_idle(watcher_of(clients[0]))
    assert caplog.records == []


def test_the_end_of_trio_ends_its_waits() -> None:
    clients: list[AsyncDeepnote] = []

    async def main() -> None:
        site = Site(50)
        backend = httpx.AsyncClient(transport=httpx.MockTransport(site.answer))
        client = AsyncDeepnote("tok", "https://api.example.test", http_client=backend)
        clients.append(client)
        async with trio.open_nursery() as nursery:
            for number in range(50):
                nursery.start_soon(client.runs.handle(f"run-{number}", "nb-0").wait)
            await trio.sleep(20)
            nursery.cancel_scope.cancel()

    run_on("trio", main)
    assert_idle(watcher_of(clients[0]))


@pytest.mark.parametrize("how", ["wait", "watch", "close"])
def test_a_client_of_a_loop_that_was_simply_closed_says_so(how: str) -> None:
    """Nobody has cancelled the tasks of that loop; they can never end."""
    site = Site(1)
    backend = httpx.AsyncClient(transport=httpx.MockTransport(site.answer))
    client = AsyncDeepnote("tok", "https://api.example.test", http_client=backend)
    kept: list[asyncio.Task[Any]] = []

    async def leave() -> None:
        kept.append(asyncio.create_task(client.runs.handle("run-0").wait()))
        await asyncio.sleep(20)

    async def again() -> None:
        handle, began = client.runs.handle("run-0"), anyio.current_time()
        if how == "wait":
            with pytest.raises(RuntimeError, match="opened in another event loop"):
                await handle.wait()
        elif how == "watch":
            with pytest.raises(RuntimeError, match="opened in another event loop"):
                await anext(handle.watch())
        else:
            await client.aclose()
        assert anyio.current_time() - began < 1

    loop = new_loop()
    loop.run_until_complete(leave())
    loop.close()
    run_on("asyncio", again)
    kept.clear()
    gc.collect()


def test_a_client_may_not_wait_in_a_second_loop_while_the_first_goes_on() -> None:
    site = Site(1, lambda _number: 1e6)
    backend = httpx.AsyncClient(transport=httpx.MockTransport(site.answer))
    client = AsyncDeepnote("tok", "https://api.example.test", http_client=backend)
    handle = client.runs.handle("run-0")
    waits: list[asyncio.Task[Any]] = []

    async def begin() -> None:
        waits.append(asyncio.create_task(handle.wait()))
        await asyncio.sleep(20)

    async def end() -> None:
        waits[0].cancel()
        await asyncio.gather(*waits, return_exceptions=True)
        await client.aclose()
        await backend.aclose()

    first = new_loop()
    first.run_until_complete(begin())
    with pytest.raises(RuntimeError, match="opened in another event loop"):
        run_on("asyncio", handle.wait)
    first.run_until_complete(end())
    first.close()
    assert_idle(watcher_of(client))
