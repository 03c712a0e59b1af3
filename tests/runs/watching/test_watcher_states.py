"""What runs do that they should not, what `watch` shows of it, and what ends a wait with an error."""

from __future__ import annotations

import asyncio
from typing import Any

import anyio
import httpx
import pytest

from deepnote_async import AsyncDeepnote, DecodeError, NotFoundError, Run, RunEvent
from deepnote_async.events import Event
from tests.runs.watching.site import LATEST, LONG_WAY, Lists, Site, assert_all_well, through, wait_for, waiting_at
from tests.support.farm import both, run_on
from tests.support.service import run_json

LONG = 3 * 3600.0


@both
@pytest.mark.parametrize("count", [1, 30])
def test_a_run_may_go_backwards_and_through_states_that_nobody_knows(library: str, count: int) -> None:
    site = Site(count, lambda _number: 100.0, LONG_WAY)

    async def main() -> None:
        with anyio.fail_after(LONG):
            async with waiting_at(site) as client:
                assert_all_well(await wait_for(client, site), site)

    run_on(library, main)


@pytest.mark.parametrize("odd", ["", "SUCCESS", "cancelled", "success ", "0"])
def test_a_status_that_looks_like_an_end_is_none(odd: str) -> None:
    site = Site(3, lambda _number: 50.0, through((0, odd), (50, "success")))

    async def main() -> None:
        async with waiting_at(site) as client:
            assert_all_well(await wait_for(client, site), site)

    run_on("asyncio", main)


def answers(*codes: int | str) -> Any:
    """Give what looks at run 0 are answered from the 10th second on, one after the other; 200 is the truth."""
    left = list(codes)

    def look(number: int, now: float) -> httpx.Response | None:
        code = left.pop(0) if number == 0 and now > 10 and left else 200
        if isinstance(code, str):
            return httpx.Response(200, text=code)
        return None if code == 200 else httpx.Response(code, json={"message": "no"})

    return look


@pytest.mark.parametrize(("library", "others"), [("asyncio", 5), ("trio", 0)])
@pytest.mark.parametrize("codes", [(404,), (404, 200, 404, 200), (404, 503, 200), ("{",), ("<html>", 200, 404)])
def test_a_single_doubt_is_borne(library: str, codes: tuple[int | str, ...], others: int) -> None:
    site = Site(1 + others, look=answers(*codes), page=lambda _now: httpx.Response(403))

    async def main() -> None:
        async with waiting_at(site) as client:
            assert_all_well(await wait_for(client, site), site)

    run_on(library, main)


@pytest.mark.parametrize(("library", "others"), [("asyncio", 5), ("trio", 0)])
@pytest.mark.parametrize(
    ("codes", "kind"), [((404, 404), NotFoundError), ((404, 503, 404), NotFoundError), (("{", "{"), DecodeError)]
)
def test_what_is_confirmed_ends_the_wait(
    library: str, codes: tuple[int | str, ...], kind: type[NotFoundError | DecodeError], others: int
) -> None:
    site = Site(1 + others, look=answers(*codes), page=lambda _now: httpx.Response(403))

    async def main() -> None:
        async with waiting_at(site) as client:
            first, *rest = await wait_for(client, site, timeout=1e6)
            assert first.number == 0
            assert isinstance(first.error, kind)
            assert first.error.run_id == "run-0"
            assert 10 < first.at < 60
            assert all(waited.run is not None for waited in rest)

    run_on(library, main)


@both
def test_a_run_that_the_list_forgets_is_looked_at_alone(library: str) -> None:
    gone: set[str] = set()
    site = Site(30, lambda number: 20.0 + number, lists=Lists(row=lambda row: None if row["runId"] in gone else row))

    async def main() -> None:
        async with waiting_at(site) as client, anyio.create_task_group() as group:

            async def forget() -> None:
                await anyio.sleep(15)
                gone.update({"run-3", "run-4", "run-29"})

            group.start_soon(forget)
            assert_all_well(await wait_for(client, site), site)

    run_on(library, main)
    assert all(site.looks_at(number) for number in (3, 4, 29))
    assert len(site.looks) < 60


@both
@pytest.mark.parametrize("lag", [5.0, 20.0])
def test_a_list_that_lags_behind_only_costs_time(library: str, lag: float) -> None:
    site = Site(30, lambda number: 20.0 + number, lists=Lists(lag=lag))

    async def main() -> None:
        async with waiting_at(site) as client:
            assert_all_well(await wait_for(client, site), site, latest=LATEST + lag)

    run_on(library, main)


