"""The default backend on asyncio: aiohttp under httpx's transport interface.

httpx's own connection pool dies for good after a burst of cancelled requests (httpcore issue 1093) and slows down as
concurrency grows; deadlines, cancellation and fan-out are what this SDK is for. The adapter is a subclass of httpx's
transport that hands over to its base class whenever that class's method is patched, so that pytest-httpx intercepts it.

What went wrong is raised as httpx's exception for it (`aiohttp_faults.py`), and how far the request came is written to
the call's SendRecord at the moment the request is written: the type of an exception alone does not tell whether bytes
left.
"""

from __future__ import annotations

import asyncio
import functools
import io
import ssl
from collections.abc import AsyncIterator, Mapping
from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING, Self

import aiohttp
import httpx
import yarl
from multidict import CIMultiDict

from deepnote_async.transport.aiohttp_faults import as_httpx_error
from deepnote_async.transport.forks import OTHER_PROCESS, forget_in_children
from deepnote_async.transport.limits import KEEP_ALIVE_SECONDS, MAX_CONNECTIONS
from deepnote_async.transport.loops import OTHER_LOOP, running_loop
from deepnote_async.transport.progress import SendRecord
from deepnote_async.transport.proxies import Proxies, Proxy
from deepnote_async.transport.tracing import is_patched, record_of, traced

if TYPE_CHECKING:
    from aiohttp.connector import Connection

CHUNK_BYTES = 1 << 16

_LARGE_BODY_BYTES = 1 << 20
"""aiohttp writes larger bytes in one piece, and warns of it."""

_AUTO_HEADERS = ("User-Agent", "Accept", "Accept-Encoding")
_BODY_HEADERS = (*_AUTO_HEADERS, "Content-Type")
"""Headers that aiohttp adds of its own accord, the last one to methods that can have a body."""

_WITH_BODY = aiohttp.ClientRequest.POST_METHODS

_RECORD: ContextVar[SendRecord] = ContextVar("deepnote_async_send_record")
"""The record of the request that the current task is about to send."""

_CAN_NOTE = callable(getattr(aiohttp.ClientRequest, "send", None))
"""Whether aiohttp still writes a request where `_NotingRequest` looks."""


class AiohttpBackend(httpx.AsyncHTTPTransport):
    """Sends httpx requests through one aiohttp session, made at the first request.

    Args:
        context: the TLS settings to verify servers with.
        proxies: which address is reached through which proxy; None if every one is reached directly.
        max_connections: how many connections there may be at a time; further requests wait for one.
    """

    def __init__(
        self, context: ssl.SSLContext, proxies: Proxies | None = None, *, max_connections: int = MAX_CONNECTIONS
    ) -> None:
        super().__init__(verify=context)
        self._context = context
        self._proxies = proxies or Proxies({})
        self._max_connections = max_connections
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self._foreign = False
        forget_in_children(self)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return its answer with the body still to be decoded, and to be read if it is long."""
        if is_patched():
            return await super().handle_async_request(traced(request))
        session = self._open_session()
        proxy = self._proxies.find(request.url)
        record = record_of(request)
        record.traced = True
        if not _CAN_NOTE:
            record.noted = "maybe"
        _RECORD.set(record)
        try:
            response = await self._send(session, request, proxy)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            failure = as_httpx_error(error, record, proxy)
        except asyncio.CancelledError:
            if not self._closed or _is_cancelled():
                raise
            failure = _closed_meanwhile(record)
        else:
            record.noted = "yes"
            return httpx.Response(
                response.status,
                headers=response.raw_headers,
                stream=_stream_of(response),
                extensions={
                    "http_version": b"HTTP/1.1",
                    "reason_phrase": (response.reason or "").encode("utf-8", "surrogateescape"),
                },
            )
        # Raised here and not above, so that aiohttp's exception, which holds the headers, is not kept as its context.
        raise failure

    async def aclose(self) -> None:
        """Close the session and every connection. Safe to call from another task than the one that used it."""
        self._closed = True
        session, self._session = self._session, None
        if session is not None:
            await session.close()
        await super().aclose()

    def forget(self) -> None:
        """Drop every connection unclosed, since it belongs to the parent of this process."""
        self._foreign = True
        session, self._session = self._session, None
        if session is not None and session.connector is not None:
            # A connector that is collected closes its connections; there is no public way to stop it.
            session.connector._closed = True  # noqa: SLF001
            session.detach()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self.aclose()

    def _open_session(self) -> aiohttp.ClientSession:
        if self._foreign:
            raise RuntimeError(OTHER_PROCESS)
        if self._closed:
            raise RuntimeError("this client is closed; make another one")
        loop = running_loop()
        if loop is None or (self._session is not None and self._loop is not loop):
            raise RuntimeError(OTHER_LOOP)
        if self._session is None:
            self._loop = loop
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=self._max_connections, keepalive_timeout=KEEP_ALIVE_SECONDS, ssl=self._context
                ),
                auto_decompress=False,  # httpx decodes, under our size limit
                cookie_jar=aiohttp.DummyCookieJar(),
                request_class=_NotingRequest,
                trust_env=False,  # it would read .netrc, which is nobody's wish here
            )
            # aiohttp re-sends an idempotent request by itself when a kept connection turns out dead. Retries have one
            # owner here; there is no public switch, so a test watches that this one still works.
            self._session._retry_connection = False  # noqa: SLF001
        return self._session

    async def _send(
        self, session: aiohttp.ClientSession, request: httpx.Request, proxy: Proxy | None
    ) -> aiohttp.ClientResponse:
        headers = _headers_of(request)
        expected = _BODY_HEADERS if request.method in _WITH_BODY else _AUTO_HEADERS
        is_complete = all(name in headers for name in expected)
        proxy_headers = None
        if proxy is not None and proxy.authorization is not None:
            # Through a tunnel only CONNECT is for the proxy's eyes; aiohttp sends these headers with nothing else.
            proxy_headers = {"Proxy-Authorization": proxy.authorization}
            if request.url.scheme == "http":
                headers.update(proxy_headers)
        return await session.request(
            request.method,
            yarl.URL(str(request.url), encoded=True),
            headers=headers,
            skip_auto_headers=None if is_complete else _BODY_HEADERS,
            data=_body_of(request),
            allow_redirects=False,
            proxy=yarl.URL(str(proxy.url)) if proxy is not None else None,
            proxy_headers=proxy_headers,
            timeout=_timeout_of(request.extensions.get("timeout") or {}),
        )


class _NotingRequest(aiohttp.ClientRequest):
    """Notes in the call's record that it is being sent. A CONNECT to a proxy is not made of this class."""

    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        record = _RECORD.get()
        record.noted = "maybe"
        try:
            return await super().send(conn)
        except ValueError:
            record.noted = "no"  # aiohttp refused the headers before it wrote them
            raise


