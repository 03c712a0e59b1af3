"""Wakes the one task that waits for something to change."""

from __future__ import annotations

import anyio


class Signal:
    """Says that something changed. One task waits at a time, and looks at the state itself before and after."""

    __slots__ = ("_event",)

    def __init__(self) -> None:
        self._event: anyio.Event | None = None

    def give(self) -> None:
        """Wake whoever waits."""
        if self._event is not None:
            self._event.set()

    async def wait(self) -> None:
        """Wait for the next signal."""
        self._event = anyio.Event()
        try:
            await self._event.wait()
        finally:
            self._event = None
