"""Who may come in."""

from __future__ import annotations

import hmac
from ipaddress import ip_address

from aiohttp import web

from deepnote_emulator.server.answers import STATE, Refused


def refusal(request: web.Request) -> Refused | None:
    """Tell why a request may not come in, or None if it names this machine and knows the token.

    The Host check keeps web pages out that point a name of theirs at 127.0.0.1.
    """
    if not is_this_machine(request.host):
        return Refused(403, f"The emulator serves this machine only, not {request.host!r}")
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(
        token.encode("utf-8", "replace"), request.app[STATE].token.encode()
    ):
        return Refused(401, "Invalid or missing API key")
    return None


def is_this_machine(host: str) -> bool:
    """Whether the Host header names the loopback interface."""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    if name == "localhost":
        return True
    try:
        return ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False