@both
def test_the_list_may_tell_the_end_although_looks_do_not_yet(library: str) -> None:
    site = Site(30, lambda number: 20.0 + number, look=lambda *_: httpx.Response(200, json=run_json("running")))

    async def main() -> None:
        async with waiting_at(site) as client:
            ended = await wait_for(client, site, numbers=range(1, 30), timeout=60.0)
            assert sum(waited.run is not None for waited in ended) >= 28  # the last one is looked at alone

    run_on(library, main)


# Errors that are nobody's fault but ours, or the caller's.


class OddError(Exception):
    """An error that cannot be made anew from its arguments."""

    def __init__(self, left: str, right: str) -> None:
        super().__init__(f"{left} and {right}")


@pytest.mark.parametrize(("library", "count"), [("asyncio", 5), ("trio", 1)])
@pytest.mark.parametrize("when", [0.0, 30.0])
def test_a_token_that_cannot_be_had_ends_each_wait_with_its_error(library: str, count: int, when: float) -> None:
    site = Site(count)

    def token() -> str:
        if anyio.current_time() >= when:
            raise OddError("no", "token")
        return "tok"

    async def main() -> None:
        site.look = lambda *_: httpx.Response(401) if anyio.current_time() >= when else None
        site.page = lambda _now: httpx.Response(401) if anyio.current_time() >= when else None
        with anyio.fail_after(LONG):
            async with waiting_at(site, token=token) as client:
                ended = await wait_for(client, site, [*range(count), *range(count)])
        assert [str(waited.error) for waited in ended] == ["no and token"] * 2 * count
        assert all(type(waited.error) is OddError for waited in ended)

    run_on(library, main)


@both
@pytest.mark.parametrize("where", ["get", "look_at_page"])
def test_a_bug_ends_each_wait_with_its_error(library: str, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    site = Site(5)

    async def broken(*_arguments: object, **_options: object) -> Run:
        await anyio.sleep(1)
        raise ZeroDivisionError("a bug")

    async def main() -> None:
        with anyio.fail_after(LONG):
            async with waiting_at(site) as client:
                monkeypatch.setattr(client.runs._service, where, broken)
                numbers = [*range(5), *range(5)] if where == "look_at_page" else [0, 0]
                for waited in await wait_for(client, site, numbers):
                    assert isinstance(waited.error, ZeroDivisionError)
                    assert waited.error.__traceback__ is not None

    run_on(library, main)


@both
def test_a_bug_of_the_watcher_itself_ends_each_wait_with_its_error(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(5)

    def broken(*_arguments: object, **_options: object) -> float:
        raise ZeroDivisionError("a bug")

    async def main() -> None:
        with anyio.fail_after(LONG):
            async with waiting_at(site) as client:
                with monkeypatch.context() as patch:
                    patch.setattr("deepnote_async.runs.watching.plan.next_look", broken)
                    for waited in await wait_for(client, site):
                        assert isinstance(waited.error, ZeroDivisionError)
                assert_all_well(await wait_for(client, site), site)

    run_on(library, main)


@both
def test_what_on_event_raises_ends_no_wait(library: str) -> None:
    site = Site(5)

    def broken(_event: Event) -> None:
        raise OddError("not", "mine")

    async def main() -> None:
        async with waiting_at(site, on_event=broken) as client:
            assert_all_well(await wait_for(client, site), site)

    run_on(library, main)


def test_on_event_may_begin_and_cancel_waits() -> None:
    site = Site(3, lambda number: 20.0 + number)
    begun: list[asyncio.Task[Run]] = []
    clients: list[AsyncDeepnote] = []

    async def main() -> None:
        def act(event: Event) -> None:
            if isinstance(event, RunEvent) and event.run_id == "run-0" and len(begun) < 3:
                begun.append(asyncio.create_task(clients[0].runs.handle("run-2", "nb-0").wait()))
                begun[0].cancel()

        async with waiting_at(site, on_event=act) as client:
            clients.append(client)
            assert_all_well(await wait_for(client, site), site)
            results = await asyncio.gather(*begun, return_exceptions=True)
            assert isinstance(results[0], asyncio.CancelledError)
            assert all(isinstance(result, Run) for result in results[1:])

    run_on("asyncio", main)
