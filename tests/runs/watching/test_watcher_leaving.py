"""Who leaves, and how: the watcher's task serves the others, and nothing stays behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
import pytest
import pytest_asyncio
import trio

from deepnote_async import AsyncDeepnote, RunHandle, RunTimeoutError
from tests.runs.watching.site import LATEST, Site, assert_idle, waiting_at, watcher_of
from tests.support.farm import both, run_on
from tests.support.service import client_of


async def asyncio_timeout(handle: RunHandle) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(7):
            await handle.wait()


async def asyncio_wait_for(handle: RunHandle) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(handle.wait(), 7)


async def asyncio_cancel(handle: RunHandle) -> None:
    task = asyncio.create_task(handle.wait())
    await asyncio.sleep(7)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def anyio_scope(handle: RunHandle) -> None:
    with anyio.move_on_after(7) as scope:
        await handle.wait()
    assert scope.cancelled_caught


async def trio_scope(handle: RunHandle) -> None:
    with trio.move_on_after(7) as scope:
        await handle.wait()
    assert scope.cancelled_caught


async def own_deadline(handle: RunHandle) -> None:
    with pytest.raises(RunTimeoutError):
        await handle.wait(7)


async def broken_off_watch(handle: RunHandle) -> None:
    with anyio.move_on_after(7):
        async for _state in handle.watch():
            pass


ways: pytest.MarkDecorator = pytest.mark.parametrize(
    ("library", "leave"),
    [
        ("asyncio", asyncio_timeout),
        ("asyncio", asyncio_wait_for),
        ("asyncio", asyncio_cancel),
        ("asyncio", anyio_scope),
        ("asyncio", own_deadline),
        ("asyncio", broken_off_watch),
        ("trio", trio_scope),
        ("trio", anyio_scope),
        ("trio", own_deadline),
        ("trio", broken_off_watch),
    ],
)
Leave = Callable[[RunHandle], Any]


@ways
def test_a_wait_that_was_left_costs_no_further_look(library: str, leave: Leave) -> None:
    async def main() -> None:
        site = Site(1, lambda _number: 1e6)
        async with waiting_at(site) as client:
            await leave(client.runs.handle("run-0"))
            assert anyio.current_time() == pytest.approx(7)
            await anyio.sleep(0)
            before = site.requests
            await anyio.sleep(1000)
            assert site.requests == before
            assert_idle(watcher_of(client))

    run_on(library, main)


@ways
@pytest.mark.parametrize("is_same", [True, False])
def test_the_one_that_came_first_may_leave(library: str, leave: Leave, *, is_same: bool) -> None:
    """Its wait has started the task that the others rely on."""

    async def main() -> None:
        site = Site(2, lambda _number: 60.0)
        ended: list[float] = []
        async with waiting_at(site) as client, anyio.create_task_group() as group:

            async def wait(number: int) -> None:
                assert (await client.runs.handle(f"run-{number}", "nb-0").wait()).status == "success"
                ended.append(anyio.current_time())

            group.start_soon(leave, client.runs.handle("run-0", "nb-0"))
            await anyio.sleep(1)
            for _ in range(5):
                group.start_soon(wait, 0 if is_same else 1)
        assert len(ended) == 5
        assert all(60 <= at <= 60 + LATEST for at in ended)

    run_on(library, main)


@both
def test_a_scope_that_is_cancelled_around_a_first_wait_closes_nothing_of_the_others(library: str) -> None:
    """The task was started inside of a task group that fails."""

    async def main() -> None:
        site = Site(2)
        async with waiting_at(site) as client:
            with pytest.raises(ExceptionGroup):  # noqa: PT012
                async with anyio.create_task_group() as group:
                    group.start_soon(client.runs.handle("run-0").wait)
                    await anyio.sleep(5)
                    raise KeyError("mine")
            assert (await client.runs.handle("run-1").wait()).status == "success"

    run_on(library, main)


@both
def test_a_wait_that_was_left_during_its_first_look_is_not_looked_at_again(library: str) -> None:
    """Its notebook is told by that look, when nobody waits any more."""

    async def main() -> None:
        site = Site(2, lambda number: 1000.0 * number, notebooks=2, latency=0.5)
        async with waiting_at(site) as client, anyio.create_task_group() as group:
            group.start_soon(client.runs.handle("run-1").wait)
            with anyio.move_on_after(0.2):
                await client.runs.handle("run-0").wait()
            await anyio.sleep(900)
            assert len(site.looks_at(0)) == 1
            assert not site.pages
            assert list(watcher_of(client)._runs) == ["run-1"]
            assert list(watcher_of(client)._notebooks) == ["nb-1"]

    run_on(library, main)


# Closing.


@both
def test_a_client_that_is_closed_ends_its_waits_at_once(library: str) -> None:
    async def main() -> None:
        site = Site(100, lambda _number: 1e6)
        told: list[str] = []
        async with waiting_at(site) as client, anyio.create_task_group() as group:

            async def wait(number: int) -> None:
                handle = client.runs.handle(f"run-{number}", "nb-0")
                with pytest.raises(RuntimeError) as caught:  # noqa: PT012
                    if number % 3:
                        await handle.wait(1e5 if number % 2 else None)
                    else:
                        [state async for state in handle.watch()]
                told.append(str(caught.value))
                assert anyio.current_time() == pytest.approx(40)

            for number in range(100):
                group.start_soon(wait, number)
            await anyio.sleep(40)
            await client.aclose()
            assert_idle(watcher_of(client))
            await client.aclose()
            with pytest.raises(RuntimeError, match="this client is closed; make another one"):
                await client.runs.handle("run-0").wait()
        assert sorted(told) == sorted(
            f"this client was closed while run run-{number} was waited for; it goes on" for number in range(100)
        )

    run_on(library, main)


@both
def test_a_client_may_be_closed_in_the_middle_of_a_look(library: str) -> None:
    async def main() -> None:
        site = Site(1, hangs=lambda _number: True)
        async with waiting_at(site) as client, anyio.create_task_group() as group:

            async def wait() -> None:
                with pytest.raises(RuntimeError, match="was closed while run run-0"):
                    await client.runs.handle("run-0").wait()

            group.start_soon(wait)
            await anyio.sleep(1)
            await client.aclose()
            assert anyio.current_time() == pytest.approx(1)

    run_on(library, main)


@both
@pytest.mark.parametrize("ticks", range(6))
def test_a_client_may_be_closed_as_soon_as_a_wait_has_begun(library: str, ticks: int) -> None:
    async def main() -> None:
        site = Site(1)
        async with waiting_at(site) as client, anyio.create_task_group() as group:

            async def wait() -> None:
                with pytest.raises(RuntimeError, match="closed"):
                    await client.runs.handle("run-0").wait()

            group.start_soon(wait)
            for _ in range(ticks):
                await anyio.lowlevel.checkpoint()
            await client.aclose()
            assert anyio.current_time() < 1

    run_on(library, main)


@both
def test_a_client_without_waits_is_closed_twice(library: str) -> None:
    async def main() -> None:
        async with waiting_at(Site(1)) as client:
            await client.aclose()
            await client.aclose()

    run_on(library, main)


@both
def test_a_client_is_closed_by_another_task_than_opened_it(library: str) -> None:
    async def main() -> None:
        site = Site(1)
        clients: list[AsyncDeepnote] = []
        close, may_go = anyio.Event(), anyio.Event()

        async def hold() -> None:
            async with client_of(site.answer) as client:
                clients.append(client)
                may_go.set()
                await close.wait()

        async with anyio.create_task_group() as group:
            group.start_soon(hold)
            await may_go.wait()
            assert (await clients[0].runs.handle("run-0").wait()).status == "success"
            close.set()

    run_on(library, main)


@pytest_asyncio.fixture
async def held() -> AsyncIterator[tuple[AsyncDeepnote, Site]]:
    site = Site(20, latency=0.001)
    async with client_of(site.answer) as client:
        yield client, site
    assert_idle(watcher_of(client))


async def test_waits_by_the_client_of_a_fixture(held: tuple[AsyncDeepnote, Site]) -> None:
    client, site = held
    began = anyio.current_time()
    site.lasts = lambda number: began + 0.01 * number
    runs = await asyncio.gather(*[client.runs.handle(f"run-{n}", "nb-0").wait(60) for n in range(20)])
    assert {run.status.value for run in runs} == {"success"}


async def test_waits_that_outlive_the_test_are_ended_by_the_fixture(held: tuple[AsyncDeepnote, Site]) -> None:
    client, site = held
    site.lasts = lambda _number: 1e9
    task = asyncio.create_task(client.runs.handle("run-0").wait())
    task.add_done_callback(lambda task: task.cancelled() or task.exception())
    while not site.looks:
        await asyncio.sleep(0)
