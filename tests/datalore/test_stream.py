"""`Transport.stream`: the policy holds for bodies that are read piece by piece."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator

import anyio
import httpx
import pytest

from deepnote_async import (
    ConnectionLostError,
    DeadlineExceededError,
    ResponseTooLargeError,
    ServerError,
    UnexpectedRedirectError,
)
from deepnote_async.transport import Transport
from tests.support.virtual_time import run_virtually

URL = "https://api.example.test"


def transport(answer: object, token: object = "tok", timeout: float | None = 60) -> Transport:
    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    return Transport(token, URL, timeout=timeout, retry=None, rate=None, http_client=http, on_event=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def read(made: Transport, url: str = "/x", max_bytes: int | None = None) -> bytes:
    async with made.stream("GET", "/{x}", {"url": url}, max_bytes=max_bytes) as body:
        return await body.read()


async def test_the_token_goes_to_its_own_origin_only() -> None:
    seen: dict[str, str | None] = {}

    def answer(request: httpx.Request) -> httpx.Response:
        seen[request.url.host] = request.headers.get("authorization")
        return httpx.Response(200, content=b"body", headers={"content-type": "Text/CSV; charset=x"})

    made = transport(answer)
    assert await read(made) == b"body"
    assert await read(made, "https://elsewhere.test/x") == b"body"
    assert seen == {"api.example.test": "Bearer tok", "elsewhere.test": None}
    async with made.stream("GET", "/x", {"url": "/x"}) as body:
        assert (body.content_type, body.size, body.received) == ("text/csv", 4, 0)
    await made.aclose()


async def test_errors_and_redirects_are_mapped_with_their_bodies_read() -> None:
    failing = transport(lambda _: httpx.Response(500, json={"message": "because"}))
    with pytest.raises(ServerError, match="because"):
        await read(failing)
    redirecting = transport(lambda _: httpx.Response(302, headers={"location": "https://elsewhere.test"}))
    with pytest.raises(UnexpectedRedirectError):
        await read(redirecting)


async def test_a_refused_token_is_renewed_before_the_body_begins() -> None:
    tokens = iter(["old", "new"])

    def answer(request: httpx.Request) -> httpx.Response:
        fresh = request.headers["authorization"] == "Bearer new"
        return httpx.Response(200, content=b"body") if fresh else httpx.Response(401, json={})

    assert await read(transport(answer, lambda: next(tokens))) == b"body"


async def test_the_limit_counts_decoded_bytes() -> None:
    bomb = gzip.compress(b"0" * (8 << 20))
    made = transport(lambda _: httpx.Response(200, content=bomb, headers={"content-encoding": "gzip"}))
    with pytest.raises(ResponseTooLargeError, match="larger than 1048576 bytes"):
        await read(made, max_bytes=1 << 20)
    assert len(await read(made, max_bytes=8 << 20)) == 8 << 20
    assert len(await read(made)) == 8 << 20


def test_the_deadline_spans_the_whole_body() -> None:
    async def slow() -> AsyncIterator[bytes]:
        for _ in range(10):
            await anyio.sleep(1)
            yield b"x" * (1 << 18)

    async def main() -> float:
        made = transport(lambda _: httpx.Response(200, content=slow()), timeout=3.5)
        began = anyio.current_time()
        with pytest.raises(DeadlineExceededError, match=r"Not done within 3\.5 s: the answer had begun"):
            await read(made)
        return anyio.current_time() - began

    assert run_virtually(main()) == 3.5


async def test_a_body_that_breaks_is_a_lost_connection() -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise httpx.ReadError("broken")

    with pytest.raises(ConnectionLostError) as caught:
        await read(transport(lambda _: httpx.Response(200, content=broken())))
    assert caught.value.sent == "yes"
    assert caught.value.__context__ is None


class Endless(httpx.AsyncByteStream):
    """A body without end that tells when it is closed."""

    def __init__(self) -> None:
        self.closed = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            yield b"x" * (1 << 18)

    async def aclose(self) -> None:
        self.closed += 1


async def test_a_body_that_is_left_early_is_closed() -> None:
    bodies: list[Endless] = []

    def answer(_request: httpx.Request) -> httpx.Response:
        bodies.append(Endless())
        return httpx.Response(200, stream=bodies[-1])

    made = transport(answer)
    async with made.stream("GET", "/x", {"url": "/x"}) as body:
        async for _piece in body:
            break
    with pytest.raises(RuntimeError, match="enough"):
        async with made.stream("GET", "/x", {"url": "/x"}):
            raise RuntimeError("enough")
    assert [body.closed for body in bodies] == [1, 1]
