"""What counts as a refusal, what as unknown, and what is never told: tokens, cookies, headers."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import anyio
import httpx
import pytest

from deepnote_async import (
    AsyncDeepnote,
    AuthenticationError,
    BadRequestError,
    ConnectionLostError,
    DeadlineExceededError,
    DeepnoteError,
    RateLimitError,
    RunStartUnknownError,
    ServerError,
    UnexpectedRedirectError,
)
from tests.support.service import RUN_ID, client_of, run_json
from tests.support.virtual_time import run_virtually


async def error_of(
    answer: Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]], **options: Any
) -> DeepnoteError:
    async with client_of(answer) as client:
        with pytest.raises(DeepnoteError) as caught:
            await client.runs.get(RUN_ID, **options)
    return caught.value


def test_silence_of_a_backend_that_does_not_trace_proves_nothing() -> None:
    async def swallow(_request: httpx.Request) -> httpx.Response:
        await anyio.sleep(3600)
        raise AssertionError("unreachable")

    async def main() -> None:
        async with client_of(swallow) as client:
            with pytest.raises(RunStartUnknownError) as caught:
                await client.runs.create("nb", timeout=5)
        assert isinstance(caught.value.__cause__, DeadlineExceededError)
        assert caught.value.__cause__.sent == "maybe"

    run_virtually(main())


class BrokenStream(httpx.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b'{"mess'
        raise httpx.ReadError("reset")


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (lambda: httpx.Response(307, headers={"location": "https://other.test/"}), UnexpectedRedirectError),
        (lambda: httpx.Response(429, stream=BrokenStream()), RateLimitError),
        (
            lambda: httpx.Response(400, stream=httpx.ByteStream(b"x"), headers={"content-encoding": "gzip"}),
            BadRequestError,
        ),
    ],
)
async def test_a_refusal_is_one_even_when_its_body_cannot_be_read(
    response: Callable[[], httpx.Response], kind: type[DeepnoteError]
) -> None:
    async with client_of(lambda _: response()) as client:
        with pytest.raises(kind):
            await client.runs.create("nb")


async def test_a_success_whose_body_breaks_leaves_a_start_unknown() -> None:
    async with client_of(lambda _: httpx.Response(202, stream=BrokenStream())) as client:
        with pytest.raises(RunStartUnknownError):
            await client.runs.create("nb")


async def test_a_hook_of_the_users_client_that_raises_for_status_is_mapped() -> None:
    async def strict(response: httpx.Response) -> None:
        response.raise_for_status()

    transport = httpx.MockTransport(lambda _: httpx.Response(500, json={"message": "down"}))
    async with (
        httpx.AsyncClient(transport=transport, event_hooks={"response": [strict]}) as backend,
        AsyncDeepnote("tok", "https://api.example.test", http_client=backend) as client,
    ):
        with pytest.raises(ServerError) as caught:
            await client.me.get()
        with pytest.raises(RunStartUnknownError):
            await client.runs.create("nb")
    assert caught.value.__context__ is None


async def test_an_answer_compressed_twice_is_not_unpacked() -> None:
    bomb = gzip.compress(gzip.compress(b"\0" * (1 << 20)))
    stream = httpx.ByteStream(bomb)
    error = await error_of(lambda _: httpx.Response(200, stream=stream, headers={"content-encoding": "gzip, gzip"}))
    assert isinstance(error, ConnectionLostError)
    assert "compressed more than once" in str(error)


async def test_the_token_is_taken_out_of_what_the_service_says() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        token = request.headers["authorization"].removeprefix("Bearer ")
        return httpx.Response(401, json={"message": f"Invalid API key: {token}, see ?sv=1&sig=abc%3D"})

    async with client_of(answer, token="tok-for-tests") as client:
        with pytest.raises(AuthenticationError, match=r"Invalid API key: \*\*\*, see \?sv=1&sig=\*\*\*") as caught:
            await client.me.get()
    assert "tok-for-tests" not in str(vars(caught.value))


async def test_cookies_of_an_answer_are_not_kept() -> None:
    seen: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("cookie"))
        return httpx.Response(200, json=run_json(), headers={"set-cookie": "a=b; Path=/"})

    async with client_of(answer) as client:
        await client.runs.get(RUN_ID)
        await client.runs.get(RUN_ID)
    assert seen == [None, None]


@pytest.mark.parametrize("headers", [{"x-a": "b\nc"}, {"x-a": "\u00e9"}, {"x\r": "a"}, {"": "a"}])
async def test_headers_that_cannot_be_are_refused_without_their_value(headers: dict[str, str]) -> None:
    async with client_of(lambda _: httpx.Response(200)) as client:
        with pytest.raises(ValueError, match="holds a character that no header can") as caught:
            await client.runs.create("nb", extra_headers=headers)
    assert "b\nc" not in str(caught.value)


@pytest.mark.parametrize("timeout", [-1.0, float("nan"), "10"])
async def test_a_run_with_an_impossible_timeout_is_not_started(timeout: Any) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        raise AssertionError("a request was sent")

    async with client_of(answer) as client:
        with pytest.raises((ValueError, TypeError), match="timeout"):
            await client.runs.run("nb", timeout=timeout)
