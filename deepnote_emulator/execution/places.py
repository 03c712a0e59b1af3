"""How many kernels may live at once, and how many do."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable


class Places:
    """Places for kernels: whoever starts one takes a place first, and gives it back when the kernel is gone.

    Args:
        most: how many there are; None: as many as anybody wants.
    """

    def __init__(self, most: int | None) -> None:
        self._free = asyncio.Semaphore(most) if most is not None else None
        self.taken = 0
        """How many kernels live or are starting."""
        self.on_change: Callable[[], None] = lambda: None
        """Called whenever a place was taken or given back."""

    @property
    def has_room(self) -> bool:
        """Whether a place is free and nobody waits for one."""
        return self._free is None or not self._free.locked()

    @contextlib.asynccontextmanager
    async def hold(self) -> AsyncIterator[None]:
        """Wait for a place, and hold it."""
        if self._free is not None:
            await self._free.acquire()
        self._count(1)
        try:
            yield
        finally:
            self.free()

    async def take(self) -> bool:
        """Take a place if there is one at once; `free` gives it back."""
        if not self.has_room:
            return False
        if self._free is not None:
            await self._free.acquire()  # which does not wait here
        self._count(1)
        return True

    def free(self) -> None:
        """Give back a place that `take` took."""
        if self._free is not None:
            self._free.release()
        self._count(-1)

    def _count(self, change: int) -> None:
        self.taken += change
        self.on_change()
