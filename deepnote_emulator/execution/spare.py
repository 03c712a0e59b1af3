"""A kernel that is started before anybody asks for it, so that a lone run or session need not wait for Python."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from deepnote_emulator.execution.engine import EngineError
from deepnote_emulator.execution.places import Places
from deepnote_emulator.execution.process import KernelProcess, launched
from deepnote_emulator.keeper import Keeper

log = logging.getLogger("deepnote_emulator")

QUIET_SECONDS = 0.05
"""So long no kernel may have been started or ended before a spare one is: it would take time from a burst of starts."""


class Launcher:
    """Starts kernels, and keeps one spare once the first was asked for.

    Only a free place is filled with the spare, so that spare and kernels together are never more than the places. Who
    takes a place next takes the spare first.

    Args:
        keeper: makes the folders of the kernels.
        places: the places for kernels.
        warm: whether to keep a spare.
    """

    def __init__(self, keeper: Keeper, places: Places, *, warm: bool) -> None:
        self._keeper = keeper
        self._places = places
        self._may_refill = warm
        self._was_used = False
        self._starting = 0
        self._spare: asyncio.Task[KernelProcess] | None = None
        self._watch: asyncio.Task[None] | None = None
        self._clearing: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        places.on_change = self._consider

    @property
    def has_spare(self) -> bool:
        """Whether a spare is ready."""
        return self._spare is not None and self._spare.done()

    async def launch(self) -> KernelProcess:
        """Give a kernel that is ready: the spare, also one that is starting yet, or a new one.

        Raises:
            EngineError: it does not become ready.
        """
        self._was_used = True
        self._starting += 1
        try:
            if (spare := self._take()) is not None and (process := await _living(spare)) is not None:
                return process
            return await launched(self._keeper)
        finally:
            self._starting -= 1
            self._consider()

    async def close(self) -> None:
        """End the spare; none is started from now on."""
        self._may_refill = False
        self._consider()
        if (spare := self._take()) is not None:
            spare.cancel()
            with contextlib.suppress(EngineError, OSError, asyncio.CancelledError):
                await (await spare).close()
        if self._clearing is not None:
            await self._clearing

    def _take(self) -> asyncio.Task[KernelProcess] | None:
        spare, self._spare = self._spare, None
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        return spare

    def _consider(self) -> None:
        """Start a spare after a while without change, if there is a place for it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        wanted = self._may_refill and self._was_used and self._spare is None and not self._starting
        if wanted and self._places.has_room:
            self._timer = asyncio.get_running_loop().call_later(QUIET_SECONDS, self._refill)

    def _refill(self) -> None:
        self._spare = asyncio.create_task(launched(self._keeper, is_spare=True))
        self._watch = asyncio.create_task(self._watch_over(self._spare))

    async def _watch_over(self, spare: asyncio.Task[KernelProcess]) -> None:
        """Replace the spare if it dies; one that cannot be started is not tried again before a kernel is needed."""
        try:
            process = await asyncio.shield(spare)
        except (EngineError, OSError) as error:
            log.warning("a spare kernel could not be started: %s", error)
            self._spare = None
            return
        how = await process.died()
        log.warning("a spare kernel died: %s", how)
        self._spare = None
        self._clearing = asyncio.create_task(process.close())
        await asyncio.shield(self._clearing)
        self._consider()


async def _living(spare: asyncio.Task[KernelProcess]) -> KernelProcess | None:
    """Wait for the spare, and give it if it lives."""
    try:
        process = await spare
    except (EngineError, OSError):
        return None
    except asyncio.CancelledError:
        if spare.done() and not spare.cancelled() and spare.exception() is None:
            await asyncio.shield(spare.result().close())
        raise
    if await process.is_alive():
        return process
    await process.close()
    return None
