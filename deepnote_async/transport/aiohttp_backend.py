"""The default backend on asyncio: aiohttp under httpx's transport interface.

httpx's own connection pool dies for good after a burst of cancelled requests (httpcore issue 1093) and slows down as
concurrency grows; deadlines, cancellation and fan-out are what this SDK is for. The adapter is a subclass of httpx's
transport that hands over to its base class whenever that class's method is patched, so that pytest-httpx intercepts it.

What went wrong is raised as httpx's exception for it, and how far the request came is written to the call's SendRecord,
from aiohttp's tracing hooks: the type of an exception alone does not tell whether bytes left.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from types import SimpleNamespace, TracebackType
from typing import TYPE_CHECKING, Self

import aiohttp
import httpx
import yarl

from deepnote_async.transport.limits import KEEP_ALIVE_SECONDS, MAX_CONNECTIONS
from deepnote_async.transport.options import CONTEXT_KEY, CallContext, SendRecord
from deepnote_async.transport.tracing import traced

if TYPE_CHECKING:
    from collections.abc import Mapping

CHUNK_BYTES = 1 << 16


class AiohttpBackend(httpx.AsyncHTTPTransport):
    """Sends httpx requests through one aiohttp session, made at the first request.

    Args:
        context: the TLS settings to verify servers with.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(verify=context)
        self._context = context
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return its answer with the body still to be read and decoded."""
        if _is_patched():
            return await super().handle_async_request(traced(request))
        record = _record_of(request)
        record.traced = True
        session = self._open_session()
        try:
            response = await session.request(
                request.method,
                yarl.URL(str(request.url), encoded=True),
                headers=request.headers.multi_items(),
                data=_body_of(request),
                allow_redirects=False,
                timeout=_timeout_of(request.extensions.get("timeout") or {}),
                trace_request_ctx=record,
            )
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            failure = _as_httpx_error(error, record)
        else:
            record.noted = "yes"
            return httpx.Response(
                response.status,
                headers=response.raw_headers,
                stream=_Body(response),
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
        if self._closed:
            raise RuntimeError("this client is closed; make another one")
        loop = asyncio.get_running_loop()
        if self._session is not None and self._loop is not loop:
            raise RuntimeError(
                "this client was opened in another event loop; make one client per loop, inside asyncio.run(...)"
            )
        if self._session is None:
            self._loop = loop
            tracing = aiohttp.TraceConfig()
            tracing.on_request_headers_sent.append(_note_sent)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=MAX_CONNECTIONS, keepalive_timeout=KEEP_ALIVE_SECONDS, ssl=self._context
                ),
                auto_decompress=False,  # httpx decodes, under our size limit
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
                trace_configs=[tracing],
                trust_env=False,
            )
            # aiohttp re-sends an idempotent request by itself when a kept connection turns out dead. Retries have one
            # owner here; there is no public switch, so a test watches that this one still works.
            self._session._retry_connection = False  # noqa: SLF001
        return self._session


class _Body(httpx.AsyncByteStream):
    """The raw body of an answer, with aiohttp's faults told as httpx's."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        failure: httpx.TransportError | None = None
        try:
            async for chunk in self._response.content.iter_chunked(CHUNK_BYTES):
                yield chunk
        except TimeoutError:
            failure = httpx.ReadTimeout("the answer stopped coming")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            failure = httpx.ReadError(f"the connection broke in the middle of the answer ({type(error).__name__})")
        if failure is not None:
            raise failure

    async def aclose(self) -> None:
        # A body read to its end has given its connection back already; any other connection is of no more use.
        self._response.close()


def _is_patched() -> bool:
    method = httpx.AsyncHTTPTransport.handle_async_request
    return not getattr(method, "__module__", "").startswith("httpx.")


def _record_of(request: httpx.Request) -> SendRecord:
    context = request.extensions.get(CONTEXT_KEY)
    return context.record if isinstance(context, CallContext) else SendRecord()


async def _note_sent(
    _session: aiohttp.ClientSession, context: SimpleNamespace, _params: aiohttp.TraceRequestHeadersSentParams
) -> None:
    record: SendRecord = context.trace_request_ctx
    record.noted = "maybe"


def _body_of(request: httpx.Request) -> bytes | AsyncIterator[bytes] | None:
    if isinstance(request.stream, httpx.ByteStream):
        return request.content or None
    if not isinstance(request.stream, httpx.AsyncByteStream):
        raise TypeError("an asynchronous request needs an asynchronous body")
    return aiter(request.stream)


def _timeout_of(timeouts: Mapping[str, float | None]) -> aiohttp.ClientTimeout:
    # aiohttp's `connect` spans waiting for a pool slot and connecting; the call's total belongs to its Deadline.
    waits = (timeouts.get("pool"), timeouts.get("connect"))
    return aiohttp.ClientTimeout(
        total=None,
        connect=None if None in waits else sum(wait for wait in waits if wait is not None),
        sock_connect=timeouts.get("connect"),
        sock_read=timeouts.get("read"),
    )


def _as_httpx_error(error: Exception, record: SendRecord) -> httpx.TransportError:  # noqa: PLR0911  (a table)
    sent = record.noted != "no"
    detail = type(error).__name__
    match error:
        case aiohttp.ServerTimeoutError() | TimeoutError() if sent:
            return httpx.ReadTimeout("no answer came")
        case aiohttp.ServerTimeoutError() | TimeoutError():
            return httpx.ConnectTimeout("no connection came about in time")
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientConnectorSSLError():
            return httpx.ConnectError(f"the server's TLS certificate or handshake was refused ({detail})")
        case aiohttp.ClientConnectorDNSError():
            return httpx.ConnectError(f"the host name {error.host} could not be resolved")
        case aiohttp.ClientConnectorError():
            return httpx.ConnectError(f"no connection to {error.host}:{error.port} ({error.strerror})")
        case aiohttp.ServerDisconnectedError():
            return httpx.RemoteProtocolError("the server closed the connection without an answer")
        case aiohttp.ClientResponseError():
            record.noted = "yes"  # something answered, if not in HTTP
            return httpx.RemoteProtocolError(f"the server sent something that is not HTTP ({detail})")
        case ValueError() if not isinstance(error, aiohttp.ClientError):
            record.noted = "no"  # aiohttp refused the headers before it wrote them
            return httpx.LocalProtocolError("a header or address of the request is not valid")
        case _ if sent:
            return httpx.ReadError(f"the connection broke before an answer came ({detail})")
        case _:
            return httpx.ConnectError(f"the connection could not be used ({detail})")
