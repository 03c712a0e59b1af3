"""The proxies that the environment names: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, in either case.

They are read by the standard library, as httpx reads them. This machine is never reached through a proxy, whatever
NO_PROXY says: no proxy could.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Self
from urllib.request import (  # type: ignore[attr-defined]
    getproxies,
    proxy_bypass_environment,  # pyright: ignore[reportAttributeAccessIssue]
)

import httpx
from attrs import field, frozen

from deepnote_async.transport.auth import is_loopback

_MAX_PORT = 65535


@frozen
class Proxy:
    """A proxy that speaks HTTP.

    Attributes:
        url: its address, without user and password.
        authorization: value of the Proxy-Authorization header, None if it wants none.
    """

    url: httpx.URL
    authorization: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return self.url.netloc.decode()


class Proxies:
    """Which address is reached through which proxy.

    Args:
        settings: proxy addresses by scheme, "all" for any scheme; under "no" the hosts that are reached directly.

    Example:
        >>> Proxies({"https": "http://proxy:3128", "no": ".corp"}).find(httpx.URL("https://api.deepnote.com"))
        Proxy(url=URL('http://proxy:3128'))
    """

    def __init__(self, settings: Mapping[str, str]) -> None:
        self._settings = dict(settings)
        self._parsed: dict[str, Proxy] = {}

    @classmethod
    def of_environment(cls) -> Self:
        """Read the environment as it is now, or the system's own settings where it says nothing."""
        return cls(getproxies())

    def find(self, url: httpx.URL) -> Proxy | None:
        """Give the proxy for an address, None if it is reached directly.

        Raises:
            ValueError: there is one, but its address is none, or it is a SOCKS proxy.
        """
        scheme = url.scheme
        text = self._settings.get(scheme) or self._settings.get("all")
        if not text or self._is_direct(url):
            return None
        if text not in self._parsed:
            self._parsed[text] = _parse(text, f"{scheme.upper()}_PROXY or ALL_PROXY")
        return self._parsed[text]

    def _is_direct(self, url: httpx.URL) -> bool:
        if is_loopback(url.host):
            return True
        port = url.port or (443 if url.scheme == "https" else 80)
        return any(proxy_bypass_environment(name, self._settings) for name in (url.host, f"{url.host}:{port}"))


def _parse(text: str, variable: str) -> Proxy:
    """Read the address of a proxy. Its password is not quoted, so neither is the address."""
    try:
        url = httpx.URL(text if "://" in text else f"http://{text}")
    except (httpx.InvalidURL, ValueError):
        url = None
    if url is not None and url.scheme.startswith("socks"):
        raise ValueError(
            f"the environment names a SOCKS proxy ({variable}), and the built-in transport speaks to HTTP proxies "
            "only: install httpx[socks] and pass http_client=httpx.AsyncClient(proxy=...)"
        )
    if url is None or url.scheme not in {"http", "https"} or not url.host or not 0 < (url.port or 1) <= _MAX_PORT:
        raise ValueError(f"the environment names a proxy ({variable}) whose address is not like http://host:port")
    return Proxy(httpx.URL(scheme=url.scheme, host=url.host, port=url.port), _authorization(url))


def _authorization(url: httpx.URL) -> str | None:
    if not url.userinfo:
        return None
    return "Basic " + base64.b64encode(f"{url.username}:{url.password}".encode()).decode()
