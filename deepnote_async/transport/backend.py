"""Choose what sends the bytes: aiohttp on asyncio, httpx's own transport elsewhere, or a client the user brought."""

from __future__ import annotations

import asyncio
import functools
import ssl
from collections.abc import Awaitable, Callable

import httpx

from deepnote_async.transport.tracing import traced


@functools.cache
def shared_ssl_context() -> ssl.SSLContext:
    """Make the TLS settings once per process: loading the certificates costs more than a hundred requests."""
    return httpx.create_ssl_context()


def default_backend() -> httpx.AsyncBaseTransport:
    """Make the backend for the async library that is running."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        transport = httpx.AsyncHTTPTransport(verify=shared_ssl_context())
        return Traced(transport.handle_async_request, transport.aclose)
    # aiohttp costs 0.1 s to import, so only who opens a client pays for it.
    from deepnote_async.transport.aiohttp_backend import AiohttpBackend  # noqa: PLC0415

    return AiohttpBackend(shared_ssl_context())


class Traced(httpx.AsyncBaseTransport):
    """A backend made of a function, for senders that follow httpx's `trace` extension."""

    def __init__(
        self,
        send: Callable[[httpx.Request], Awaitable[httpx.Response]],
        close: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._send = send
        self._close = close

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, noting in the call's SendRecord when its first bytes leave."""
        return await self._send(traced(request))

    async def aclose(self) -> None:
        """Close what was made for this backend; a client that the user brought stays open."""
        if self._close is not None:
            await self._close()


def injected_backend(http_client: httpx.AsyncClient) -> httpx.AsyncBaseTransport:
    """Make a backend of a client the user brought.

    Its proxies, mounts and hooks apply; its default headers, authentication, redirects and retries do not, since the
    request is finished when it arrives there. It is never closed by us.
    """

    async def send(request: httpx.Request) -> httpx.Response:
        return await http_client.send(request, stream=True, auth=None, follow_redirects=False)

    return Traced(send)
