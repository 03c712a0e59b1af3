"""A forked child must not use the connections of its parent, nor tidy them away.

The sockets are shared, and so is the kernel's table of what the parent's event loop waits for: closing a connection in
the child takes it out of that table, and the parent never hears of it again. So every open backend is told in the child
to forget what it holds.
"""

from __future__ import annotations

import os
import weakref
from typing import Protocol

OTHER_PROCESS = "this client was opened in another process; make one client per process, after the fork"


class Forgetful(Protocol):
    """What can let go of its connections without touching them."""

    def forget(self) -> None:
        """Drop every connection unclosed, and refuse to be used from now on."""


_OPEN: weakref.WeakSet[Forgetful] = weakref.WeakSet()


def forget_in_children(backend: Forgetful) -> None:
    """See to it that a backend forgets its connections in every process forked from this one."""
    _OPEN.add(backend)


def _forget_all() -> None:
    for backend in list(_OPEN):
        backend.forget()


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_forget_all)
