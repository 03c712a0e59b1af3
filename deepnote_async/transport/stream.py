"""The body of an answer, read piece by piece: constant memory, under the deadline of its call."""

from __future__ import annotations

from typing import Self

import anyio
import httpx

from deepnote_async.errors import DecodeError, ResponseTooLargeError
from deepnote_async.transport.body import give_up
from deepnote_async.transport.limits import CHUNK_BYTES
from deepnote_async.transport.mapping import deadline_error, error_from_httpx, facts
from deepnote_async.transport.options import CallContext

_MAX_DIGITS = 18
"""Of a length; Python refuses to read numbers of some thousand."""


class Streamed:
    """A success whose body is still to be read; an asynchronous iterator of its bytes, decoded.

    Args:
        response: the answer, as the policy let it through.
        context: the call it belongs to; its deadline holds for every piece.
        max_bytes: largest body; None for no limit.

    Raises:
        DeadlineExceededError: while iterating: the time of the whole call was up.
        ConnectionLostError: while iterating: the connection broke before the end.
        ResponseTooLargeError: while iterating: there is more than `max_bytes`.

    Example:
        >>> async with transport.stream("GET", "/files/{name}", request) as body:
        ...     async for piece in body:
        ...         await file.write(piece)
    """

    def __init__(self, response: httpx.Response, context: CallContext, max_bytes: int | None) -> None:
        self._response = response
        self._context = context
        self._max_bytes = max_bytes
        self._pieces = response.aiter_bytes(CHUNK_BYTES)
        self.received = 0

    @property
    def content_type(self) -> str:
        """Media type of the body, without its parameters; "" if the service did not say."""
        kind: str = self._response.headers.get("content-type", "")
        return kind.partition(";")[0].strip().lower()

    @property
    def size(self) -> int | None:
        """Bytes to come, None if the service did not say, or sends them compressed."""
        length = self._response.headers.get("content-length", "")
        is_number = length.isdecimal() and len(length) <= _MAX_DIGITS
        return int(length) if is_number and "content-encoding" not in self._response.headers else None

    def unexpected(self, reason: str) -> DecodeError:
        """Make the error for an answer that is not what was asked for."""
        return DecodeError(reason, **facts(self._context, self._response))

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        # One scope for each piece: none may stay open while the caller has it (anyio's rule for generators).
        piece: bytes | None = None
        with anyio.CancelScope(deadline=self._context.deadline.at):
            piece = await self._next()
        if piece is None:
            raise deadline_error(self._context)
        if not piece:
            raise StopAsyncIteration
        self.received += len(piece)
        if self._max_bytes is not None and self.received > self._max_bytes:
            too_large = ResponseTooLargeError(
                f"The answer is larger than {self._max_bytes} bytes and was not read to its end",
                **facts(self._context, self._response),
            )
            too_large.sent = "yes"
            raise too_large
        return piece

    async def read(self) -> bytes:
        """Read what is left into memory; give `max_bytes` to the call that makes it."""
        body = bytearray()
        async for piece in self:
            body += piece
        return bytes(body)

    async def aclose(self) -> None:
        """Give up the connection, or give it back if the body was read to its end."""
        await give_up(self._response, self._pieces)

    async def _next(self) -> bytes:
        """Give the next piece, b"" at the end."""
        try:
            async for piece in self._pieces:
                if piece:
                    return piece
        except httpx.DecodingError:
            failure = error_from_httpx(httpx.RemoteProtocolError("the answer's compression is broken"), self._context)
        except httpx.TransportError as error:
            failure = error_from_httpx(error, self._context)
        else:
            return b""
        # Raised here and not above: httpx's exception holds the request, and the request holds the token.
        raise failure
