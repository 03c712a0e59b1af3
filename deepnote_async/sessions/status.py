"""How a session and one of its kernels are, read from whatever the service says of them.

No page documents the names of the fields, so several are read, an entry of the queue may be an id or an object, and
everything the service said is kept beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import field, frozen

WORKING: Final = frozenset({"busy", "starting", "queued", "restarting"})
"""States of a kernel after which it will be idle. A state that nobody knows is none to wait for."""

DEAD: Final = frozenset({"dead", "died", "crashed", "failed", "terminated", "unavailable"})

_KNOWN: Final = WORKING | DEAD | {"idle"}

_SESSION_STATES = ("state", "status", "executionState")
_STATES = (*_SESSION_STATES, "execution_state", "kernelState", "kernelStatus")
_EXECUTING = ("executingBlock", "executingBlockId", "currentBlock")
_QUEUES = ("queue", "queuedBlocks", "executionQueue")


@frozen(kw_only=True)
class SessionStatus:
    """How a session and one of its kernels are.

    Attributes:
        state: state of the session, such as "busy"; None if the service did not say.
        kernel_state: state of the notebook's kernel; None if the service did not say.
        executing_block: the block it executes; None if there is none.
        queue: the blocks that wait, in order.
        session: everything the service said of the session, under the API's names.
        kernel: everything it said of the kernel; empty if there is none yet.
    """

    state: str | None = None
    kernel_state: str | None = None
    executing_block: str | None = None
    queue: tuple[str, ...] = ()
    session: Mapping[str, Any] = field(factory=dict, repr=False)
    kernel: Mapping[str, Any] = field(factory=dict, repr=False)

    @property
    def telling_state(self) -> str | None:
        """The state that tells how the kernel is: its own if that is a known one, else that of the session."""
        return next(filter(_is_known, (self.kernel_state, self.state)), self.kernel_state)

    @property
    def is_working(self) -> bool:
        """Whether the kernel is known to do something that ends, or to start."""
        is_known = (self.telling_state or "").lower() in WORKING
        return is_known or (not self.is_dead and bool(self.executing_block or self.queue))

    @property
    def is_dead(self) -> bool:
        """Whether the kernel is known to be gone for good."""
        return (self.telling_state or "").lower() in DEAD


def read_status(body: Mapping[str, Any]) -> SessionStatus:
    """Read an answer.

    Raises:
        KeyError: it tells nothing of a session or of a kernel.
        TypeError: one of them is no object; a kernel may be null, before there is one.
    """
    session, kernel = body["session"], {} if body["kernel"] is None else body["kernel"]
    if not isinstance(session, Mapping) or not isinstance(kernel, Mapping):
        raise TypeError("session and kernel are objects")
    return SessionStatus(
        state=_state(session, _SESSION_STATES),
        kernel_state=_state(kernel, _STATES),
        executing_block=next((block for name in _EXECUTING if (block := _block_id(kernel.get(name)))), None),
        queue=_queue(next((kernel[name] for name in _QUEUES if isinstance(kernel.get(name), list)), [])),
        session=session,
        kernel=kernel,
    )


def _queue(entries: list[object]) -> tuple[str, ...]:
    return tuple(block for block in map(_block_id, entries) if block)


def _block_id(entry: object) -> str | None:
    """Give the id of a block, which may stand alone or in an object."""
    if isinstance(entry, Mapping):
        entry = next((entry[name] for name in ("blockId", "id") if entry.get(name)), None)
    if isinstance(entry, str) or (isinstance(entry, int) and not isinstance(entry, bool)):
        return str(entry)
    return None


def _state(fields: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    """Give the first known state, or else the first one."""
    states = [fields[name] for name in names if isinstance(fields.get(name), str)]
    return next(filter(_is_known, states), states[0] if states else None)


def _is_known(state: str | None) -> bool:
    return state is not None and state.lower() in _KNOWN
