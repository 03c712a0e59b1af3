"""Client and server on a core each, where the operating system lets us choose."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from attrs import frozen


@frozen
class Cores:
    """The cores that were chosen; None where there was nothing to choose.

    Attributes:
        client: core of this process.
        server: core of the server's process.
    """

    client: int | None
    server: int | None

    def __str__(self) -> str:
        if self.client is None:
            return "not pinned: client and server share what the system gives them"
        return f"client pinned to core {self.client}, server to core {self.server}"


def choose() -> Cores:
    """Pick two cores that this process may use: the last for the client, the first for the server."""
    if not hasattr(os, "sched_getaffinity"):
        return Cores(None, None)
    allowed = sorted(os.sched_getaffinity(0))
    return Cores(allowed[-1], allowed[0]) if len(allowed) > 1 else Cores(None, None)


@contextmanager
def pinned(core: int | None) -> Iterator[None]:
    """Keep this process on one core for a while; None leaves it where it is."""
    if core is None:
        yield
        return
    before = os.sched_getaffinity(0)
    pin(core)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def pin(core: int | None) -> None:
    """Keep this process on one core; None leaves it where it is."""
    if core is not None:
        os.sched_setaffinity(0, {core})
