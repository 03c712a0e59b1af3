"""What arrives at a client when a fault happens, and whether the operation was carried out."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Literal

import anyio
import pytest
from aiohttp import web

from deepnote_emulator import Fault, FaultStep
from deepnote_emulator.faults.wire import GARBAGE, HALF_STATUS_LINE, Sent, Wire
from tests.emulator.bare_client import Client, Seen, open_lines, until

PHASES: tuple[Literal["before", "after"], ...] = ("before", "after")
pytestmark = pytest.mark.usefixtures("silent_server")


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("reset", Seen(b"", "RST")),
        ("close", Seen(b"", "FIN")),
        ("half_status_line", Seen(HALF_STATUS_LINE, "FIN")),
        ("garbage", Seen(GARBAGE, "FIN")),
    ],
)
async def test_a_connection_ends_without_an_answer(bare: Client, phase: str, kind: str, expected: Seen) -> None:
    assert await bare.started_with(kind, phase) == expected


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize(("kind", "end"), [("reset_in_body", "RST"), ("close_in_body", "FIN")])
async def test_half_the_body_comes_and_then_the_end(bare: Client, phase: str, kind: str, end: str) -> None:
    seen = await bare.started_with(kind, phase)
    assert (seen.status, seen.end) == (202, end)
    assert len(seen.body) == int(seen.header("content-length") or 0) // 2
    assert seen.body.startswith(b'{"runId": "')


@pytest.mark.parametrize("phase", PHASES)
async def test_a_length_is_too_large(bare: Client, phase: str) -> None:
    seen = await bare.started_with("wrong_length", phase)
    assert (seen.status, seen.end) == (202, "FIN")
    assert int(seen.header("content-length") or 0) == len(seen.body) + 100
    assert json.loads(seen.body)["status"] == "pending"


@pytest.mark.parametrize("phase", PHASES)
async def test_a_chunk_is_broken(bare: Client, phase: str) -> None:
    seen = await bare.started_with("broken_chunk", phase)
    assert (seen.status, seen.end) == (202, "FIN")
    assert seen.header("transfer-encoding") == "chunked"
    size, chunk, rest = seen.body.split(b"\r\n", 2)
    assert int(size, 16) == len(chunk)
    assert rest == b"not a size\r\n"


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("part", ["headers", "body"])
async def test_an_answer_drips_and_is_whole_in_the_end(bare: Client, phase: str, part: str) -> None:
    seen = await bare.started_with("drip", phase, seconds=0, part=part)
    assert (seen.status, seen.end) == (202, "FIN")
    assert len(seen.body) == int(seen.header("content-length") or 0)
    assert json.loads(seen.body)["status"] == "pending"


@pytest.mark.parametrize("part", ["headers", "body"])
async def test_what_drips_comes_byte_by_byte(bare: Client, part: str) -> None:
    bare.emulator.faults.set([FaultStep("getMe", Fault("drip", seconds=0.01, part=part))])  # type: ignore[arg-type]
    pieces: list[bytes] = []
    async with bare.asking("GET", "/v2/me") as reader:
        while len(pieces) < 5:
            pieces.append(await reader.read(65536))
    assert min(len(piece) for piece in pieces) == 1
    assert (b"\r\n\r\n" in b"".join(pieces)) == (part == "body")


@pytest.mark.parametrize("phase", PHASES)
async def test_an_answer_that_never_comes_ends_with_the_client(bare: Client, phase: str) -> None:
    before = await bare.runs()
    bare.emulator.faults.set([FaultStep("createRun", Fault("hang", phase=phase))])  # type: ignore[arg-type]
    body = json.dumps({"notebookId": bare.notebook_id}).encode()
    async with bare.asking("POST", "/v2/runs", body) as reader:
        await until(lambda: open_lines(bare) == 1)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await reader.read(1)
    await until(lambda: open_lines(bare) == 0)
    (entry,) = bare.emulator.faults.journal
    assert (entry.applied, entry.status) == (phase == "after", None)
    assert await bare.runs() - before == (phase == "after")


@pytest.mark.parametrize("phase", PHASES)
async def test_whole_answers_with_wrong_bodies(bare: Client, phase: str) -> None:
    bodies = {}
    for kind in ("truncated_json", "empty", "null", "list", "stacked_gzip", "html"):
        seen = await bare.started_with(kind, phase)
        assert seen.end == "open"
        assert seen.status == (200 if kind == "html" else 202)
        assert seen.header("content-type") == f"{'text/html' if kind == 'html' else 'application/json'}; charset=utf-8"
        bodies[kind] = seen.body
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        json.loads(bodies["truncated_json"])
    assert bodies["truncated_json"].startswith(b'{"runId"')
    assert bodies["empty"] == b""
    assert bodies["null"] == b"null"
    assert [list(item) for item in json.loads(bodies["list"])] == [["runId", "status", "createdAt"]]
    assert json.loads(gzip.decompress(gzip.decompress(bodies["stacked_gzip"])))["status"] == "pending"
    assert b"<html>" in bodies["html"]


@pytest.mark.parametrize("size", [1, 2, 3, 5_000_000])
async def test_a_bomb_is_small_on_the_wire_and_decodes_to_its_size(bare: Client, size: int) -> None:
    seen = await bare.started_with("gzip_bomb", "before", size=size)
    assert seen.header("content-encoding") == "gzip"
    assert len(seen.body) < size / 500 + 100
    assert len(zlib.decompress(seen.body, wbits=31)) == size


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize(
    ("options", "kind", "body"),
    [
        ({"status": 429, "headers": {"Retry-After": "2"}}, "application/json", b'{"message": "Too Many Requests"}'),
        ({"status": 408}, "application/json", b'{"message": "Request Timeout"}'),
        ({"status": 799}, "application/json", b'{"message": "Status 799"}'),
        ({"status": 503, "body": {"message": "soon"}}, "application/json", b'{"message": "soon"}'),
        (
            {"status": 502, "body": "<p>é</p>", "headers": {"Content-Type": "text/html"}},
            "text/html",
            "<p>é</p>".encode(),
        ),
        ({"status": 500, "body": "plain"}, "text/plain", b"plain"),
        ({"status": 500, "body": ""}, "text/plain", b""),
        ({"status": 302, "headers": {"location": "http://127.0.0.1:9/x"}}, None, b""),
    ],
)
async def test_a_status_instead_of_the_answer(
    bare: Client, phase: str, options: dict[str, Any], kind: str | None, body: bytes
) -> None:
    seen = await bare.started_with("status", phase, **options)
    assert (seen.status, seen.body, seen.end) == (options["status"], body, "open")
    assert (seen.header("content-type") or "").split(";")[0] == (kind or "")
    for name, value in options.get("headers", {}).items():
        assert seen.header(name.lower()) == value


@pytest.mark.parametrize("phase", PHASES)
async def test_a_delayed_call_goes_on_normally(bare: Client, phase: str) -> None:
    bare.emulator.faults.set([FaultStep("createRun", Fault("delay", phase=phase, seconds=0.01))])  # type: ignore[arg-type]
    seen = await bare.start()
    assert json.loads(seen.body)["status"] == "pending"
    (entry,) = bare.emulator.faults.journal
    assert (entry.applied, entry.status) == (True, 202)


async def test_an_answer_without_a_body_gets_one_to_break(bare: Client) -> None:
    created = await bare.ask("POST", "/v2/projects", b'{"name": "P"}')
    project_id = json.loads(created.body)["project"]["id"]
    bare.emulator.faults.set([FaultStep("deleteProject", Fault("close_in_body", phase="after"))])
    seen = await bare.ask("DELETE", f"/v2/projects/{project_id}")
    assert (seen.status, seen.end) == (200, "FIN")
    assert 0 < len(seen.body) < int(seen.header("content-length") or 0)
    assert (await bare.ask("GET", f"/v2/projects/{project_id}")).status == 404


async def test_a_large_answer_is_broken_in_its_middle(bare: Client) -> None:
    notebook = json.dumps({"notebookId": bare.notebook_id, "type": "code", "content": "#" * 4_000_000}).encode()
    created = json.loads((await bare.ask("POST", "/v2/blocks", notebook)).body)["block"]["id"]
    bare.emulator.faults.set([FaultStep("getBlock", Fault("reset_in_body", phase="after"))])
    seen = await bare.ask("GET", f"/v2/blocks/{created}")
    assert seen.end == "RST"
    assert len(seen.body) == int(seen.header("content-length") or 0) // 2 > 1_000_000
    await bare.ask("DELETE", f"/v2/blocks/{created}")


async def test_a_client_that_does_not_read_holds_nothing_up_for_ever(bare: Client) -> None:
    block = json.dumps({"notebookId": bare.notebook_id, "type": "code", "content": "#" * 12_000_000}).encode()
    created = json.loads((await bare.ask("POST", "/v2/blocks", block)).body)["block"]["id"]
    bare.emulator.faults.set([FaultStep("getBlock", Fault("wrong_length", phase="after"))])
    async with bare.asking("GET", f"/v2/blocks/{created}") as reader:
        assert await reader.read(1) == b"H"
    await until(lambda: open_lines(bare) == 0)
    await bare.ask("DELETE", f"/v2/blocks/{created}")


async def test_a_large_request_is_read_before_its_connection_is_closed(bare: Client) -> None:
    bare.emulator.faults.set([FaultStep("createRun", Fault("close"))])
    assert await bare.ask("POST", "/v2/runs", b" " * 3_000_000) == Seen(b"", "FIN")


async def test_a_client_that_leaves_in_the_middle_of_its_request_leaves_nothing_behind(bare: Client) -> None:
    bare.emulator.faults.set([FaultStep("createRun", Fault("status", status=503)), FaultStep("getMe", Fault("close"))])
    host, port = bare.emulator.url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    head = f"POST /v2/runs HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {bare.emulator.token}\r\n"
    writer.write(f"{head}Content-Length: 100\r\n\r\n{{".encode())
    await until(lambda: bare.emulator.faults.consumed == (1, 0))
    writer.transport.abort()
    await until(lambda: bare.emulator.faults.journal[0].status == 503)


@asynccontextmanager
async def serving(handle: Callable[[Wire], Awaitable[None]]) -> AsyncIterator[tuple[web.AppRunner, int]]:
    """Serve requests by handing over their connections; gives the server and its port."""

    async def handler(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        await handle(Wire(request, request.transport))
        return Sent()

    app = web.Application()
    app.router.add_get("/", handler)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield runner, runner.addresses[0][1]
    finally:
        await runner.cleanup()


@asynccontextmanager
async def asking(port: int) -> AsyncIterator[asyncio.StreamReader]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    try:
        yield reader
    finally:
        writer.close()
        await writer.wait_closed()


async def test_what_is_sent_counts_as_sent_when_the_system_has_it() -> None:
    sent, size = asyncio.Event(), 1 << 25  # more than the buffers of a connection

    async def handle(wire: Wire) -> None:
        await wire.send(b"x" * size)
        sent.set()
        await wire.close()

    with anyio.fail_after(30):
        async with serving(handle) as (_, port), asking(port) as reader:
            assert await reader.readexactly(1) == b"x"
            assert not sent.is_set()
            assert len(await reader.read()) == size - 1
            assert sent.is_set()


async def test_the_server_forgets_a_connection_that_a_fault_had() -> None:
    with anyio.fail_after(30):
        async with serving(lambda wire: wire.close()) as (runner, port):
            async with asking(port) as reader:
                assert await reader.read() == b""
            assert runner.server is not None
            while runner.server.connections:
                await anyio.sleep(0.005)
            assert runner.server.requests_count == 1