class _Body(httpx.AsyncByteStream):
    """The raw body of an answer, with aiohttp's faults told as httpx's."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        content = self._response.content
        failure: httpx.TransportError | None = None
        try:
            async for chunk in content.iter_chunked(CHUNK_BYTES):
                yield chunk
        except TimeoutError:
            failure = httpx.ReadTimeout("the answer stopped coming")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            failure = httpx.ReadError(f"the connection broke in the middle of the answer ({type(error).__name__})")
        if failure is not None and content.is_eof():
            # The body had come whole, and its connection was given on: what failed is the next request there, which
            # aiohttp tells this body too.
            content._exception = None  # noqa: SLF001
            yield content.read_nowait()
        elif failure is not None:
            raise failure

    async def aclose(self) -> None:
        # A body read to its end has given its connection back already; any other connection is of no more use.
        self._response.close()


def _stream_of(response: aiohttp.ClientResponse) -> httpx.AsyncByteStream:
    """Take a short body that has come with its head at once; its connection has been given back already."""
    content = response.content
    if content.is_eof() and content.total_bytes <= CHUNK_BYTES and content.exception() is None:
        return httpx.ByteStream(content.read_nowait())
    return _Body(response)


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _closed_meanwhile(record: SendRecord) -> httpx.TransportError:
    """Say what became of a call: aiohttp cancels those that wait for a connection when it is closed."""
    kind = httpx.ConnectError if record.noted == "no" else httpx.ReadError
    return kind("the client was closed meanwhile")


def _headers_of(request: httpx.Request) -> CIMultiDict[str]:
    try:
        return CIMultiDict([(name.decode("ascii"), value.decode("ascii")) for name, value in request.headers.raw])
    except UnicodeDecodeError:
        return CIMultiDict(request.headers.multi_items())


def _body_of(request: httpx.Request) -> bytes | io.BytesIO | AsyncIterator[bytes] | None:
    if isinstance(request.stream, httpx.ByteStream):
        content = request.content
        return io.BytesIO(content) if len(content) > _LARGE_BODY_BYTES else content or None
    if not isinstance(request.stream, httpx.AsyncByteStream):
        raise TypeError("an asynchronous request needs an asynchronous body")
    return aiter(request.stream)


def _timeout_of(timeouts: Mapping[str, float | None]) -> aiohttp.ClientTimeout:
    return _made_timeout(timeouts.get("pool"), timeouts.get("connect"), timeouts.get("read"))


@functools.lru_cache(maxsize=16)
def _made_timeout(pool: float | None, connect: float | None, read: float | None) -> aiohttp.ClientTimeout:
    # aiohttp's `connect` spans waiting for a pool slot and connecting; the call's total belongs to its Deadline.
    waiting = None if pool is None or connect is None else pool + connect
    return aiohttp.ClientTimeout(total=None, connect=waiting, sock_connect=connect, sock_read=read)
