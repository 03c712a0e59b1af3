"""Deadlines of many waits, and clocks that cannot be trusted."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import anyio
import pytest

from deepnote_async import RunHandle, RunTimeoutError
from tests.runs.watching.site import Lists, Site, Waited, assert_all_well, wait_for, waiting_at, watcher_of
from tests.support.farm import both, run_on

LONG = 3 * 3600.0


@both
def test_each_of_a_thousand_deadlines_is_kept(library: str) -> None:
    site = Site(1000, lambda _number: 1e6)
    at: dict[int, float] = {}

    async def main() -> None:
        async with waiting_at(site) as client, anyio.create_task_group() as group:

            async def wait(number: int) -> None:
                with pytest.raises(RunTimeoutError) as caught:
                    await client.runs.handle(f"run-{number}", "nb-0").wait(1.0 + number / 10)
                assert caught.value.run_id == f"run-{number}"
                at[number] = anyio.current_time()

            for number in range(1000):
                group.start_soon(wait, (number * 7919) % 1000)

    run_on(library, main)
    assert at == {number: pytest.approx(1.0 + number / 10, abs=1e-3) for number in range(1000)}
    # The runs with the highest numbers are on the newest pages; nobody asks for the others after their time.
    assert len([moment for moment in site.moments if moment > 1.0 + 899 / 10]) < 30
    assert max(site.moments) <= 101


@both
def test_a_run_is_not_looked_at_after_its_time(library: str) -> None:
    site = Site(2, lambda _number: 1e6, notebooks=2)

    async def main() -> None:
        async with waiting_at(site) as client, anyio.create_task_group() as group:
            for number, seconds in enumerate([50.0, 500.0]):
                group.start_soon(expire, client.runs.handle(f"run-{number}", f"nb-{number}"), seconds)

    run_on(library, main)
    assert max(site.looks_at(0)) <= 50
    assert 400 <= max(site.looks_at(1)) <= 500


async def expire(handle: RunHandle, seconds: float) -> None:
    """Wait in vain."""
    began = anyio.current_time()
    with pytest.raises(RunTimeoutError):
        await handle.wait(seconds)
    assert anyio.current_time() - began == pytest.approx(seconds, abs=1e-3)


@both
@pytest.mark.parametrize("same_handle", [True, False])
def test_a_later_wait_with_an_earlier_deadline_is_ended_in_time(library: str, *, same_handle: bool) -> None:
    """The run is looked at every half a minute by now, and nothing else is to do."""
    site = Site(1, lambda _number: 7200.0)

    async def main() -> None:
        async with waiting_at(site) as client, anyio.create_task_group() as group:
            handle = client.runs.handle("run-0")
            group.start_soon(handle.wait)
            await anyio.sleep(3601)
            for seconds in (0.5, 2.0, 0.0):
                await expire(handle if same_handle else client.runs.handle("run-0"), seconds)
            states = client.runs.handle("run-0").watch(1.0)
            assert (await anext(states)).status == "running"
            with pytest.raises(RunTimeoutError):
                await anext(states)
            assert anyio.current_time() == pytest.approx(3604.5)
            group.cancel_scope.cancel()

    run_on(library, main)


@both
def test_no_time_at_all(library: str) -> None:
    site = Site(1, lambda _number: 0.0)

    async def main() -> None:
        async with waiting_at(site) as client:
            handle = client.runs.handle("run-0")
            await expire(handle, 0)
            await handle.refresh()
            assert (await handle.wait(0)).status == "success"

    run_on(library, main)


@both
def test_time_without_end(library: str) -> None:
    site = Site(1, lambda _number: 5_000.0)

    async def main() -> None:
        async with waiting_at(site) as client:
            assert_all_well(await wait_for(client, site, timeout=math.inf), site)

    run_on(library, main)


@both
@pytest.mark.parametrize("timeout", [-1.0, math.nan, True, "1"])
def test_what_is_no_time(library: str, timeout: Any) -> None:
    async def main() -> None:
        async with waiting_at(Site(1)) as client:
            with pytest.raises((ValueError, TypeError), match="timeout"):
                await client.runs.handle("run-0").wait(timeout)

    run_on(library, main)


@both
@pytest.mark.parametrize("count", [1, 40])
def test_a_deadline_that_is_shorter_than_a_look(library: str, count: int) -> None:
    site = Site(count, latency=3600.0)

    async def main() -> None:
        async with waiting_at(site) as client:
            for waited in await wait_for(client, site, timeout=10.0):
                assert isinstance(waited.error, RunTimeoutError)
                assert waited.at == pytest.approx(10)

    run_on(library, main)


@both
@pytest.mark.parametrize("is_alone", [True, False])
def test_waits_that_were_left_do_not_pile_up(library: str, *, is_alone: bool) -> None:
    site = Site(2, lambda _number: 1e6)
    most = 0

    async def main() -> None:
        nonlocal most
        async with waiting_at(site) as client, anyio.create_task_group() as group:
            if not is_alone:
                group.start_soon(client.runs.handle("run-1").wait, 1e5)
            handle = client.runs.handle("run-0")
            for _ in range(400):
                with anyio.move_on_after(0.5):
                    await handle.wait(1e5)
                watcher = watcher_of(client)
                most = max(most, len(watcher._deadlines), len(watcher._plan._due))
            group.cancel_scope.cancel()

    run_on(library, main)
    assert most <= 300


# Clocks.


@pytest.fixture(params=["back", "forth", "wild"])
def jumps(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Let every clock of this machine but the monotonic one jump whenever it is asked."""
    asked = 0

    def jumping() -> float:
        nonlocal asked
        asked += 1
        return {"back": -1e6 * asked, "forth": 1e6 * asked, "wild": 1e9 * (-1.5) ** (asked % 12)}[request.param]

    class Jumping(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.fromtimestamp(1e9 + jumping() % 1e9, tz or UTC)

    monkeypatch.setattr(time, "time", jumping)
    monkeypatch.setattr("datetime.datetime", Jumping)
    yield request.param
    monkeypatch.undo()


@pytest.mark.parametrize("library", ["asyncio"])
def test_only_the_monotonic_clock_decides(library: str, jumps: str) -> None:
    del jumps
    site = Site(30, lambda number: 10.0 * 1.3**number % 900)
    assert_all_well(in_time(library, site), site)


def in_time(library: str, site: Site, timeout: float | None = None) -> list[Waited]:
    async def main() -> list[Waited]:
        with anyio.fail_after(LONG):
            async with waiting_at(site) as client:
                return await wait_for(client, site, timeout=timeout)

    return run_on(library, main)


def same(moment: str) -> Callable[[int], str]:
    return lambda _number: moment


MOMENTS: dict[str, Callable[[int], str]] = {
    "long ago": same("1970-01-01T00:00:00.000Z"),
    "at the beginning": same("0001-01-01T00:00:00.000Z"),
    "far ahead": same("2099-01-01T00:00:00.000Z"),
    "at the end": same("9999-12-31T23:59:59.999Z"),
    "one far ahead": lambda number: "2099-01-01T00:00:00.000Z" if number == 7 else "2026-01-01T00:00:00.000Z",
    "all over": lambda number: f"{1900 + 7 * number:04}-01-01T00:00:00.000Z",
    "without a zone": same("2026-01-01T00:00:00"),
    "in a zone": same("2026-01-01T00:00:00+14:00"),
}


@pytest.mark.parametrize("created", MOMENTS)
def test_the_moments_of_the_service_may_be_anything(created: str) -> None:
    def dated(row: dict[str, Any]) -> dict[str, Any]:
        return {**row, "createdAt": MOMENTS[created](int(row["runId"].rpartition("-")[2]))}

    site = Site(20, lambda number: 10.0 * 1.4**number % 900, lists=Lists(row=dated), look_row=dated)
    assert_all_well(in_time("asyncio", site), site)
    assert site.requests < 2000
