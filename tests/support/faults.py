"""What can go wrong between client and service, as a mock of httpx's transport shows it; one row for each fault.

Each row says what becomes of a GET and of a POST /v2/runs. The emulator's fault plans show the same rows over real
sockets (`tests/transport/test_matrix_sockets.py`).
"""

from __future__ import annotations

import gzip
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Literal

import anyio
import httpx
from attrs import frozen

from deepnote_async import (
    AuthenticationError,
    CallError,
    ConflictError,
    ConnectError,
    ConnectionLostError,
    DeadlineExceededError,
    DecodeError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RequestTimeoutError,
    ResponseTooLargeError,
    ServerError,
    UnexpectedRedirectError,
    UnexpectedStatusError,
)

Fault = Callable[[httpx.Request], Awaitable[httpx.Response]]
Get = Literal["repeated", "once more", "raised"]
Post = Literal["repeated", "once more", "raised", "unknown"]


@frozen
class Row:
    """A fault and what the client makes of it.

    Attributes:
        name: what goes wrong.
        fault: makes it go wrong.
        error: what it is when it does not end.
        get: GET: repeated up to the limit, repeated once, or raised at once.
        post: POST: the same, or the start is unknown.
    """

    name: str
    fault: Fault
    error: type[CallError]
    get: Get
    post: Post


def answered(status: int, body: bytes = b'{"message": "no"}', **headers: str) -> Fault:
    """Answer with something else than was asked for."""

    async def fault(_request: httpx.Request) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        kind = {"content-type": "application/json"}
        return httpx.Response(status, stream=httpx.ByteStream(body), headers={**kind, **named})

    return fault


def before_sending(error: Exception, cause: Exception | None = None) -> Fault:
    """Fail before anything of the request leaves, and say so by tracing."""

    async def fault(request: httpx.Request) -> httpx.Response:
        await request.extensions["trace"]("connection.connect_tcp.started", {})
        raise error from cause

    return fault


def after_sending(error: Exception) -> Fault:
    """Fail after the request has left, without an answer."""

    async def fault(request: httpx.Request) -> httpx.Response:
        await request.extensions["trace"]("http11.send_request_headers.started", {})
        raise error

    return fault


def in_body(error: Exception) -> Fault:
    """Break off in the middle of an answer."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b'{"run": {"runId":'
        raise error

    async def fault(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=pieces())

    return fault


async def silence(request: httpx.Request) -> httpx.Response:
    """Say nothing, for as long as the client's transport has patience."""
    await request.extensions["trace"]("http11.send_request_headers.started", {})
    patience: float | None = request.extensions["timeout"]["read"]
    await (anyio.sleep_forever() if patience is None else anyio.sleep(patience))
    raise httpx.ReadTimeout("silent")


async def drip(_request: httpx.Request) -> httpx.Response:
    """Send one byte a second."""

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(1000):
            await anyio.sleep(1)
            yield b" "

    return httpx.Response(200, content=pieces())


async def bomb(_request: httpx.Request) -> httpx.Response:
    """Send little that unpacks to too much."""
    packed = gzip.compress(b"\0" * (65 << 20), 9)
    return httpx.Response(200, stream=httpx.ByteStream(packed), headers={"content-encoding": "gzip"})


SERVER_DATE = "Sun, 01 Jan 2040 00:00:00 GMT"

