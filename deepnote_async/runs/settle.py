"""Look for the document of an ended run: the terminal status can be visible first, and the document may never come."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable

import anyio

from deepnote_async.errors import DecodeError
from deepnote_async.runs.service import SnapshotAnswer
from deepnote_async.runs.wait import TRANSIENT

SETTLE_SECONDS = 30.0
SETTLE_UNTOLD_SECONDS = 5.0
"""How long to look for a snapshot whose state the server does not tell."""
SETTLE_PAUSE = 0.2


async def settle(look: Callable[[], Awaitable[SnapshotAnswer]], seconds: float | None) -> SnapshotAnswer | None:
    """Look until the document is there, or will not come, or the time is up.

    `snapshot_status` tells whether it is worth asking again; a server that does not tell is asked for five seconds. A
    look that fails for a passing reason is repeated; what cannot be read, once.

    Args:
        look: reads run and document once.
        seconds: how long to look, each look included; None as long as the server says that it is pending.

    Returns:
        The last answer; None if none came in time.
    """
    began = anyio.current_time()
    answer: SnapshotAnswer | None = None
    unreadable = False
    with anyio.CancelScope(deadline=math.inf if seconds is None else began + seconds):
        while True:
            try:
                answer = await look()
            except TRANSIENT:
                if seconds is None and anyio.current_time() - began > SETTLE_SECONDS:
                    raise
            except DecodeError:
                if unreadable:
                    raise
                unreadable = True
            else:
                if _is_settled(answer, anyio.current_time() - began):
                    break
            await anyio.sleep(SETTLE_PAUSE)
    return answer


def _is_settled(answer: SnapshotAnswer, waited: float) -> bool:
    state = answer.run.snapshot_status
    if answer.content:
        return True
    return waited >= SETTLE_UNTOLD_SECONDS if state is None else state != "pending"
