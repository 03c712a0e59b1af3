"""Services that fail for a while or for ever: what is borne, what it costs, and how each wait is told."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest

from deepnote_async import ConnectError, RateLimitError, RunTimeoutError, ServerError
from tests.runs.watching.site import LATEST, Answer, Site, Waited, assert_all_well, wait_for, waiting_at
from tests.support.farm import both, run_on

BEGINS, ENDS = 10.0, 610.0
LONG = 3 * 3600.0


def waited(library: str, site: Site, timeout: float | None = None, **options: Any) -> list[Waited]:
    async def main() -> list[Waited]:
        with anyio.fail_after(LONG):
            async with waiting_at(site, **options) as client:
                return await wait_for(client, site, timeout=timeout)

    return run_on(library, main)


def refused() -> Exception:
    return httpx.ConnectError("refused")


def timed_out() -> Exception:
    return httpx.ReadTimeout("silent")


def unavailable() -> Answer:
    return httpx.Response(503, json={"message": "down"})


def broken(count: int, how: Callable[[], Answer | Exception], notebooks: int, until: float = ENDS) -> Site:
    """Make a site whose every request fails for a while."""

    def fails(now: float) -> Answer | Exception:
        return how() if BEGINS <= now < until else None

    return Site(
        count,
        lambda number: 5.0 + 7 * number % 700,
        notebooks=notebooks,
        look=lambda _number, now: fails(now),
        page=fails,
    )


@pytest.mark.parametrize(("how", "notebooks"), [(refused, 1), (timed_out, 100), (unavailable, 100)])
def test_an_outage_is_borne_by_those_with_a_deadline_and_costs_little(
    how: Callable[[], Answer | Exception], notebooks: int
) -> None:
    site = broken(1000 if notebooks == 1 else 100, how, notebooks)
    ended = waited("asyncio", site, timeout=3600.0)
    during = [moment for moment in site.moments if BEGINS <= moment < ENDS]
    assert 5 <= len(during) < 100
    for waited_for in ended:
        assert waited_for.error is None
        end = site.lasts(waited_for.number)
        known_from = ENDS if BEGINS - LATEST <= end <= ENDS else end
        assert waited_for.at <= known_from + LATEST + 30


def test_an_outage_is_borne_on_trio() -> None:
    site = broken(200, refused, 10)
    ended = waited("trio", site, timeout=math.inf)
    assert all(waited_for.error is None for waited_for in ended)
    assert len([moment for moment in site.moments if BEGINS <= moment < ENDS]) < 100


@pytest.mark.parametrize("notebooks", [1, 50])
@pytest.mark.parametrize(
    ("library", "how", "kind"), [("asyncio", refused, ConnectError), ("trio", unavailable, ServerError)]
)
def test_without_a_deadline_each_wait_is_told_after_a_minute(
    library: str, how: Callable[[], Answer | Exception], kind: type[ConnectError | ServerError], notebooks: int
) -> None:
    site = Site(50, lambda _number: 1e6, notebooks=notebooks, look=lambda *_: how(), page=lambda _: how())
    ended = waited(library, site)
    assert len({id(waited_for.error) for waited_for in ended}) == 50
    for waited_for in ended:
        assert isinstance(waited_for.error, kind)
        assert waited_for.error.run_id == f"run-{waited_for.number}"
        assert 60 <= waited_for.at <= 130
    assert site.requests < 100


@both
def test_with_a_deadline_each_wait_times_out_when_it_should(library: str) -> None:
    site = Site(50, lambda _number: 1e6, notebooks=7, look=lambda *_: refused(), page=lambda _: refused())
    for waited_for in waited(library, site, timeout=300.0):
        assert isinstance(waited_for.error, RunTimeoutError)
        assert waited_for.error.run_id == f"run-{waited_for.number}"
        assert waited_for.at == pytest.approx(300)
    assert site.requests < 100


def test_those_with_and_without_a_deadline_are_told_apart() -> None:
    told: list[tuple[type[BaseException], float]] = []

    async def main() -> None:
        site = Site(1, lambda _number: 200.0, look=lambda _number, now: unavailable() if now < 150 else None)
        async with waiting_at(site) as client, anyio.create_task_group() as group:

            async def wait(timeout: float | None, kind: type[Exception] | None) -> None:
                with pytest.raises(kind or ZeroDivisionError) as caught:  # noqa: PT012
                    await client.runs.handle("run-0").wait(timeout)
                    raise ZeroDivisionError
                told.append((caught.type, round(anyio.current_time(), -1)))

            group.start_soon(wait, None, ServerError)
            group.start_soon(wait, 100.0, RunTimeoutError)
            group.start_soon(wait, 1000.0, None)
        assert [kind for kind, _at in told] == [ServerError, RunTimeoutError, ZeroDivisionError]
        assert 60 <= told[0][1] < told[1][1] == 100
        assert 200 <= told[2][1] <= 240

    run_on("asyncio", main)


@pytest.mark.parametrize(("library", "others"), [("asyncio", 1), ("trio", 20)])
def test_a_run_that_cannot_be_looked_at_holds_up_no_other(library: str, others: int) -> None:
    """The page is lost as well, so nothing but looks is left."""
    site = Site(
        others + 1,
        lambda number: 30.0 + 17.0 * number,
        look=lambda number, _now: httpx.Response(500) if number == 0 else None,
        page=lambda _now: httpx.Response(403),
    )
    ended = {waited_for.number: waited_for for waited_for in waited(library, site)}
    assert isinstance(ended[0].error, ServerError)
    assert ended[0].error.run_id == "run-0"
    assert 60 <= ended[0].at <= 130
    for number in range(1, others + 1):
        assert ended[number].run is not None, ended[number].error
        assert ended[number].at - site.lasts(number) <= LATEST


@both
def test_a_run_that_hangs_holds_up_no_other(library: str) -> None:
    site = Site(20, lambda number: 30.0 + 10.0 * number, page=lambda _now: httpx.Response(403))
    site.hangs = lambda number: number == 0
    *others, last = waited(library, site, timeout=1000.0)
    assert isinstance(last.error, RunTimeoutError)
    assert last.number == 0
    assert last.at == pytest.approx(1000)
    for waited_for in others:
        assert waited_for.run is not None, waited_for.error
        assert waited_for.at - site.lasts(waited_for.number) <= LATEST


# Refused for their rate.


@pytest.mark.parametrize(("library", "notebooks"), [("asyncio", 1), ("trio", 100)])
def test_a_limit_is_kept_to_without_being_known(library: str, notebooks: int) -> None:
    """Five requests per second, where a hundred runs would take more."""
    site = Site(100, lambda number: 20.0 + number, notebooks=notebooks)
    allowed, at, refusals = 5.0, 0.0, 0

    def limit(now: float) -> Answer:
        nonlocal allowed, at, refusals
        allowed, at = min(5.0, allowed + 5.0 * (now - at)), now
        if allowed < 1:
            refusals += 1
            return httpx.Response(429, headers={"retry-after": "1"})
        allowed -= 1
        return None

    site.look, site.page = lambda _number, now: limit(now), limit
    assert_all_well(waited(library, site), site, latest=90.0)
    assert refusals <= 40
    assert refusals <= 0.1 * site.requests + 32


@both
def test_retry_after_is_obeyed_by_all_waits(library: str) -> None:
    refusal = httpx.Response(429, headers={"retry-after": "30"})
    site = Site(100, lambda number: 5.0 + number / 10, notebooks=10, page=lambda now: refusal if now < 1 else None)
    site.look = lambda _number, now: site.page(now)
    assert_all_well(waited(library, site), site, latest=40.0)
    assert not [moment for moment in site.moments if 1 < moment < 30]


@pytest.mark.parametrize("notebooks", [1, 20])
@pytest.mark.parametrize(
    ("library", "headers"),
    [
        ("asyncio", {}),
        ("trio", {"retry-after": "1"}),
        ("asyncio", {"retry-after": "30"}),
        ("trio", {"retry-after": "86400"}),
    ],
)
def test_a_refusal_for_ever_is_told_to_each_wait(library: str, notebooks: int, headers: dict[str, str]) -> None:
    site = Site(20, lambda _number: 1e6, notebooks=notebooks, page=lambda _now: httpx.Response(429, headers=headers))
    site.look = lambda _number, now: site.page(now)
    ended = waited(library, site)
    assert len({id(waited_for.error) for waited_for in ended}) == 20
    for waited_for in ended:
        assert isinstance(waited_for.error, RateLimitError)
        assert waited_for.error.run_id == f"run-{waited_for.number}"
        assert 60 <= waited_for.at <= 400
    assert site.requests <= 200


@both
def test_a_wait_bears_that_others_have_all_the_luck(library: str) -> None:
    """Nothing but refusals for one run, since somebody else's requests come first; the service is well."""
    site = Site(2, lambda number: 500.0 + number, notebooks=2)
    site.look = lambda number, now: httpx.Response(429) if number == 0 and now < 400 else None
    assert_all_well(waited(library, site), site, latest=90.0)


@pytest.mark.parametrize(("library", "rate"), [("asyncio", 0.1), ("trio", 1.0)])
def test_a_wait_bears_that_its_looks_take_long_to_have_their_turn(library: str, rate: float) -> None:
    site = Site(20, lambda number: 300.0 + number, notebooks=20)
    assert_all_well(waited(library, site, rate=rate), site, latest=60.0 + 40 / rate)


@both
def test_a_refusal_for_ever_is_borne_until_the_deadline(library: str) -> None:
    site = Site(20, lambda _number: 1e6, notebooks=20, page=lambda _now: httpx.Response(429))
    site.look = lambda _number, now: site.page(now)
    for waited_for in waited(library, site, timeout=500.0):
        assert isinstance(waited_for.error, RunTimeoutError)
        assert waited_for.at == pytest.approx(500)
