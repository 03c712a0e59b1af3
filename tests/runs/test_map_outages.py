"""Fan-out: the network goes down while starts and runs are under way, and comes back."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable

import anyio
import httpx
import pytest

from deepnote_async import (
    AuthenticationError,
    ConnectError,
    DeadlineExceededError,
    Outcome,
    RateLimitError,
    Retry,
    RunStartUnknownError,
    RunTimeoutError,
)
from deepnote_async.errors import TransportError
from deepnote_async.runs.fan_out.refusals import slowdown_of
from tests.support.farm import Farm, both, numbers, run_on
from tests.support.service import client_of

Answer = Callable[[httpx.Request], Awaitable[httpx.Response]]


def cut_off(farm: Farm, first: float, last: float) -> Answer:
    """Answer, but from one moment to another there is no network."""

    async def answer(request: httpx.Request) -> httpx.Response:
        if first <= anyio.current_time() < last:
            raise httpx.ConnectError("network is unreachable")
        return await farm.answer(request)

    return answer


def mapped(library: str, answer: Answer, count: int, **options: object) -> tuple[list[Outcome], float]:
    """Run a map; gives its outcomes, and the seconds it took."""

    async def main() -> tuple[list[Outcome], float]:
        async with client_of(answer, retry=Retry()) as client:
            async with client.runs.map("nb", numbers(count), **options) as outcomes:  # type: ignore[arg-type]
                came = [outcome async for outcome in outcomes]
            return came, anyio.current_time()

    return run_on(library, main)


@both
@pytest.mark.parametrize("outputs", [False, True])
def test_an_outage_burns_no_inputs_and_loses_no_runs(library: str, *, outputs: bool) -> None:
    farm = Farm(lasts=lambda _n: 60.0)
    came, seconds = mapped(library, cut_off(farm, 30, 330), 100, concurrency=32, outputs=outputs)
    assert [outcome.error for outcome in came] == [None] * 100
    assert sorted(farm.started) == list(range(100))
    assert 330 <= seconds <= 700


def test_starts_are_tried_ever_more_rarely_during_an_outage() -> None:
    farm = Farm(lasts=lambda n: 1.0 if n < 3 else 100.0)
    moments: list[float] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and anyio.current_time() > 0:
            moments.append(anyio.current_time())
        return await down(request)

    down = cut_off(farm, 2, 600)

    async def main() -> None:
        async def inputs() -> AsyncIterator[dict[str, int]]:
            for row in numbers(40):
                yield row
                await anyio.sleep(2.0 if row["n"] < 2 else 0.0)

        async with client_of(answer) as client, client.runs.map("nb", inputs(), concurrency=16) as outcomes:
            assert [outcome.error async for outcome in outcomes] == [None] * 40

    run_on("asyncio", main)
    assert len([moment for moment in moments if moment < 600]) <= 16 + 600 / 30 * 16
    assert len([moment for moment in moments if moment < 600]) >= 20


def test_a_wrong_address_fails_fast() -> None:
    came, seconds = mapped("asyncio", cut_off(Farm(), 0, 1e9), 20, concurrency=4)
    assert Counter(type(outcome.error) for outcome in came) == {ConnectError: 20}
    assert seconds < 60


def test_an_outage_ends_with_the_total_timeout() -> None:
    came, seconds = mapped(
        "asyncio", cut_off(Farm(lasts=lambda _n: 60.0), 30, 1e9), 100, concurrency=8, total_timeout=400
    )
    assert Counter(type(outcome.error) for outcome in came) == {RunTimeoutError: 8}
    assert seconds == 400
    came, seconds = mapped(
        "asyncio",
        cut_off(Farm(lasts=lambda n: 20.0 if n < 4 else 60.0), 30, 1e9),
        100,
        concurrency=8,
        total_timeout=400,
    )
    held = [outcome for outcome in came if outcome.handle is None]
    assert {str(outcome.error).partition("was ")[2] for outcome in held} <= {
        "not started when the 400 s of total_timeout were up; nothing was sent"
    }
    assert seconds == 400


def test_a_start_that_may_have_arrived_is_not_sent_again() -> None:
    farm = Farm(lasts=lambda _n: 10.0)

    async def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and farm.posts >= 2:
            farm.posts += 1
            raise httpx.ReadError("gone")
        return await farm.answer(request)

    came, _seconds = mapped("asyncio", answer, 6, concurrency=1)
    assert [type(outcome.error) for outcome in came] == [type(None)] * 2 + [RunStartUnknownError] * 4
    assert farm.posts == 6


@pytest.mark.parametrize(
    ("error", "sent", "expected"),
    [
        (ConnectError("gone", method="POST", path="/v2/runs"), "no", "outage"),
        (ConnectError("gone", method="POST", path="/v2/runs"), "maybe", None),
        (DeadlineExceededError("late", method="POST", path="/v2/runs"), "no", "outage"),
        (DeadlineExceededError("late", method="POST", path="/v2/runs"), "maybe", None),
        (TransportError("a header is not valid", method="POST", path="/v2/runs"), "no", None),
    ],
)
def test_what_is_an_outage(error: TransportError, sent: str, expected: str | None) -> None:
    error.sent = sent  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    assert slowdown_of(error, has_worked=True) == expected
    assert slowdown_of(error, has_worked=False) is None


def test_a_refusal_is_one_whether_anything_worked_or_not() -> None:
    error = RateLimitError("slow down", method="POST", path="/v2/runs", status=429)
    assert {slowdown_of(error, has_worked=worked) for worked in (False, True)} == {"rate"}


def test_a_wait_that_fails_for_good_tells_its_run() -> None:
    farm = Farm(lasts=lambda _n: 60.0)

    async def answer(request: httpx.Request) -> httpx.Response:
        if anyio.current_time() > 30 and request.method == "GET":
            return httpx.Response(401, json={})
        return await farm.answer(request)

    came, _seconds = mapped("asyncio", answer, 3)
    assert [type(outcome.error) for outcome in came] == [AuthenticationError] * 3
    assert sorted(outcome.handle.id for outcome in came if outcome.handle) == ["run-0", "run-1", "run-2"]
