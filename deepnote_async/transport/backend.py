"""Choose what sends the bytes: aiohttp on asyncio, httpx's own transport elsewhere, or a client the user brought."""

from __future__ import annotations

import functools
import ssl
from collections.abc import Awaitable, Callable

import httpx

from deepnote_async.transport.loops import running_loop
from deepnote_async.transport.proxies import Proxies
from deepnote_async.transport.reporting import keep_httpx_quiet, quiet_httpx
from deepnote_async.transport.stock import StockBackend
from deepnote_async.transport.tracing import traced


@functools.cache
def shared_ssl_context() -> ssl.SSLContext:
    """Make the TLS settings once per process: loading the certificates costs more than a hundred requests."""
    return httpx.create_ssl_context()


def checked_verify(verify: ssl.SSLContext | None, http_client: httpx.AsyncClient | None) -> ssl.SSLContext | None:
    """Return the TLS settings of the user, if they are such and will be used.

    Raises:
        TypeError: they are something else, such as False.
        ValueError: the connections are made by a client of the user, which has its own.
    """
    if verify is None:
        return None
    if not isinstance(verify, ssl.SSLContext):
        raise TypeError(
            f"verify takes an ssl.SSLContext, not {verify!r:.40}: servers are always verified; for a certificate "
            "authority of your own pass ssl.create_default_context(cafile=...)"
        )
    if http_client is not None:
        raise ValueError("verify has no effect on an http_client: give that one its own, httpx.AsyncClient(verify=...)")
    return verify


def default_backend(verify: ssl.SSLContext | None = None, *, trust_env: bool = True) -> httpx.AsyncBaseTransport:
    """Make the backend for the async library that is running, with the proxies that the environment names now.

    Args:
        verify: TLS settings to verify servers with; None for the usual certificate authorities.
        trust_env: False uses no proxy, whatever the environment names.
    """
    context = verify or shared_ssl_context()
    proxies = Proxies.of_environment() if trust_env else Proxies({})
    if running_loop() is None:
        return StockBackend(context, proxies)
    # aiohttp costs 0.1 s to import, so only who opens a client pays for it.
    from deepnote_async.transport.aiohttp_backend import AiohttpBackend  # noqa: PLC0415

    return AiohttpBackend(context, proxies)


class Traced(httpx.AsyncBaseTransport):
    """A backend made of a function, for senders that follow httpx's `trace` extension."""

    def __init__(self, send: Callable[[httpx.Request], Awaitable[httpx.Response]]) -> None:
        self._send = send

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, noting in the call's SendRecord when its first bytes leave."""
        return await self._send(traced(request))


def injected_backend(http_client: httpx.AsyncClient) -> httpx.AsyncBaseTransport:
    """Make a backend of a client the user brought.

    Its proxies, mounts and hooks apply; its default headers, authentication, redirects and retries do not, since the
    request is finished when it arrives there. It is never closed by us.
    """
    keep_httpx_quiet()

    async def send(request: httpx.Request) -> httpx.Response:
        with quiet_httpx():
            try:
                return await http_client.send(request, stream=True, auth=None, follow_redirects=False)
            except UnicodeError:  # httpx also builds the request that a redirect asks for, with cookies of any kind
                failure = httpx.RemoteProtocolError("the answer holds what httpx cannot take")
        raise failure

    return Traced(send)
