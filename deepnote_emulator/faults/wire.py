"""Answers that are broken on the wire: the connection is taken from the server, and ends with the fault."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from deepnote_emulator.faults.answers import Answer
from deepnote_emulator.faults.model import Fault, Kind

READ_SECONDS = 0.05
"""A reset may discard what the client has not read yet, so it comes a little later than the bytes before it."""
GARBAGE = b"\x16\x03\x01\x00\xff\xfe this is not HTTP \x00\r\n\r\n"
HALF_STATUS_LINE = b"HTTP/1.1 20"


class Wire(asyncio.Protocol):
    """A connection in the hands of a fault: what is sent arrives as it is, and nothing else does.

    Args:
        request: the request that the connection belongs to.
        transport: its connection.
    """

    def __init__(self, request: web.Request, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._server = request.protocol
        self._gone = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        transport.set_protocol(self)
        transport.set_write_buffer_limits(high=0)  # so that `send` returns when the system has the bytes
        transport.resume_reading()  # the end of the client is heard only while reading

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the server too, which looks after its own."""
        self._gone.set()
        self._writable.set()
        self._server.connection_lost(exc)

    def pause_writing(self) -> None:
        """Hold `send` until the client reads."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Let `send` go on."""
        self._writable.set()

    async def send(self, data: bytes) -> None:
        """Send bytes and wait until they are on their way; a client that left gets nothing."""
        if not self._gone.is_set():
            self._transport.write(data)
            await self._writable.wait()

    async def pause(self, seconds: float) -> None:
        """Let time pass while the connection lasts."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._gone.wait()

    async def lost(self) -> None:
        """Wait until the client leaves."""
        await self._gone.wait()

    @property
    def is_lost(self) -> bool:
        """Whether the client left."""
        return self._gone.is_set()

    async def close(self) -> None:
        """End the connection with FIN."""
        self._transport.close()
        await self._gone.wait()

    async def reset(self) -> None:
        """End the connection with RST."""
        raw = self._transport.get_extra_info("socket")
        if raw is not None and not self.is_lost:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()
        await self._gone.wait()

    def cut(self) -> None:
        """End the connection at once."""
        self._transport.abort()


class Sent(web.StreamResponse):
    """Stands for an answer that the server need not send; the connection is not used again."""

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:  # noqa: ARG002
        """Send nothing."""
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        """Send nothing."""


async def break_on(wire: Wire, fault: Fault, answer: Answer) -> None:
    """Let a fault happen to an answer. The kind must be one of BREAKERS."""
    await BREAKERS[fault.kind](wire, fault, answer)


async def _reset(wire: Wire, _fault: Fault, _answer: Answer) -> None:
    await wire.reset()


async def _close(wire: Wire, _fault: Fault, _answer: Answer) -> None:
    await wire.close()


async def _hang(wire: Wire, _fault: Fault, _answer: Answer) -> None:
    await wire.lost()


async def _half_status_line(wire: Wire, _fault: Fault, _answer: Answer) -> None:
    await wire.send(HALF_STATUS_LINE)
    await wire.close()


async def _garbage(wire: Wire, _fault: Fault, _answer: Answer) -> None:
    await wire.send(GARBAGE)
    await wire.close()


async def _drip(wire: Wire, fault: Fault, answer: Answer) -> None:
    head = answer.head(_length(answer))
    if fault.part == "headers":
        await _byte_by_byte(wire, head, fault.seconds or 0)
        await wire.send(answer.body)
    else:
        await wire.send(head)
        await _byte_by_byte(wire, answer.body, fault.seconds or 0)
    await wire.close()


async def _byte_by_byte(wire: Wire, data: bytes, seconds: float) -> None:
    for number in range(len(data)):
        await wire.pause(seconds)
        if wire.is_lost:
            return
        await wire.send(data[number : number + 1])


async def _reset_in_body(wire: Wire, _fault: Fault, answer: Answer) -> None:
    await _half(wire, answer)
    await wire.pause(READ_SECONDS)
    await wire.reset()


async def _close_in_body(wire: Wire, _fault: Fault, answer: Answer) -> None:
    await _half(wire, answer)
    await wire.close()


async def _half(wire: Wire, answer: Answer) -> None:
    await wire.send(answer.head(_length(answer)) + answer.body[: len(answer.body) // 2])


async def _wrong_length(wire: Wire, _fault: Fault, answer: Answer) -> None:
    await wire.send(answer.head(f"content-length: {len(answer.body) + 100}") + answer.body)
    await wire.close()


async def _broken_chunk(wire: Wire, _fault: Fault, answer: Answer) -> None:
    half = answer.body[: len(answer.body) // 2]
    chunk = f"{len(half):x}\r\n".encode() + half + b"\r\n"
    await wire.send(answer.head("transfer-encoding: chunked") + chunk + b"not a size\r\n")
    await wire.close()


def _length(answer: Answer) -> str:
    return f"content-length: {len(answer.body)}"


BREAKERS: Mapping[Kind, Callable[[Wire, Fault, Answer], Awaitable[None]]] = {
    "reset": _reset,
    "close": _close,
    "hang": _hang,
    "half_status_line": _half_status_line,
    "garbage": _garbage,
    "drip": _drip,
    "reset_in_body": _reset_in_body,
    "close_in_body": _close_in_body,
    "wrong_length": _wrong_length,
    "broken_chunk": _broken_chunk,
}
WITHOUT_STATUS: frozenset[Kind] = frozenset({"reset", "close", "hang", "half_status_line", "garbage"})
