"""The default backend where asyncio does not run: httpx's own transport, one for each proxy in use."""

from __future__ import annotations

import ssl

import httpx

from deepnote_async.transport.faults import CertificateError, ResolveError, kind_of
from deepnote_async.transport.forks import OTHER_PROCESS, forget_in_children
from deepnote_async.transport.loops import OTHER_LOOP, running_loop
from deepnote_async.transport.progress import SendRecord
from deepnote_async.transport.proxies import Proxies, Proxy
from deepnote_async.transport.tracing import is_patched, record_of, traced


class StockBackend(httpx.AsyncBaseTransport):
    """Sends requests with httpx's own transport, directly or through the proxies it is given.

    Args:
        context: the TLS settings to verify servers with.
        proxies: which address is reached through which proxy.
    """

    def __init__(self, context: ssl.SSLContext, proxies: Proxies) -> None:
        self._context = context
        self._proxies = proxies
        self._transports: dict[Proxy | None, httpx.AsyncHTTPTransport] = {}
        self._retired: list[httpx.AsyncHTTPTransport] = []
        self._foreign = False
        forget_in_children(self)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, noting in the call's SendRecord when its first bytes leave."""
        if self._foreign:
            raise RuntimeError(OTHER_PROCESS)
        if running_loop() is not None:
            raise RuntimeError(OTHER_LOOP)
        proxy = self._proxies.find(request.url)
        transport = self._transport_for(proxy)
        try:
            # While a call waits for a connection nothing is traced, and here that is as good as a word.
            record_of(request).traced = not is_patched()
            return await transport.handle_async_request(traced(request))
        except httpx.TransportError as error:
            if isinstance(error, httpx.PoolTimeout):
                self._retire(transport, proxy)
            failure = _told(error, request.url.host, proxy, record_of(request))
        raise failure

    async def aclose(self) -> None:
        """Close every connection."""
        self._retired += self._transports.values()
        self._transports = {}
        while self._retired:
            await self._retired.pop().aclose()

    def forget(self) -> None:
        """Drop every connection unclosed, since it belongs to the parent of this process."""
        self._foreign = True
        self._transports, self._retired = {}, []

    def _retire(self, transport: httpx.AsyncHTTPTransport, proxy: Proxy | None) -> None:
        """Take no more connections from a pool that had none to give: cancelled requests may have cost it all of them.

        Whoever has a connection of it keeps that. https://github.com/encode/httpcore/issues/1093
        """
        if self._transports.get(proxy) is transport:
            self._retired.append(self._transports.pop(proxy))

    def _transport_for(self, proxy: Proxy | None) -> httpx.AsyncHTTPTransport:
        transport = self._transports.get(proxy)
        if transport is None:
            settings = self._as_httpx(proxy) if proxy is not None else None
            transport = httpx.AsyncHTTPTransport(verify=self._context, proxy=settings)
            self._transports[proxy] = transport
        return transport

    def _as_httpx(self, proxy: Proxy) -> httpx.Proxy:
        headers = {"proxy-authorization": proxy.authorization} if proxy.authorization is not None else {}
        context = self._context if proxy.url.scheme == "https" else None
        return httpx.Proxy(proxy.url, headers=headers, ssl_context=context)


def _told(error: httpx.TransportError, host: str, proxy: Proxy | None, record: SendRecord) -> httpx.TransportError:
    """Say what went wrong before anything of the request had left; httpx's own message can be empty."""
    if record.sent != "no":
        return error
    via = f" through the proxy {proxy}" if proxy is not None else ""
    match kind_of(error):
        case "certificate":
            return CertificateError(f"the TLS certificate of {host}{via} was refused")
        case "resolve":
            return ResolveError(f"the host name {proxy.url.host if proxy is not None else host} could not be resolved")
        case "other" if proxy is None or isinstance(error, httpx.ProxyError | httpx.PoolTimeout):
            return error
        case "other" if isinstance(error, httpx.TimeoutException):
            return httpx.ConnectTimeout(f"no connection{via} came about in time")
        case "other":
            return httpx.ProxyError(f"no connection{via} ({str(error) or type(error).__name__})")
