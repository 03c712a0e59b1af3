"""The aiohttp backend over real sockets: what it sends and reads exactly, and what happens when it is closed."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator

import httpx
import pytest

from deepnote_async import (
    AsyncDeepnote,
    ConnectError,
    UnexpectedRedirectError,
)
from deepnote_async.transport.aiohttp_backend import AiohttpBackend
from deepnote_async.transport.backend import shared_ssl_context
from deepnote_async.transport.deadline import Deadline
from deepnote_async.transport.options import CONTEXT_KEY, CallContext
from tests.support.raw_server import Connection, hang, http, raw_server, send
from tests.support.service import RUN_ID, client_of, run_json, started_json

RUN = http("200 OK", json.dumps(run_json()).encode())


async def test_a_streamed_body_is_sent() -> None:
    seen: list[bytes] = []

    async def answer(connection: Connection) -> None:
        seen.append(await connection.read_request())
        await connection.send(RUN)

    async def body() -> AsyncIterator[bytes]:
        yield b"one "
        yield b"two"

    backend = AiohttpBackend(shared_ssl_context())
    async with raw_server(answer) as server, httpx.AsyncClient(transport=backend) as client:
        response = await client.post(server.url, content=body(), headers={"content-length": "7"})
        assert response.json()["run"]["status"] == "success"
    assert seen[0].endswith(b"one two")


async def test_an_odd_reason_phrase_does_no_harm() -> None:
    answer = http("202 Accept\xe9", json.dumps(started_json()).encode()).replace("\xe9".encode(), b"\xe9")
    async with raw_server(send(answer)) as server, AsyncDeepnote("tok", server.url) as client:
        assert (await client.runs.create("nb")).id == RUN_ID


async def test_the_first_byte_may_take_as_long_as_the_call() -> None:
    seen: list[object] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"])
        return httpx.Response(200, json=run_json())

    async with client_of(answer) as client:
        await client.runs.get(RUN_ID, timeout=300)
    assert seen == [{"connect": 5.0, "read": None, "write": None, "pool": 10.0}]


@pytest.mark.parametrize("location", ["http://[::1", "http://x:99999/", "https://evil.test/"])
async def test_a_redirect_is_one_wherever_it_points(location: str) -> None:
    answer = send(http("302 Found", b"", f"location: {location}"))
    async with raw_server(answer) as server, AsyncDeepnote("tok", server.url) as client:
        with pytest.raises(UnexpectedRedirectError):
            await client.runs.create("nb")


@pytest.mark.parametrize("size", [0, 1, 1 << 16, (1 << 16) + 1, 1 << 20])
async def test_an_answer_of_any_length_gives_its_connection_back(size: int) -> None:
    async def answer_all(connection: Connection) -> None:
        while True:
            await connection.read_request()
            await connection.send(http("200 OK", b"x" * size))

    backend = AiohttpBackend(shared_ssl_context())
    async with raw_server(answer_all) as server, httpx.AsyncClient(transport=backend) as client:
        for _ in range(3):
            assert len((await client.get(server.url)).content) == size
        assert server.connections == 1


async def test_a_short_compressed_answer_is_decoded_once() -> None:
    answer = http("200 OK", gzip.compress(b'{"a": 1}'), "content-encoding: gzip")
    backend = AiohttpBackend(shared_ssl_context())
    async with raw_server(send(answer)) as server, httpx.AsyncClient(transport=backend) as client:
        assert (await client.get(server.url)).json() == {"a": 1}


async def test_a_large_body_is_sent_whole_and_without_a_warning() -> None:
    seen: list[bytes] = []

    async def answer(connection: Connection) -> None:
        seen.append(await connection.read_request())
        await connection.send(RUN)

    body = bytes(range(256)) * (1 << 13)
    backend = AiohttpBackend(shared_ssl_context())
    async with raw_server(answer) as server, httpx.AsyncClient(transport=backend) as client:
        await client.post(server.url, content=body)  # aiohttp warns of bytes beyond 1 MiB, and warnings are errors
    assert seen[0].partition(b"\r\n\r\n")[2] == body


async def test_no_header_is_added_to_a_bare_request() -> None:
    seen: list[bytes] = []

    async def answer(connection: Connection) -> None:
        while True:
            seen.append(await connection.read_request())
            await connection.send(RUN)

    backend = AiohttpBackend(shared_ssl_context())
    async with raw_server(answer) as server:
        for method in ("GET", "POST"):
            request = httpx.Request(method, server.url, headers={b"x-name": "caf\xe9".encode()})
            await (await backend.handle_async_request(request)).aread()
        await backend.aclose()
    for head in seen:
        names = {line.partition(b":")[0].lower() for line in head.split(b"\r\n")[1:] if line}
        assert names <= {b"host", b"x-name", b"content-length"}
        assert "caf\xe9".encode() in head


async def test_a_header_that_aiohttp_refuses_was_not_sent() -> None:
    async with raw_server(send(RUN)) as server:
        backend = AiohttpBackend(shared_ssl_context())
        context = CallContext("GET", "/", Deadline.after(None), 0.0)
        request = httpx.Request("GET", server.url, headers={"x": "a\nb"}, extensions={CONTEXT_KEY: context})
        with pytest.raises(httpx.LocalProtocolError):
            await backend.handle_async_request(request)
        await backend.aclose()
    assert context.record.sent == "no"


async def test_a_call_that_waits_when_the_client_is_closed_is_told_and_not_cancelled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """aiohttp cancels whoever waits for a connection when it is closed."""
    resolving = asyncio.Event()

    async def resolve(*_arguments: object, **_options: object) -> list[object]:
        resolving.set()
        await asyncio.sleep(3600)
        raise AssertionError("unreachable")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    client = AsyncDeepnote("tok", "https://api.example.test", retry=None)
    start = asyncio.ensure_future(client.runs.create("nb"))
    await resolving.wait()
    await client.aclose()
    with pytest.raises(ConnectError, match="closed meanwhile") as caught:
        await start
    assert caught.value.sent == "no"


async def test_a_cancelled_call_stays_cancelled_even_if_the_client_is_being_closed() -> None:
    async with raw_server(hang) as server:
        client = AsyncDeepnote("tok", server.url, retry=None)
        call = asyncio.ensure_future(client.runs.get(RUN_ID))
        while server.connections == 0:
            await asyncio.sleep(0.01)
        call.cancel()
        await client.aclose()
        with pytest.raises(asyncio.CancelledError):
            await call
