"""What arrives at a client when a plan's faults happen, seen from a bare socket, and what is told of them."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import threading
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import anyio
import httpx
import pytest
import yaml
from attrs import frozen

from deepnote_emulator import Emulator, Fault, FaultStep
from deepnote_emulator.faults.wire import GARBAGE, HALF_STATUS_LINE
from deepnote_emulator.server import datalore

ROOT = Path(__file__).resolve().parents[2]
PHASES: tuple[Literal["before", "after"], ...] = ("before", "after")


@frozen
class Seen:
    """What a client received, and how the connection ended: "FIN", "RST", or "open" where the answer was complete."""

    data: bytes
    end: str

    @property
    def head(self) -> bytes:
        return self.data.partition(b"\r\n\r\n")[0]

    @property
    def status(self) -> int:
        return int(self.data.split(b" ")[1])

    @property
    def body(self) -> bytes:
        return self.data.partition(b"\r\n\r\n")[2]

    def header(self, name: str) -> str | None:
        lines = dict(line.lower().split(b": ", 1) for line in self.head.split(b"\r\n")[1:])
        value = lines.get(name.encode())
        return value.decode() if value is not None else None


class Client:
    """Speaks to an emulator over bare sockets."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.notebook_id = emulator.notebook_id("score.deepnote")

    @asynccontextmanager
    async def asking(
        self, method: str, path: str, body: bytes = b"", token: str | None = None
    ) -> AsyncIterator[asyncio.StreamReader]:
        """Send a request; gives what can be read. Leaving the block leaves the emulator."""
        host, port = self.emulator.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token or self.emulator.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        try:
            writer.write(head.encode() + body)
            yield reader
        finally:
            writer.transport.abort()

    async def ask(self, method: str, path: str, body: bytes = b"", token: str | None = None) -> Seen:
        """Send a request and read until the answer is complete or the connection ends."""
        data = b""
        with anyio.fail_after(30):
            async with self.asking(method, path, body, token) as reader:
                while not _is_complete(data):
                    try:
                        piece = await reader.read(65536)
                    except ConnectionResetError:
                        return Seen(data, "RST")
                    if not piece:
                        return Seen(data, "FIN")
                    data += piece
        return Seen(data, "open")

    async def start(self) -> Seen:
        """Start a run."""
        return await self.ask("POST", "/v2/runs", json.dumps({"notebookId": self.notebook_id}).encode())

    async def runs(self) -> int:
        """Count the runs that there are."""
        seen = await self.ask("GET", f"/v2/notebooks/{self.notebook_id}/runs?pageSize=100")
        return len(json.loads(seen.body)["runs"])

    async def started_with(self, kind: Any, phase: Any, **options: Any) -> Seen:
        """Start a run to which a fault happens; asserts that the run is there if it should be, and what is told."""
        before = await self.runs()
        self.emulator.faults.set([FaultStep("createRun", Fault(kind, phase=phase, **options))])
        seen = await self.start()
        assert await self.runs() - before == (phase == "after")
        (entry,) = self.emulator.faults.journal
        assert (entry.operation, entry.phase, entry.applied) == ("createRun", phase, phase == "after")
        assert entry.status == (seen.status if _has_status_line(seen.data) else None)
        assert self.emulator.faults.left == (0,)
        return seen


def _has_status_line(data: bytes) -> bool:
    return data.startswith(b"HTTP/1.1 ") and b"\r\n" in data


def _is_complete(data: bytes) -> bool:
    seen = Seen(data, "open")
    if not _has_status_line(data) or b"\r\n\r\n" not in data or seen.header("connection") == "close":
        return False
    return len(seen.body) == int(seen.header("content-length") or 0)


