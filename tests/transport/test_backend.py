"""The aiohttp backend over real sockets: what arrives, what breaks, and whether the request had left."""

from __future__ import annotations

import asyncio
import gc
import json
import socket

import anyio
import httpx
import pytest

from deepnote_async import (
    AsyncDeepnote,
    ConnectError,
    ConnectionLostError,
    DeadlineExceededError,
    RunStartUnknownError,
    TransportError,
)
from deepnote_async.transport.aiohttp_backend import AiohttpBackend
from deepnote_async.transport.backend import shared_ssl_context
from tests.support.raw_server import Behaviour, Connection, RawServer, hang, http, raw_server, send
from tests.support.service import RUN_ID, run_json, started_json

RUN = http("200 OK", json.dumps(run_json()).encode())


async def reset(connection: Connection) -> None:
    await connection.read_request()
    connection.reset()


async def reset_in_body(connection: Connection) -> None:
    await connection.read_request()
    await connection.send(RUN[:-20])
    connection.reset()


async def close(connection: Connection) -> None:
    await connection.read_request()


async def drip(connection: Connection) -> None:
    await connection.read_request()
    await connection.send(RUN[:-100])
    for byte in RUN[-100:]:
        await asyncio.sleep(0.1)
        await connection.send(bytes([byte]))


FAULTS: dict[str, tuple[Behaviour, type[TransportError], str, int]] = {
    "reset before an answer": (reset, ConnectionLostError, "maybe", 1),
    "closed without an answer": (close, ConnectionLostError, "maybe", 1),
    "half a status line": (send(b"HTTP/1.1 20"), ConnectionLostError, "maybe", 1),
    "something else than HTTP": (send(b"SSH-2.0-OpenSSH_9\r\n\r\n"), ConnectionLostError, "yes", 1),
    "reset in the body": (reset_in_body, ConnectionLostError, "yes", 1),
    "closed in the body": (send(RUN[:-20]), ConnectionLostError, "yes", 1),
    "broken chunk": (
        send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n{}\r\n"), ConnectionLostError, "yes", 1,
    ),
    "no answer": (hang, DeadlineExceededError, "maybe", 1),
    "one byte at a time": (drip, DeadlineExceededError, "yes", 1),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
async def test_each_fault_is_told_truthfully(fault: str) -> None:
    behaviour, kind, sent, connections = FAULTS[fault]
    async with raw_server(behaviour) as server, AsyncDeepnote("tok", server.url, retry=None) as client:
        with pytest.raises(TransportError) as caught:
            await client.runs.get(RUN_ID, timeout=0.6)
        assert type(caught.value) is kind
        assert caught.value.sent == sent
        assert server.connections == connections


@pytest.mark.parametrize("fault", FAULTS)
async def test_after_each_fault_a_start_is_unknown(fault: str) -> None:
    behaviour, kind, _sent, connections = FAULTS[fault]
    async with raw_server(behaviour) as server, AsyncDeepnote("tok", server.url) as client:
        with pytest.raises(RunStartUnknownError, match="notebook nb") as caught:
            await client.runs.create("nb", timeout=0.6)
        assert type(caught.value.__cause__) is kind
        assert caught.value.notebook_id == "nb"
        assert server.connections == connections


async def test_a_refused_connection_was_not_sent() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        async with AsyncDeepnote("tok", f"http://127.0.0.1:{port}", retry=None) as client:
            for call in (lambda: client.runs.get(RUN_ID), lambda: client.runs.create("nb")):
                with pytest.raises(ConnectError, match=f"127.0.0.1:{port}") as caught:
                    await call()
                assert caught.value.sent == "no"


async def test_https_to_a_plain_port_was_not_sent() -> None:
    async with raw_server(send(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
        async with AsyncDeepnote("tok", server.url.replace("http:", "https:")) as client:
            with pytest.raises(TransportError) as caught:
                await client.runs.create("nb", timeout=2)
        assert caught.value.sent == "no"


async def test_a_get_over_a_stale_connection_is_not_sent_twice_behind_our_back() -> None:
    requests = 0

    async def one_answer_then_close_on_the_next(connection: Connection) -> None:
        nonlocal requests
        while True:
            await connection.read_request()
            requests += 1
            if requests > 1:
                return
            await connection.send(RUN)

    async with raw_server(one_answer_then_close_on_the_next) as server, AsyncDeepnote("tok", server.url) as client:
        await client.runs.get(RUN_ID)
        with pytest.raises(ConnectionLostError):
            await client.runs.get(RUN_ID, retry=None)
    assert requests == 2


async def test_connections_are_kept() -> None:
    async def answer_all(connection: Connection) -> None:
        while True:
            await connection.read_request()
            await connection.send(RUN)

    async with raw_server(answer_all) as server, AsyncDeepnote("tok", server.url) as client:
        for _ in range(5):
            await client.runs.get(RUN_ID)
        assert server.connections == 1


async def test_the_request_arrives_as_httpx_made_it() -> None:
    seen: list[bytes] = []

    async def answer(connection: Connection) -> None:
        seen.append(await connection.read_request())
        await connection.send(http("202 Accepted", json.dumps(started_json()).encode()))

    async with raw_server(answer) as server, AsyncDeepnote("tok", server.url + "/v2") as client:
        await client.runs.create("nb/1", inputs={"n": 5.0}, check_inputs=False, extra_headers={"X-Trace": "t"})
    head, _, body = seen[0].partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    assert lines[0] == "post /v2/runs http/1.1"
    names = [line.partition(":")[0] for line in lines[1:]]
    assert len(names) == len(set(names))
    assert "authorization: bearer tok" in lines
    assert "x-trace: t" in lines
    assert "content-type: application/json" in lines
    assert json.loads(body) == {"notebookId": "nb/1", "detached": True, "inputs": {"n": "5"}}


async def test_cancelled_calls_leave_the_client_usable() -> None:
    async def answer_slowly(connection: Connection) -> None:
        while True:
            await connection.read_request()
            await asyncio.sleep(0.005)
            await connection.send(RUN)

    async with raw_server(answer_slowly) as server, AsyncDeepnote("tok", server.url) as client:

        async def cancelled(number: int) -> None:
            with anyio.move_on_after(number % 10 / 1000):
                await client.runs.get(RUN_ID)

        for _ in range(10):
            async with anyio.create_task_group() as group:
                for number in range(30):
                    group.start_soon(cancelled, number)
        for _ in range(20):
            assert (await client.runs.get(RUN_ID, timeout=20)).status == "success"


async def test_nothing_is_left_open() -> None:
    before = {task for task in asyncio.all_tasks() if not task.done()}
    async with raw_server(send(RUN)) as server:
        client = AsyncDeepnote("tok", server.url)
        await client.runs.get(RUN_ID)
        await client.aclose()
        await client.aclose()
        del client
        gc.collect()  # an unclosed session would warn here, and warnings are errors
    assert {task for task in asyncio.all_tasks() if not task.done()} <= before


def test_a_second_event_loop_is_told_in_one_sentence() -> None:
    backend = AiohttpBackend(shared_ssl_context())
    client = httpx.AsyncClient(transport=backend)

    async def use(server: RawServer) -> None:
        assert (await client.get(server.url)).status_code == 200

    async def first() -> None:
        async with raw_server(send(RUN)) as server:
            await use(server)

    async def second() -> None:
        with pytest.raises(RuntimeError, match="another event loop"):
            await client.get("http://127.0.0.1:9")
        await backend.aclose()

    asyncio.run(first())
    asyncio.run(second())
