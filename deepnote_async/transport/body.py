"""Read a whole body, decoded, up to a limit.

httpx decodes whatever one piece unpacks to before anybody can count it; here a decoder is asked for no more than there
is room for. Only what httpx offers to servers of its own accord beside gzip and deflate is left to it.
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import AsyncGenerator, AsyncIterator

import anyio
import httpx
from anyio.lowlevel import checkpoint

from deepnote_async.transport.limits import CLOSE_SECONDS
from deepnote_async.transport.loops import running_loop

_PLAIN = {"", "identity"}
_ZLIB = {"gzip", "x-gzip", "deflate"}
_ANY_ZLIB_HEADER = 32 + zlib.MAX_WBITS
_HEADER_BYTES = 2
_BROKEN = "the answer's compression is broken"


class BodyTooLargeError(Exception):
    """There is more than was allowed."""


async def read_body(response: httpx.Response, limit: int) -> bytes:
    """Read the body of an answer and decode it.

    Args:
        response: the answer; its connection is given back, or given up.
        limit: most bytes, after decoding.

    Raises:
        BodyTooLargeError: there is more.
        httpx.RequestError: it broke off, or its compression is broken.
    """
    if response.is_stream_consumed:  # a mock has read it already
        return _within(limit, response.content)
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if "," in encoding:
        await give_up(response, response.aiter_raw())
        raise httpx.DecodingError("it is compressed more than once, as no real answer is")
    if isinstance(response.stream, httpx.ByteStream) and encoding in _PLAIN:
        return _within(limit, b"".join(response.stream))
    pieces = response.aiter_raw() if encoding in _PLAIN | _ZLIB else response.aiter_bytes()
    decoder = _Inflater() if encoding in _ZLIB else None
    body = bytearray()
    try:
        async for piece in pieces:
            body += piece if decoder is None else decoder.feed(piece, limit + 1 - len(body))
            if len(body) > limit:
                raise BodyTooLargeError  # noqa: TRY301  (given up below, like a broken one)
        if decoder is not None:
            decoder.check_end()
    except (BodyTooLargeError, httpx.DecodingError):
        await give_up(response, pieces)
        raise
    except BaseException:
        with anyio.move_on_after(CLOSE_SECONDS, shield=True):
            await response.aclose()
        raise
    return bytes(body)


async def give_up(response: httpx.Response, pieces: AsyncIterator[bytes]) -> None:
    """Close the connection of a body that is not wanted any further, and let its generators come to their end.

    Generators that are dropped half way cannot be closed from outside, one standing in the other. asyncio ends them by
    itself; trio complains of each. So there the innermost is asked for more, until it fails for want of a connection,
    and with it all the others.
    """
    with anyio.move_on_after(CLOSE_SECONDS, shield=True):
        if isinstance(pieces, AsyncGenerator) and running_loop() is not None:
            await pieces.aclose()
        await response.aclose()
        with contextlib.suppress(Exception):  # whatever it ends with, it was given up
            while running_loop() is None:
                await anext(pieces)
                await checkpoint()  # what has been buffered comes without one, and this has to end with its time


def _within(limit: int, body: bytes) -> bytes:
    if len(body) > limit:
        raise BodyTooLargeError
    return body


class _Inflater:
    """Undoes gzip, and deflate with the header it should have or without."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(_ANY_ZLIB_HEADER)
        self._head = b""

    def feed(self, piece: bytes, most: int) -> bytes:
        """Unpack a piece, but no more than there is room for."""
        try:
            if len(self._head) >= _HEADER_BYTES:
                return self._inflate.decompress(piece, most)
            self._head += piece
            return self._first(most) if len(self._head) >= _HEADER_BYTES else b""
        except zlib.error:
            raise httpx.DecodingError(_BROKEN) from None

    def check_end(self) -> None:
        """Refuse what ends before its end."""
        if not self._inflate.eof and self._head:
            raise httpx.DecodingError(_BROKEN)

    def _first(self, most: int) -> bytes:
        try:
            return self._inflate.decompress(self._head, most)
        except zlib.error:
            self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
            return self._inflate.decompress(self._head, most)
