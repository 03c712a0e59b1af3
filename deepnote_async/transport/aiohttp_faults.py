"""From aiohttp's exception to httpx's, by how far the request came: aiohttp's type alone does not tell."""

from __future__ import annotations

import aiohttp
import httpx

from deepnote_async.transport.faults import CertificateError, ResolveError
from deepnote_async.transport.progress import SendRecord
from deepnote_async.transport.proxies import Proxy


def as_httpx_error(error: Exception, record: SendRecord, proxy: Proxy | None) -> httpx.TransportError:
    """Tell what went wrong as httpx would, without quoting anything of the request.

    Args:
        error: what aiohttp raised before an answer had begun.
        record: how far the request came; corrected if the fault tells more.
        proxy: the proxy it was to go through, if any.
    """
    return _before_sending(error, proxy) if record.noted == "no" else _after_sending(error, record)


def _before_sending(error: Exception, proxy: Proxy | None) -> httpx.TransportError:
    via = f" through the proxy {proxy}" if proxy is not None else ""
    match error:
        case aiohttp.ServerTimeoutError() | TimeoutError():
            return httpx.ConnectTimeout(f"no connection{via} came about in time")
        case aiohttp.ClientConnectorError():
            return _not_connected(error, via)
        case aiohttp.ClientHttpProxyError():
            return httpx.ProxyError(f"the proxy {proxy} answered {error.status} to CONNECT")
        case ValueError() if not isinstance(error, aiohttp.ClientError):
            return httpx.LocalProtocolError("a header or address of the request is not valid")
        case _ if proxy is not None:
            return httpx.ProxyError(f"the proxy {proxy} gave no connection ({type(error).__name__})")
        case _:
            return httpx.ConnectError(f"the connection could not be used ({type(error).__name__})")


def _not_connected(error: aiohttp.ClientConnectorError, via: str) -> httpx.ConnectError | httpx.ProxyError:
    """Tell why no connection came about; with a proxy, `error.host` is whoever was being connected to."""
    match error:
        case aiohttp.ClientConnectorCertificateError():
            reason = getattr(error.certificate_error, "verify_message", "")
            return CertificateError(f"the TLS certificate of {error.host} was refused ({reason or 'not valid'})")
        case aiohttp.ClientConnectorSSLError():
            return httpx.ConnectError(f"the TLS handshake with {error.host}:{error.port}{via} failed")
        case aiohttp.ClientConnectorDNSError():
            return ResolveError(f"the host name {error.host} could not be resolved")
        case aiohttp.ClientProxyConnectionError():
            return httpx.ProxyError(f"no connection{via} ({error.strerror})")
        case _:
            return httpx.ConnectError(f"no connection to {error.host}:{error.port}{via} ({error.strerror})")


def _after_sending(error: Exception, record: SendRecord) -> httpx.TransportError:
    match error:
        case aiohttp.ServerTimeoutError() | TimeoutError():
            return httpx.ReadTimeout("no answer came")
        case aiohttp.ServerDisconnectedError():
            return httpx.RemoteProtocolError("the server closed the connection without an answer")
        case aiohttp.ClientResponseError():
            record.noted = "yes"  # something answered, if not in HTTP
            return httpx.RemoteProtocolError(f"the server sent something that is not HTTP ({type(error).__name__})")
        case _:
            return httpx.ReadError(f"the connection broke before an answer came ({type(error).__name__})")
