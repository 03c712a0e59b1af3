"""Host names that are looked up nowhere: the tests ask no name server."""

from __future__ import annotations

import socket
from typing import Any

import pytest


def resolve_to_loopback(monkeypatch: pytest.MonkeyPatch, *hosts: str) -> None:
    """Let some names mean this machine, and all other names nothing."""
    real = socket.getaddrinfo

    def lookup(host: Any, port: Any, *arguments: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name in hosts:
            return real("127.0.0.1", port, *arguments, **options)
        if name is None or name.replace(".", "").isdigit():
            return real(host, port, *arguments, **options)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