@pytest.fixture(autouse=True)
def _the_server_says_nothing(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Hold every test to it: a fault on purpose is no accident for the log."""
    caplog.set_level(logging.WARNING)
    yield
    assert [record.getMessage() for record in caplog.get_records("call")] == []


@pytest.fixture(scope="module")
def simulated(notebooks: Path) -> Iterator[Emulator]:
    with Emulator(notebooks, engine="simulated") as emulator:
        yield emulator


@pytest.fixture
def client(simulated: Emulator) -> Iterator[Client]:
    yield Client(simulated)
    simulated.faults.clear()


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
async def test_a_connection_ends_without_an_answer(client: Client, phase: str, kind: str, expected: Seen) -> None:
    assert await client.started_with(kind, phase) == expected


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize(("kind", "end"), [("reset_in_body", "RST"), ("close_in_body", "FIN")])
async def test_half_the_body_comes_and_then_the_end(client: Client, phase: str, kind: str, end: str) -> None:
    seen = await client.started_with(kind, phase)
    assert (seen.status, seen.end) == (202, end)
    assert len(seen.body) == int(seen.header("content-length") or 0) // 2
    assert seen.body.startswith(b'{"runId": "')


@pytest.mark.parametrize("phase", PHASES)
async def test_a_length_is_too_large(client: Client, phase: str) -> None:
    seen = await client.started_with("wrong_length", phase)
    assert (seen.status, seen.end) == (202, "FIN")
    assert int(seen.header("content-length") or 0) == len(seen.body) + 100
    assert json.loads(seen.body)["status"] == "pending"


@pytest.mark.parametrize("phase", PHASES)
async def test_a_chunk_is_broken(client: Client, phase: str) -> None:
    seen = await client.started_with("broken_chunk", phase)
    assert (seen.status, seen.end) == (202, "FIN")
    assert seen.header("transfer-encoding") == "chunked"
    size, chunk, rest = seen.body.split(b"\r\n", 2)
    assert int(size, 16) == len(chunk)
    assert rest == b"not a size\r\n"


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("part", ["headers", "body"])
async def test_an_answer_drips_and_is_whole_in_the_end(client: Client, phase: str, part: str) -> None:
    seen = await client.started_with("drip", phase, seconds=0, part=part)
    assert (seen.status, seen.end) == (202, "FIN")
    assert len(seen.body) == int(seen.header("content-length") or 0)
    assert json.loads(seen.body)["status"] == "pending"


@pytest.mark.parametrize("part", ["headers", "body"])
async def test_what_drips_comes_byte_by_byte(client: Client, part: str) -> None:
    client.emulator.faults.set([FaultStep("getMe", Fault("drip", seconds=0.01, part=part))])  # type: ignore[arg-type]
    pieces: list[bytes] = []
    async with client.asking("GET", "/v2/me") as reader:
        while len(pieces) < 5:
            pieces.append(await reader.read(65536))
    assert min(len(piece) for piece in pieces) == 1
    assert (b"\r\n\r\n" in b"".join(pieces)) == (part == "body")


@pytest.mark.parametrize("phase", PHASES)
async def test_an_answer_that_never_comes_ends_with_the_client(client: Client, phase: str) -> None:
    before = await client.runs()
    client.emulator.faults.set([FaultStep("createRun", Fault("hang", phase=phase))])  # type: ignore[arg-type]
    body = json.dumps({"notebookId": client.notebook_id}).encode()
    async with client.asking("POST", "/v2/runs", body) as reader:
        await until(lambda: open_lines(client) == 1)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await reader.read(1)
    await until(lambda: open_lines(client) == 0)
    (entry,) = client.emulator.faults.journal
    assert (entry.applied, entry.status) == (phase == "after", None)
    assert await client.runs() - before == (phase == "after")


def open_lines(client: Client) -> int:
    return client.emulator._with_faults(lambda book: len(book._lines))


async def until(condition: Any) -> None:
    with anyio.fail_after(30):
        while not condition():
            await anyio.sleep(0.005)


@pytest.mark.parametrize("phase", PHASES)
async def test_whole_answers_with_wrong_bodies(client: Client, phase: str) -> None:
    bodies = {}
    for kind in ("truncated_json", "empty", "null", "list", "stacked_gzip", "html"):
        seen = await client.started_with(kind, phase)
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
async def test_a_bomb_is_small_on_the_wire_and_decodes_to_its_size(client: Client, size: int) -> None:
    seen = await client.started_with("gzip_bomb", "before", size=size)
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
    client: Client, phase: str, options: dict[str, Any], kind: str | None, body: bytes
) -> None:
    seen = await client.started_with("status", phase, **options)
    assert (seen.status, seen.body, seen.end) == (options["status"], body, "open")
    assert (seen.header("content-type") or "").split(";")[0] == (kind or "")
    for name, value in options.get("headers", {}).items():
        assert seen.header(name.lower()) == value


@pytest.mark.parametrize("phase", PHASES)
async def test_a_delayed_call_goes_on_normally(client: Client, phase: str) -> None:
    client.emulator.faults.set([FaultStep("createRun", Fault("delay", phase=phase, seconds=0.01))])  # type: ignore[arg-type]
    seen = await client.start()
    assert json.loads(seen.body)["status"] == "pending"
    (entry,) = client.emulator.faults.journal
    assert (entry.applied, entry.status) == (True, 202)


async def test_what_is_refused_afterwards_was_not_applied(client: Client) -> None:
    client.emulator.faults.set([FaultStep("createRun", Fault("wrong_length", phase="after"))])
    seen = await client.ask("POST", "/v2/runs", b"{}")
    assert json.loads(seen.body) == {"message": "The body lacks notebookId"}
    (entry,) = client.emulator.faults.journal
    assert (entry.applied, entry.status) == (False, 400)


async def test_an_answer_without_a_body_gets_one_to_break(client: Client) -> None:
    created = await client.ask("POST", "/v2/projects", b'{"name": "P"}')
    project_id = json.loads(created.body)["project"]["id"]
    client.emulator.faults.set([FaultStep("deleteProject", Fault("close_in_body", phase="after"))])
    seen = await client.ask("DELETE", f"/v2/projects/{project_id}")
    assert (seen.status, seen.end) == (200, "FIN")
    assert 0 < len(seen.body) < int(seen.header("content-length") or 0)
    assert (await client.ask("GET", f"/v2/projects/{project_id}")).status == 404


async def test_a_large_answer_is_broken_in_its_middle(client: Client) -> None:
    notebook = json.dumps({"notebookId": client.notebook_id, "type": "code", "content": "#" * 4_000_000}).encode()
    created = json.loads((await client.ask("POST", "/v2/blocks", notebook)).body)["block"]["id"]
    client.emulator.faults.set([FaultStep("getBlock", Fault("reset_in_body", phase="after"))])
    seen = await client.ask("GET", f"/v2/blocks/{created}")
    assert seen.end == "RST"
    assert len(seen.body) == int(seen.header("content-length") or 0) // 2 > 1_000_000
    await client.ask("DELETE", f"/v2/blocks/{created}")


async def test_a_client_that_does_not_read_holds_nothing_up_for_ever(client: Client) -> None:
    block = json.dumps({"notebookId": client.notebook_id, "type": "code", "content": "#" * 12_000_000}).encode()
    created = json.loads((await client.ask("POST", "/v2/blocks", block)).body)["block"]["id"]
    client.emulator.faults.set([FaultStep("getBlock", Fault("wrong_length", phase="after"))])
    async with client.asking("GET", f"/v2/blocks/{created}") as reader:
        assert await reader.read(1) == b"H"
    await until(lambda: open_lines(client) == 0)
    await client.ask("DELETE", f"/v2/blocks/{created}")


async def test_a_large_request_is_read_before_its_connection_is_closed(client: Client) -> None:
    client.emulator.faults.set([FaultStep("createRun", Fault("close"))])
    assert await client.ask("POST", "/v2/runs", b" " * 3_000_000) == Seen(b"", "FIN")


async def test_a_client_that_leaves_in_the_middle_of_its_request_leaves_nothing_behind(client: Client) -> None:
    client.emulator.faults.set(
        [FaultStep("createRun", Fault("status", status=503)), FaultStep("getMe", Fault("close"))]
    )
    host, port = client.emulator.url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    head = f"POST /v2/runs HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {client.emulator.token}\r\n"
    writer.write(f"{head}Content-Length: 100\r\n\r\n{{".encode())
    await until(lambda: client.emulator.faults.consumed == (1, 0))
    writer.transport.abort()
    await until(lambda: client.emulator.faults.journal[0].status == 503)


async def test_calls_are_counted_and_strangers_meet_no_fault(client: Client) -> None:
    before = client.emulator.calls
    client.emulator.faults.set([FaultStep("*", Fault("status", status=503), nth=2)])
    assert (await client.ask("GET", "/v2/me", token="wrong")).status == 401
    assert (await client.ask("GET", "/v2/nothing")).status == 404
    assert [(await client.ask("GET", "/v2/me")).status for _ in range(3)] == [200, 503, 200]
    assert client.emulator.calls - before == {"getMe": 4}
    assert client.emulator.calls["createNotebook"] == 0
    assert (client.emulator.faults.matched, client.emulator.faults.consumed) == ((3,), (1,))


async def test_faults_never_happen_to_the_emulators_own_routes(client: Client) -> None:
    client.emulator.faults.set([FaultStep("*", Fault("reset"), probability=1)])
    assert (await client.ask("GET", "/_emulator/coverage")).status == 200
    assert (await client.ask("GET", "/_emulator/faults")).status == 200
    assert (await client.ask("GET", "/v2/me")).end == "RST"


async def test_datalore_has_faults_of_its_own(client: Client) -> None:
    client.emulator.faults.set(
        [
            FaultStep("datalore.runNotebook", Fault("truncated_json", phase="after")),
            FaultStep("datalore.getRun", Fault("status", status=429)),
        ]
    )
    body = json.dumps({"notebookId": f"me/{client.notebook_id}"}).encode()
    seen = await client.ask("POST", "/api/run/v1/notebook", body)
    assert seen.body.startswith(b'{"runId')
    assert not seen.body.endswith(b"}")
    assert json.loads((await client.ask("GET", "/api/run/v1/x")).body) == {"error": "Too Many Requests"}
    assert client.emulator.faults.left == (0, 0)


def test_datalores_operations_are_named_as_in_its_contract() -> None:
    document = yaml.safe_load((ROOT / "datalore" / "openapi.yaml").read_text())
    told = {
        (method.upper(), path.replace("runId", "run_id")): f"datalore.{operation['operationId']}"
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if isinstance(operation, dict)
    }
    assert told.items() <= datalore.OPERATIONS.items()


async def test_a_plan_is_set_read_and_cleared_over_http(simulated: Emulator) -> None:
    steps: list[dict[str, Any]] = [
        {"operation": "createRun", "fault": {"kind": "reset", "phase": "after"}},
        {"operation": "getMe", "fault": {"kind": "status", "phase": "before", "status": 429}, "count": 2},
    ]
    headers = {"authorization": f"Bearer {simulated.token}"}
    async with httpx.AsyncClient(base_url=simulated.url, headers=headers) as http:
        put = await http.post("/_emulator/faults", json={"seed": 7, "steps": steps})
        assert put.status_code == 200
        assert (put.json()["seed"], put.json()["journal"]) == (7, [])
        assert (await http.get("/v2/me")).status_code == 429
        told = (await http.get("/_emulator/faults")).json()
        refused = await http.post("/_emulator/faults", json={"steps": [steps[0] | {"operation": "x"}]})
        unread = await http.post("/_emulator/faults", content=b"{")
        kept = (await http.get("/_emulator/faults")).json()
        cleared = await http.delete("/_emulator/faults")
        empty = (await http.get("/_emulator/faults")).json()
        stranger = await http.get("/_emulator/faults", headers={"authorization": "Bearer x"})
    assert told["steps"] == [
        steps[0] | {"matched": 0, "consumed": 0, "left": 1},
        steps[1] | {"matched": 1, "consumed": 1, "left": 1},
    ]
    assert told["journal"] == [
        {
            "number": 1, "operation": "getMe", "step": 1, "fault": steps[1]["fault"], "phase": "before",
            "applied": False, "status": 429,
        }
    ]  # fmt: skip
    assert told["calls"]["getMe"] >= 1
    assert refused.status_code == 400
    assert refused.json() == {"message": "Not a plan of faults: steps[0].operation 'x' is no operation of the emulator"}
    assert unread.status_code == 400
    assert unread.json()["message"].startswith("Not a plan of faults: Expecting property name")
    assert kept == told
    assert cleared.status_code == 204
    assert (empty["steps"], empty["journal"]) == ([], [])
    assert stranger.status_code == 401


@pytest.mark.parametrize(
    "fault", [Fault("hang"), Fault("drip", seconds=3600), Fault("delay", seconds=3600), Fault("hang", phase="after")]
)
async def test_the_end_of_the_emulator_waits_for_no_fault(notebooks: Path, fault: Fault) -> None:
    emulator = Emulator(notebooks, engine="simulated")
    threads = threading.active_count()
    emulator.start()
    try:
        client = Client(emulator)
        emulator.faults.set([FaultStep("getMe", fault)])
        asked = asyncio.create_task(client.ask("GET", "/v2/me"))
        await until(lambda: emulator.faults.consumed == (1,))
    finally:
        with anyio.fail_after(60):  # far from an hour
            await asyncio.to_thread(emulator.stop)
    seen = await asked
    assert seen.end in {"RST", "FIN"} or fault.kind == "delay"
    assert threading.active_count() <= threads + 1  # the one of to_thread
    with pytest.raises(RuntimeError, match="not running"):
        _ = emulator.faults.journal


def test_the_plan_can_be_changed_from_many_threads(simulated: Emulator) -> None:
    def change(number: int) -> None:
        simulated.faults.set([FaultStep("getMe", Fault("reset"), nth=number)] * number)

    threads = [threading.Thread(target=change, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {step.nth for step in simulated.faults.steps} == {len(simulated.faults.steps)}
    simulated.faults.clear()
    assert simulated.faults.steps == ()
