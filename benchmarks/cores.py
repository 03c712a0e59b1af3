"""Client and server on a core each, where the operating system lets us choose."""

from __future__ import annotations

import os

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


def pin(core: int | None) -> None:
    """Keep this process on one core; None leaves it where it is."""
    if core is not None:
        os.sched_setaffinity(0, {core})