MATRIX = (
    Row(
        "connection refused",
        before_sending(httpx.ConnectError("refused")),
        ConnectError, "repeated", "repeated",
    ),
    Row(
        "host name unknown",
        before_sending(httpx.ConnectError("dns"), socket.gaierror(-2, "Name or service not known")),
        ConnectError, "once more", "once more",
    ),
    Row(
        "certificate refused",
        before_sending(httpx.ConnectError("tls"), ssl.SSLCertVerificationError("self-signed")),
        ConnectError, "raised", "raised",
    ),
    Row("connect timeout", before_sending(httpx.ConnectTimeout("slow")), ConnectError, "repeated", "repeated"),
    Row("no free connection", before_sending(httpx.PoolTimeout("full")), ConnectError, "repeated", "repeated"),
    Row("proxy refuses", before_sending(httpx.ProxyError("407")), ConnectError, "repeated", "repeated"),
    Row("reset before an answer", after_sending(httpx.ReadError("")), ConnectionLostError, "repeated", "unknown"),
    Row("reset while sending", after_sending(httpx.WriteError("")), ConnectionLostError, "repeated", "unknown"),
    Row(
        "closed without an answer",
        after_sending(httpx.RemoteProtocolError("")),
        ConnectionLostError, "repeated", "unknown",
    ),
    Row("reset in the body", in_body(httpx.ReadError("")), ConnectionLostError, "repeated", "unknown"),
    Row(
        "body shorter than announced",
        in_body(httpx.RemoteProtocolError("")),
        ConnectionLostError, "repeated", "unknown",
    ),
    Row(
        "compression broken",
        answered(200, b"not gzip", content_encoding="gzip"),
        ConnectionLostError, "repeated", "unknown",
    ),
    Row("no answer", silence, DeadlineExceededError, "once more", "unknown"),
    Row("a byte a second", drip, DeadlineExceededError, "raised", "unknown"),
    Row("half of the JSON", answered(200, b'{"run": {"runId"'), DecodeError, "once more", "unknown"),
    Row("empty 200", answered(200, b""), DecodeError, "once more", "unknown"),
    Row("null", answered(200, b"null"), DecodeError, "once more", "unknown"),
    Row("a list", answered(200, b"[]"), DecodeError, "once more", "unknown"),
    Row("deeply nested", answered(200, b'{"a":' * 5000 + b"1" + b"}" * 5000), DecodeError, "once more", "unknown"),
    Row("latin-1", answered(200, b'{"run": "\xe9"}'), DecodeError, "once more", "unknown"),
    Row("a page with 200", answered(200, b"<html>", content_type="text/html"), DecodeError, "once more", "unknown"),
    Row("a page with 502", answered(502, b"<html>", content_type="text/html"), ServerError, "repeated", "unknown"),
    Row("500", answered(500), ServerError, "repeated", "unknown"),
    Row("502", answered(502), ServerError, "repeated", "unknown"),
    Row("503", answered(503), ServerError, "repeated", "unknown"),
    Row("503 with a pause", answered(503, retry_after="2"), ServerError, "repeated", "unknown"),
    Row("504", answered(504), ServerError, "repeated", "unknown"),
    Row("501", answered(501), ServerError, "raised", "unknown"),
    Row("505", answered(505), ServerError, "raised", "unknown"),
    Row("408", answered(408), RequestTimeoutError, "repeated", "unknown"),
    Row("429", answered(429), RateLimitError, "repeated", "repeated"),
    Row("429 in seconds", answered(429, retry_after="2"), RateLimitError, "repeated", "repeated"),
    Row("429 in half seconds", answered(429, retry_after="0.5"), RateLimitError, "repeated", "repeated"),
    Row(
        "429 until a date",
        answered(429, retry_after="Sun, 01 Jan 2040 00:00:02 GMT", date=SERVER_DATE),
        RateLimitError, "repeated", "repeated",
    ),
    Row(
        "429 until a date that has passed",
        answered(429, retry_after="Sat, 31 Dec 2039 00:00:00 GMT", date=SERVER_DATE),
        RateLimitError, "repeated", "repeated",
    ),
    Row("429 negative", answered(429, retry_after="-5"), RateLimitError, "repeated", "repeated"),
    Row("429 garbage", answered(429, retry_after="soon"), RateLimitError, "repeated", "repeated"),
    Row("429 for ten years", answered(429, retry_after="315360000"), RateLimitError, "raised", "raised"),
    Row("400", answered(400), CallError, "raised", "raised"),
    Row("401", answered(401), AuthenticationError, "raised", "raised"),
    Row("403", answered(403), PermissionDeniedError, "raised", "raised"),
    Row("404", answered(404), NotFoundError, "raised", "raised"),
    Row("409", answered(409), ConflictError, "raised", "raised"),
    Row("413", answered(413), UnexpectedStatusError, "raised", "raised"),
    Row("422", answered(422), UnexpectedStatusError, "raised", "raised"),
    Row("redirect", answered(302, location="https://else.test/"), UnexpectedRedirectError, "raised", "raised"),
    Row("redirect to itself", answered(307, location="/v2/runs"), UnexpectedRedirectError, "raised", "raised"),
    Row("gzip bomb", bomb, ResponseTooLargeError, "raised", "unknown"),
)  # fmt: skip
