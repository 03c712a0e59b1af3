"""Where a download may lead: the addresses that a service hands out are a stranger's.

A signed address is followed over https to public hosts only, so that a service (or whoever speaks in its name) cannot
make a client fetch from inside its own network. One exception: a service on this machine may hand out this machine.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable

import anyio
import httpx

from deepnote_async.transport.auth import is_loopback

_PORTS = {None, 80, 443}


def check_download_address(url: httpx.URL, *, loopback: bool) -> None:
    """Refuse an address that no download has.

    Args:
        url: where the service, or a redirect, points.
        loopback: whether the service itself is on this machine, so that this machine is no stranger.

    Raises:
        ValueError: it is not https, names a user, an odd port or a host that is not public. The address is not quoted,
            since its query is a credential.
    """
    here = f"the address of a download leads to {url.scheme}://{url.host}"
    if url.userinfo:
        raise ValueError(f"{here} with a user or password in it, which no signed address has")
    if loopback and url.scheme in {"http", "https"} and is_loopback(url.host):
        return
    if url.scheme != "https" or not url.host:
        raise ValueError(f"{here}, and downloads come over https only")
    if url.port not in _PORTS:
        raise ValueError(f"{here}:{url.port}, an unusual port, and is not followed there")
    if is_loopback(url.host) or not _are_public([url.host]):
        raise ValueError(f"{here}, which is not a public host, and is not followed there")


async def check_resolves_publicly(host: str, port: int) -> None:
    """Refuse a host name that leads to this machine or its own network.

    Raises:
        ValueError: one of its addresses is not public.
        httpx.ConnectError: it cannot be resolved.
    """
    try:
        found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise httpx.ConnectError(f"the host name {host} could not be resolved") from None
    if not _are_public(str(address[4][0]) for address in found):
        raise ValueError(f"the address of a download leads to {host}, which is not a public host")


def _are_public(hosts: Iterable[str]) -> bool:
    """Whether none of them is an address of a private, local or reserved range; names are not resolved."""
    for host in hosts:
        try:
            address = ipaddress.ip_address(host.partition("%")[0])
        except ValueError:
            continue
        mapped = getattr(address, "ipv4_mapped", None) or address
        if not mapped.is_global or mapped.is_multicast:
            return False
    return True
