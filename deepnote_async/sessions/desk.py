"""What the sessions of one client share."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar
from weakref import WeakValueDictionary

import anyio

from deepnote_async.runs import RunService, StartRegistry
from deepnote_async.sessions.errand import Errand
from deepnote_async.sessions.turns import Turns
from deepnote_async.transport import Transport, running_loop

T = TypeVar("T")

CLOSE_SECONDS: Final = 5.0
"""How long closing the client waits for sessions that are being stopped."""

log = logging.getLogger("deepnote_async")


class SessionDesk:
    """Knows what is still to be cleaned up, and whose turn it is at each kernel.

    Args:
        transport: the client's connection; closing it waits for what is being cleaned up.
        runs: the service of the runs that sessions start.
        registry: the client's own starts.
    """

    def __init__(self, transport: Transport, runs: RunService, registry: StartRegistry) -> None:
        self.transport = transport
        self.runs = runs
        self.registry = registry
        self._turns: WeakValueDictionary[tuple[str, str], Turns] = WeakValueDictionary()
        self._cleanups: dict[int, Errand[Any]] = {}
        self._keepers: set[Callable[[], object]] = set()
        self._numbers = itertools.count()
        self._loop: object = None
        self._is_closed = False
        transport.before_closing(self.aclose)

    def check(self) -> None:
        """Refuse to open a session that nobody could clean up after.

        Raises:
            RuntimeError: the client is closed, or is being closed.
        """
        if self._is_closed:
            raise RuntimeError("this client is closed; make another one")

    def turns(self, session_id: str, notebook_id: str) -> Turns:
        """Give the queue of a kernel, which all objects for one session share."""
        key = session_id, notebook_id
        turns = self._turns.get(key)
        if turns is None:
            turns = self._turns[key] = Turns()
        return turns

    def keep(self, leave: Callable[[], object]) -> None:
        """Note a session that is being opened or used, and how a clean-up of it is begun if the client is closed."""
        self._keepers.add(leave)

    def drop(self, leave: Callable[[], object]) -> None:
        """Forget what was noted, if it still is."""
        self._keepers.discard(leave)

    def clean_up(
        self, work: Callable[[], Awaitable[T]], name: str, *, ended: Callable[[], None] | None = None
    ) -> Errand[T]:
        """Have something cleaned up, whatever becomes of the caller.

        Args:
            work: cleans up, within a bounded time.
            name: what is being done, for people.
            ended: called when that is over.
        """
        number = next(self._numbers)

        def end() -> None:
            self._cleanups.pop(number, None)
            if ended is not None:
                ended()

        self._loop = running_loop()
        errand = Errand(work, name, ended=end)
        if not errand.has_ended:
            self._cleanups[number] = errand
        return errand

    async def aclose(self) -> None:
        """Leave all sessions that are kept, wait for what is being cleaned up, and give up what takes too long."""
        self._is_closed = True
        if self._cleanups and self._loop is not running_loop():
            return  # its tasks belong to an event loop that may not be there any more
        for leave in list(self._keepers):
            leave()
        with anyio.move_on_after(CLOSE_SECONDS, shield=True):
            while self._cleanups:
                await next(iter(self._cleanups.values())).ended()
        left = list(self._cleanups.values())
        for errand in left:
            log.warning("the client was closed before this was done: %s", errand.name)
            errand.cancel("the client was closed")
        with anyio.move_on_after(CLOSE_SECONDS, shield=True):
            for errand in left:
                await errand.ended()
