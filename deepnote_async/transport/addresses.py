"""Where a download may lead: the addresses that a service hands out are a stranger's.

A signed address is followed over https to public hosts only, so that a service (or whoever speaks in its name) cannot
make a client fetch from inside its own network. One exception: a service on this machine may hand out this machine.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable
from typing import TypeAlias

import anyio
import httpx

from deepnote_async.transport.auth import is_loopback

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_PORTS = {None, 80, 443}
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")


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
    host = url.host.rstrip(".")
    if is_loopback(host) or _is_number(host) or not _are_public([host]):
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
        meant = _meant_by(address)
        if meant is None or not meant.is_global or meant.is_multicast:
            return False
    return True


def _meant_by(address: Address) -> Address | None:
    """Give the address that is reached in the end; None for one that hides another in a way nobody needs today.

    https://www.rfc-editor.org/rfc/rfc6052 (NAT64), https://www.iana.org/assignments/ipv6-address-space
    """
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return ipaddress.IPv4Address(address.packed[-4:])
    is_plain = address in _GLOBAL_UNICAST and address.sixtofour is None and address.teredo is None
    return address if is_plain else None


def _is_number(host: str) -> bool:
    """Whether a host is an IPv4 address in a form that only resolvers read, such as 2130706433 or 127.1."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return re.fullmatch(r"0[xX][0-9a-fA-F]*|[0-9]+", host.rpartition(".")[2]) is not None
    return False
