"""A healthy service in a process of its own: quick answers, some a few milliseconds late, and files in two pieces.

It shares neither the loop nor the interpreter with the client under test, so what the client loses is the client's.
"""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FILE_BYTES = 128 << 10
LONGEST_DELAY = 0.010
SEED = 20


@contextmanager
def storm_server() -> Iterator[int]:
    """Run the service on a free port of the loopback interface; gives the port."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.storm_server"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()  # it serves for as long as somebody could write to it


class Service(asyncio.Protocol):
    """One connection. Requests come one after the other, as both backends send them."""

    def __init__(self, answers: dict[bytes, tuple[bytes, bytes]], chance: random.Random) -> None:
        self._answers = answers
        self._chance = chance
        self._received = b""
        self._late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  (named by asyncio)
        if self._late is not None:
            self._late.cancel()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end or len(body) < _length_of(head):
            return
        self._received = b""
        first, rest = self._answers[head.split(b"?")[0].split(b" ")[0] + b" " + _kind_of(head)]
        delay = self._chance.choice((0.0, self._chance.uniform(0, LONGEST_DELAY)))
        if not delay:
            self._transport.write(first + rest)
        elif rest:
            self._transport.write(first)
            self._late = asyncio.get_running_loop().call_later(delay, self._transport.write, rest)
        else:
            self._late = asyncio.get_running_loop().call_later(delay, self._transport.write, first)


def _kind_of(head: bytes) -> bytes:
    return b"file" if b" /v2/files/" in head.split(b"\r\n", 1)[0] else b"run"


def _length_of(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def _answer(status: str, kind: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def _serve() -> None:
    from tests.support.service import run_json, started_json

    file = _answer("200 OK", "application/octet-stream", bytes(FILE_BYTES))
    answers = {
        b"GET run": (_answer("200 OK", "application/json", json.dumps(run_json()).encode()), b""),
        b"POST run": (_answer("202 Accepted", "application/json", json.dumps(started_json()).encode()), b""),
        b"GET file": (file[: FILE_BYTES // 2], file[FILE_BYTES // 2 :]),
    }
    chance = random.Random(SEED)  # noqa: S311  (not for secrets)
    server = await asyncio.get_running_loop().create_server(lambda: Service(answers, chance), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201  (how the port gets out)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve())
