"""Watching a run: each change once, to whoever watches, whatever else goes on."""

from __future__ import annotations

import anyio
import pytest

from deepnote_async import RunEvent, RunHandle, RunTimeoutError
from deepnote_async.events import Event
from tests.runs.watching.site import LONG_WAY, Site, assert_idle, through, waiting_at, watcher_of
from tests.support.farm import both, run_on

# Watching.


@both
@pytest.mark.parametrize("count", [1, 3])
def test_each_change_is_shown_once(library: str, count: int) -> None:
    site = Site(count, lambda _number: 100.0, LONG_WAY)
    seen: list[list[str]] = [[] for _ in range(count)]

    async def main() -> None:
        async with waiting_at(site) as client, anyio.create_task_group() as group:

            async def watch(number: int) -> None:
                began = anyio.current_time()
                async for state in client.runs.handle(f"run-{number}", "nb-0").watch():
                    assert seen[number] or anyio.current_time() - began < 1
                    seen[number].append(state.status.value)

            for number in range(count):
                group.start_soon(watch, number)

    run_on(library, main)
    for states in seen:
        assert states == ["pending", "running", "pending", "queued", "running", "success"]


@both
def test_leaving_a_watch_leaves_nothing(library: str) -> None:
    site = Site(1, lambda _number: 1e6)

    async def main() -> None:
        async with waiting_at(site) as client:
            states = client.runs.handle("run-0").watch()
            async for _state in states:
                break
            if library == "trio":
                await states.aclose()  # or trio warns, as of every generator that is not read to its end
            await anyio.sleep(1)
            assert_idle(watcher_of(client))
            before = site.requests
            await anyio.sleep(1000)
            assert site.requests == before == 1

    run_on(library, main)


@both
def test_two_watches_on_one_run_see_the_same(library: str) -> None:
    site = Site(1, lambda _number: 100.0, through((0, "pending"), (50, "running"), (100, "error")))

    async def main() -> None:
        handle_seen: list[tuple[int, str]] = []
        async with waiting_at(site) as client, anyio.create_task_group() as group:

            async def watch(handle: RunHandle, which: int) -> None:
                handle_seen.extend([(which, state.status.value) async for state in handle.watch()])

            shared = client.runs.handle("run-0")
            for which, handle in enumerate([shared, shared, client.runs.handle("run-0")]):
                group.start_soon(watch, handle, which)
        for which in range(3):
            assert [status for seen_by, status in handle_seen if seen_by == which] == ["pending", "running", "error"]

    run_on(library, main)
    assert len(site.looks) < 60


@both
def test_a_watch_ends_with_its_time(library: str) -> None:
    site = Site(1, lambda _number: 1e6, through((0, "pending"), (20, "running")))

    async def main() -> None:
        async with waiting_at(site) as client:
            states: list[str] = []
            with pytest.raises(RunTimeoutError) as caught:  # noqa: PT012
                async for state in client.runs.handle("run-0").watch(100):
                    states.append(state.status.value)  # noqa: PERF401  (it ends with an error)
            assert states == ["pending", "running"]
            assert caught.value.status == "running"
            assert anyio.current_time() == pytest.approx(100)

    run_on(library, main)


@both
def test_a_watch_after_the_end_shows_the_end_and_asks_nothing(library: str) -> None:
    site = Site(1)

    async def main() -> None:
        async with waiting_at(site) as client:
            handle = client.runs.handle("run-0")
            await handle.wait()
            before = site.requests
            assert [state.status.value async for state in handle.watch(0)] == ["success"]
            assert site.requests == before

    run_on(library, main)


@both
@pytest.mark.parametrize("helped", [True, False])
def test_a_slow_consumer_sees_the_latest(library: str, *, helped: bool) -> None:
    site = Site(1, lambda _number: 100.0, LONG_WAY)

    async def main() -> None:
        async with waiting_at(site) as client, anyio.create_task_group() as group:
            handle = client.runs.handle("run-0")
            if helped:
                group.start_soon(handle.wait)
            states = []
            async for state in handle.watch():
                states.append(state.status.value)
                await anyio.sleep(70 if len(states) == 1 else 50)
            assert states == ["pending", "queued", "success"]

    run_on(library, main)


@both
def test_what_an_older_look_tells_does_not_undo_a_newer_one(library: str) -> None:
    """A look by `refresh` overtakes one of the watcher."""
    site = Site(1, lambda _number: 100.0, through((0, "pending"), (1, "running"), (100, "success")))
    events: list[Event] = []

    async def main() -> None:
        async with waiting_at(site, on_event=events.append) as client, anyio.create_task_group() as group:
            slow, quick = client.runs.handle("run-0"), client.runs.handle("run-0")
            site.latency = 1.8
            group.start_soon(slow.wait)
            await anyio.sleep(1)
            site.latency = 0.1
            for handle in (slow, quick):
                assert (await handle.refresh()).status == "running"
            await anyio.sleep(2)
            assert slow.status == "running"
            shown = [state.status.value async for state in quick.watch()]
            assert shown == ["running", "success"]

    run_on(library, main)
    changes = [(event.previous, event.status) for event in events if isinstance(event, RunEvent)]
    assert changes == [(None, "running"), (None, "running"), ("running", "success"), ("running", "success")]


@both
def test_each_handle_is_told_of_each_change_once(library: str) -> None:
    site = Site(10, lambda _number: 100.0, through((0, "pending"), (50, "running"), (100, "success")))
    events: list[Event] = []

    async def main() -> None:
        async with waiting_at(site, on_event=events.append) as client, anyio.create_task_group() as group:
            for number in range(10):
                handle = client.runs.handle(f"run-{number}", "nb-0")
                for _ in range(3):
                    group.start_soon(handle.wait)
                group.start_soon(client.runs.handle(f"run-{number}", "nb-0").wait)

    run_on(library, main)
    for number in range(10):
        told = [
            (event.previous, event.status)
            for event in events
            if isinstance(event, RunEvent) and event.run_id == f"run-{number}"
        ]
        once = [(None, "pending"), ("pending", "running"), ("running", "success")]
        assert sorted(told, key=str) == sorted(once * 2, key=str)
