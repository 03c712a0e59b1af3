"""Whether a request may have been applied: what is told of it, and what follows from that."""

from __future__ import annotations

import anyio
import httpx
import pytest

from deepnote_async import (
    ConnectError,
    DeadlineExceededError,
    Retry,
    RunStartUnknownError,
)
from tests.support.service import RUN_ID, client_of, started_json
from tests.support.virtual_time import run_virtually

NOON = "Wed, 01 Jan 2025 12:00:00 GMT"


def test_what_was_not_handed_over_has_not_left() -> None:
    async def main() -> None:
        asking = anyio.Event()

        async def token() -> str:
            asking.set()
            await anyio.sleep_forever()
            raise AssertionError("unreachable")

        async with client_of(lambda _: httpx.Response(202, json=started_json()), token=token) as client:
            with pytest.raises(DeadlineExceededError) as caught:
                await client.runs.create("nb", timeout=0.01)
            assert asking.is_set()
            assert caught.value.sent == "no"

    run_virtually(main())


def test_no_time_left_means_that_nothing_is_sent() -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        raise AssertionError("it was sent")

    async def main() -> None:
        async with client_of(answer, retry=Retry()) as client:
            for call in (client.runs.create("nb", timeout=0), client.runs.get(RUN_ID, timeout=0)):
                with pytest.raises(DeadlineExceededError) as caught:
                    await call
                assert caught.value.sent == "no"

    run_virtually(main())


def test_a_refused_token_that_cannot_be_renewed_in_time_means_that_nothing_was_applied() -> None:
    asked = 0

    async def token() -> str:
        nonlocal asked
        asked += 1
        if asked > 1:
            await anyio.sleep_forever()
        return "tok"

    async def main() -> None:
        async with client_of(lambda _: httpx.Response(401, json={}), token=token) as client:
            with pytest.raises(DeadlineExceededError) as caught:
                await client.runs.create("nb", timeout=5)
            assert caught.value.sent == "no"

    run_virtually(main())


def test_a_proxys_refusal_after_sending_is_no_licence_to_send_again() -> None:
    requests = 0

    async def answer(request: httpx.Request) -> httpx.Response:
        nonlocal requests
        requests += 1
        await request.extensions["trace"]("http11.send_request_headers.started", {})
        raise httpx.ProxyError("late")

    async def main() -> None:
        async with client_of(answer, retry=Retry()) as client:
            with pytest.raises(RunStartUnknownError):
                await client.runs.create("nb")

    run_virtually(main())
    assert requests == 1


def test_what_may_have_arrived_once_is_not_called_unsent_later() -> None:
    faults = [httpx.ReadError("reset"), *[httpx.ConnectError("refused")] * 3]

    def answer(_request: httpx.Request) -> httpx.Response:
        raise faults.pop(0)

    async def main() -> None:
        async with client_of(answer, retry=Retry()) as client:
            with pytest.raises(ConnectError) as caught:
                await client.notebooks.delete("nb")
            assert (caught.value.sent, caught.value.attempts) == ("maybe", 4)

    run_virtually(main())


def test_the_budget_gets_back_what_a_delete_took() -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        if answers.pop(0):
            raise httpx.ReadError("reset")
        return httpx.Response(404)

    answers = [True, False] * 100

    async def main() -> None:
        async with client_of(answer, retry=Retry()) as client:
            for _ in range(100):  # more than the budget could pay for
                await client.notebooks.delete("nb")

    run_virtually(main())


def test_a_request_that_is_sent_twice_has_its_time_twice() -> None:
    async def main() -> None:
        async with client_of(lambda _: httpx.Response(200, json={}), timeout=3) as client:
            http = client.generated.get_async_httpx_client()
            request = http.build_request("GET", "/v2/anything")
            for _ in range(2):
                assert (await http.send(request)).status_code == 200
                await anyio.sleep(5)

    run_virtually(main())
