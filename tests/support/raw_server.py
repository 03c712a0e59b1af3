"""A TCP server that answers with exactly the bytes a test wants, or breaks the connection the way it wants."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Behaviour = Callable[["Connection"], Awaitable[None]]


class Connection:
    """One connection as the server sees it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def read_request(self) -> bytes:
        """Read the head of a request and its body, if it announces one."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                return head + await self.reader.readexactly(int(value))
        return head

    async def send(self, data: bytes) -> None:
        """Send bytes."""
        self.writer.write(data)
        await self.writer.drain()

    def reset(self) -> None:
        """Break the connection with RST."""
        raw: socket.socket = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


class RawServer:
    """A running server: its address and the requests it has read."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.connections = 0


@asynccontextmanager
async def raw_server(behaviour: Behaviour) -> AsyncIterator[RawServer]:
    """Serve every connection with a behaviour, on a free port of the loopback interface."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.connections += 1
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await behaviour(Connection(reader, writer))
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            tasks.discard(task)
            writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    server = RawServer(f"http://127.0.0.1:{port}")
    try:
        yield server
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await listener.wait_closed()


def http(status: str, body: bytes, *headers: str) -> bytes:
    """Make an answer with a JSON body."""
    head = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", "content-type: application/json", *headers]
    return "\r\n".join([*head, "", ""]).encode() + body


def send(data: bytes, *, then_close: bool = True) -> Behaviour:
    """Read a request, and send bytes for an answer."""

    async def behave(connection: Connection) -> None:
        await connection.read_request()
        await connection.send(data)
        if not then_close:
            await asyncio.sleep(3600)

    return behave


async def hang(connection: Connection) -> None:
    """Read a request, and say nothing."""
    await connection.read_request()
    await asyncio.sleep(3600)
