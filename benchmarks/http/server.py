"""The server to measure against: a process of its own that answers every request with the same run.

    python -m benchmarks.http.server CORE LATENCY [LATENCY ...]

listens once for each latency (seconds), prints the ports in one line, and ends when its standard input does: so it
cannot outlive whoever started it, however that one ends.
"""

from __future__ import annotations

import asyncio
import functools
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

from benchmarks.cores import pin

ROOT = Path(__file__).resolve().parent.parent.parent
RUN_ID = "0c8f1a52-6a1f-4c8e-9d3b-2f6f0a7c4e11"
STATUS = "success"
_BODY = json.dumps({
    "run": {
        "runId": RUN_ID,
        "notebookId": "5e2b7d9c-1a4f-4f0e-8b6d-3c9a7e5f2d10",
        "status": STATUS,
        "createdAt": "2026-05-04T08:30:12.345Z",
        "completedAt": "2026-05-04T08:31:40.870Z",
        "error": None,
        "snapshotStatus": "available",
        "snapshotDownloadUrl": None,
    }
}).encode()  # fmt: skip
ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8\r\n"
    b"x-request-id: 7d1b6f0e\r\ncontent-length: %d\r\n\r\n%b"
) % (len(_BODY), _BODY)
_END = b"\r\n\r\n"


class _Answers(asyncio.Protocol):
    """Answers what arrives on one connection; requests without a body, as a GET is."""

    def __init__(self, latency: float) -> None:
        self._latency = latency
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.WriteTransport | None = None
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.WriteTransport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        *requests, self._rest = (self._rest + data).split(_END)
        for _ in requests:
            if self._latency:
                self._loop.call_later(self._latency, self._answer)
            else:
                self._answer()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  (asyncio names it)
        self._transport = None

    def _answer(self) -> None:
        if self._transport is not None:
            self._transport.write(ANSWER)


@frozen
class Server:
    """A running server.

    Attributes:
        pid: its process.
        ports: where it listens on the loopback interface, by latency in seconds.
    """

    pid: int
    ports: dict[float, int]

    def url(self, latency: float) -> str:
        """Give the base URL of the listener with that latency."""
        return f"http://127.0.0.1:{self.ports[latency]}"


@contextmanager
def serving(latencies: Sequence[float], core: int | None) -> Iterator[Server]:
    """Run the server in a process of its own, and end it on the way out, whatever the reason for leaving.

    Args:
        latencies: seconds from a request to its answer; there is one listener for each.
        core: where to pin it; None leaves that to the system.

    Raises:
        RuntimeError: the process ended instead of listening.
    """
    command = [sys.executable, "-m", "benchmarks.http.server", str(core), *map(str, latencies)]
    # In a session of its own, so that Ctrl-C reaches it through us only and its end is never a traceback.
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        ports = process.stdout.readline().split() if process.stdout is not None else []
        if len(ports) != len(latencies):
            raise RuntimeError("the server of the benchmark did not start")
        yield Server(process.pid, dict(zip(latencies, map(int, ports), strict=True)))
    finally:
        process.kill()  # it holds nothing that would need an orderly end
        process.communicate()


async def _serve(latencies: Sequence[float]) -> None:
    loop = asyncio.get_running_loop()
    listeners = [
        await loop.create_server(functools.partial(_Answers, latency), "127.0.0.1", 0, backlog=2048)
        for latency in latencies
    ]
    print(*(listener.sockets[0].getsockname()[1] for listener in listeners), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    for listener in listeners:
        listener.close()


def main() -> None:
    """Serve until standard input ends."""
    core, *latencies = sys.argv[1:]
    pin(None if core == "None" else int(core))
    asyncio.run(_serve([float(latency) for latency in latencies]))


if __name__ == "__main__":
    main()
