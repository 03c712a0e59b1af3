"""Faults of connecting that a retry rule has to tell apart, whichever library met them."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from typing import Literal

import httpx


class CertificateError(httpx.ConnectError):
    """The server's certificate was refused; trying again changes nothing."""


class ResolveError(httpx.ConnectError):
    """A host name could not be resolved."""


def kind_of(error: httpx.RequestError) -> Literal["certificate", "resolve", "other"]:
    """Tell a refused certificate and an unresolved name from every other fault.

    The built-in asyncio backend raises classes of its own for them; what httpx itself raises, on trio or in a client
    that the user brought, is known by its causes.

    Example:
        >>> kind_of(ResolveError("no such host"))
        'resolve'
    """
    for cause in _causes(error):
        if isinstance(cause, CertificateError | ssl.SSLCertVerificationError):
            return "certificate"
        if isinstance(cause, ResolveError | socket.gaierror):
            return "resolve"
    return "other"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Give an error and all that led to it, each once: chains can hold rings, and groups have many members."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        current = waiting.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [current.__cause__, current.__context__]
        if isinstance(current, BaseExceptionGroup):
            waiting += current.exceptions
