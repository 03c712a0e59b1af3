"""A client over bare sockets, so that no HTTP library stands between a fault and what is said of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
from attrs import frozen

from deepnote_emulator import Emulator, Fault, FaultStep


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


def open_lines(client: Client) -> int:
    """Count the connections that faults hold."""
    return client.emulator._with_faults(lambda book: len(book._lines))


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something holds."""
    with anyio.fail_after(30):
        while not condition():
            await anyio.sleep(0.005)
