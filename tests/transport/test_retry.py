"""Retries: pauses, hints, limits, the budget, and what errors tell of them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
import httpx
import pytest

from deepnote_async import (
    AsyncDeepnote,
    DeadlineExceededError,
    NotFoundError,
    RateEvent,
    RateLimitError,
    RequestEvent,
    Retry,
    RetryEvent,
    ServerError,
)
from deepnote_async.events import Event
from deepnote_async.transport.retry import Budget
from tests.support.farm import said
from tests.support.raw_server import Connection, raw_server
from tests.support.service import RUN_ID, client_of, run_json, started_json
from tests.support.virtual_time import run_virtually

NOON = "Wed, 01 Jan 2025 12:00:00 GMT"


def test_the_error_says_why_there_was_no_retry_and_comes_at_once() -> None:
    async def main() -> None:
        for hint, timeout, stopped in (("61", 600, "retry_after"), ("30", 20, "deadline")):
            async with client_of(
                lambda _, hint=hint: httpx.Response(429, json={}, headers={"retry-after": hint}),  # type: ignore[misc]
                retry=Retry(),
            ) as client:
                before = anyio.current_time()
                with pytest.raises(RateLimitError) as caught:
                    await client.runs.get(RUN_ID, timeout=timeout)
                assert anyio.current_time() == before
                assert (caught.value.retry_stopped, caught.value.retry_after) == (stopped, float(hint))

    run_virtually(main())


def test_the_named_pause_is_kept_to() -> None:
    moments: list[float] = []

    def answer(request: httpx.Request) -> httpx.Response:
        moments.append(anyio.current_time())
        if len(moments) == 1:
            return httpx.Response(429, json={}, headers={"retry-after": "7"})
        return httpx.Response(202, json=started_json()) if request.method == "POST" else httpx.Response(200)

    async def main() -> None:
        async with client_of(answer, retry=Retry()) as client:
            await client.runs.create("nb")
        assert 7 <= moments[1] - moments[0] <= 7.7

    run_virtually(main())


def test_a_brown_out_is_not_made_worse() -> None:
    requests = 0

    def answer(_request: httpx.Request) -> httpx.Response:
        nonlocal requests
        requests += 1
        return httpx.Response(503, json={})

    async def main() -> None:
        stopped: list[str | None] = []
        async with client_of(answer, retry=Retry()) as client:

            async def look() -> None:
                with pytest.raises(ServerError) as caught:
                    await client.runs.get(RUN_ID)
                stopped.append(caught.value.retry_stopped)

            async with anyio.create_task_group() as group:
                for _ in range(200):
                    group.start_soon(look)
        assert requests == 200 + Budget.CAPACITY // Budget.COST
        assert set(stopped) == {"budget"}

    run_virtually(main())


def test_a_storm_of_429_ends_with_every_start_made_once() -> None:
    """50 starts at once against a service that takes 10 a second; it refuses whatever comes sooner."""
    started: list[float] = []
    refused = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal refused
        now = anyio.current_time()
        if len([moment for moment in started if now - moment < 1]) >= 10:
            refused += 1
            return httpx.Response(429, json={}, headers={"retry-after": "1"})
        started.append(now)
        assert request.method == "POST"
        return httpx.Response(202, json=started_json())

    async def main() -> None:
        async with client_of(answer, retry=Retry(), timeout=60) as client, anyio.create_task_group() as group:
            for _ in range(50):
                group.start_soon(client.runs.create, "nb")

    run_virtually(main())
    assert len(started) == 50
    assert refused <= 60


def test_a_404_after_a_lost_delete_is_success() -> None:
    answers: list[httpx.Response | Exception] = []

    def answer(_request: httpx.Request) -> httpx.Response:
        following = answers.pop(0)
        if isinstance(following, Exception):
            raise following
        return following

    async def main() -> None:
        async with client_of(answer, retry=Retry()) as client:
            for lost in (httpx.ReadError("reset"), httpx.Response(502), httpx.Response(408)):
                answers[:] = [lost, httpx.Response(404, json={})]
                await client.notebooks.delete("nb")
            for refused in (httpx.Response(429), httpx.ConnectError("refused")):
                answers[:] = [refused, httpx.Response(404, json={})]
                with pytest.raises(NotFoundError):
                    await client.notebooks.delete("nb")
            answers[:] = [httpx.ReadError("reset"), httpx.Response(404, json={})]
            with pytest.raises(NotFoundError):
                await client.runs.get(RUN_ID)

    run_virtually(main())


def test_the_deadline_says_where_the_time_went() -> None:
    async def answer(_request: httpx.Request) -> httpx.Response:
        await anyio.sleep(7)
        return httpx.Response(503, json={}, headers={"retry-after": "5"})

    async def main() -> None:
        async with client_of(answer, retry=Retry(attempts=10)) as client:
            with pytest.raises(DeadlineExceededError) as caught:
                await client.runs.get(RUN_ID, timeout=30)
        error = caught.value
        assert [name for name, _ in error.spent] == ["attempt 1", "backoff", "attempt 2", "backoff", "attempt 3"]
        assert sum(seconds for _, seconds in error.spent) == pytest.approx(30)
        assert error.spent[0][1] == pytest.approx(7)
        assert 5 <= error.spent[1][1] <= 5.5
        assert (error.attempts, error.sent) == (3, "maybe")
        assert "attempt 1 7.0 s" in str(error)

    run_virtually(main())


def test_the_deadline_covers_the_rate_gate() -> None:
    async def main() -> None:
        async with client_of(lambda _: httpx.Response(200, json=run_json()), rate=0.01) as client:
            await client.runs.get(RUN_ID)
            for call in (client.runs.get(RUN_ID, timeout=5), client.runs.create("nb", timeout=5)):
                with pytest.raises(DeadlineExceededError) as caught:
                    await call
                assert dict(caught.value.spent) == pytest.approx({"gate": 5})
                assert caught.value.sent == "no"  # so this start is not unknown
                assert "nothing had been sent" in str(caught.value)

    run_virtually(main())


def test_a_start_is_not_put_off_until_it_would_not_be_sent() -> None:
    """A start needs 5 s; a pause that leaves less would end in the news that time is up, and hide the 429."""

    async def main() -> None:
        async with client_of(lambda _: said(429, "slow down", **{"retry-after": "26"}), retry=Retry()) as client:
            with pytest.raises(RateLimitError) as caught:
                await client.runs.create("nb", timeout=30)
            assert anyio.current_time() == 0
            assert (caught.value.retry_stopped, caught.value.retry_after) == ("deadline", 26)

    run_virtually(main())


def test_all_calls_of_a_client_share_the_rate() -> None:
    moments: list[float] = []

    def answer(request: httpx.Request) -> httpx.Response:
        moments.append(anyio.current_time())
        return httpx.Response(202, json=started_json()) if request.method == "POST" else httpx.Response(200)

    async def main() -> None:
        async with client_of(answer, rate=2) as client, anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(client.runs.create, "nb")
                group.start_soon(client.request, "GET", "/v2/anything")
        assert [moment - moments[0] for moment in moments] == pytest.approx([number / 2 for number in range(10)])

    run_virtually(main())


def test_everything_that_happens_is_told() -> None:
    events: list[Event] = []
    answers: list[httpx.Response | Exception] = [
        httpx.Response(429, json={}, headers={"retry-after": "1"}),
        httpx.Response(500, json={"message": "oops"}, headers={"x-request-id": "r-2"}),
        httpx.ReadError("reset"),
        httpx.Response(200, json=run_json()),
    ]

    def answer(_request: httpx.Request) -> httpx.Response:
        following = answers.pop(0)
        if isinstance(following, Exception):
            raise following
        return following

    async def main() -> None:
        async with client_of(answer, retry=Retry(), on_event=events.append) as client:
            await client.runs.get(RUN_ID)

    run_virtually(main())
    requests = [event for event in events if isinstance(event, RequestEvent)]
    assert [(event.attempt, event.status, event.sent, event.error) for event in requests] == [
        (1, 429, "yes", None),
        (2, 500, "yes", None),
        (3, None, "maybe", "ConnectionLostError"),
        (4, 200, "yes", None),
    ]
    assert {event.path for event in requests} == {"/v2/runs/{run_id}"}
    assert requests[1].request_id == "r-2"
    retries = [event for event in events if isinstance(event, RetryEvent)]
    assert [event.attempt for event in retries] == [1, 2, 3]
    assert retries[1].reason == "500 Internal Server Error"
    assert [event.pause for event in events if isinstance(event, RateEvent)] == [1.0]
    with pytest.raises(AttributeError):
        requests[0].status = 5  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


async def test_a_listener_that_fails_does_no_harm(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_event: Event) -> None:
        raise ValueError("broken listener")

    async with client_of(lambda _: httpx.Response(200, json=run_json()), on_event=broken) as client:
        assert (await client.runs.get(RUN_ID)).status == "success"
    assert "on_event failed for RequestEvent" in caplog.text
    assert "broken listener" in caplog.text


async def test_a_body_that_is_streamed_is_sent_once() -> None:
    requests: list[bytes] = []

    async def refuse(connection: Connection) -> None:
        requests.append(await connection.read_request())
        await connection.send(b"HTTP/1.1 429 Slow\r\nretry-after: 0\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")

    async def body() -> AsyncIterator[bytes]:
        yield b"data"

    async with raw_server(refuse) as server, AsyncDeepnote("tok", server.url, rate=1000) as client:
        http = client.generated.get_async_httpx_client()
        with pytest.raises(RateLimitError) as caught:
            await http.post("/v2/anything", content=body(), headers={"content-length": "4"})
        assert (len(requests), caught.value.attempts) == (1, 1)
        with pytest.raises(RateLimitError) as caught:
            await http.post("/v2/anything", content=b"data")
        assert (len(requests), caught.value.attempts) == (5, 4)


async def test_what_is_no_retry_is_refused() -> None:
    with pytest.raises(TypeError, match="retry takes a Retry or None, not int"):
        AsyncDeepnote("tok", retry=3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError, match="on_event takes a function"):
        AsyncDeepnote("tok", on_event="print")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    async with client_of(lambda _: httpx.Response(200)) as client:
        with pytest.raises(TypeError, match="retry takes a Retry or None"):
            await client.runs.get(RUN_ID, retry=False)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_a_callers_cancellation_ends_a_pause_at_once() -> None:
    async def main() -> None:
        async with client_of(lambda _: httpx.Response(503, headers={"retry-after": "50"}), retry=Retry()) as client:
            before = anyio.current_time()
            with anyio.move_on_after(3) as scope:
                await client.runs.get(RUN_ID)
            assert scope.cancelled_caught
            assert anyio.current_time() - before == pytest.approx(3)
            with pytest.raises(ServerError):
                await client.runs.get(RUN_ID, retry=None)

    run_virtually(main())
