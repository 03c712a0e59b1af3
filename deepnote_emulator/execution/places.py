"""How many kernels may live at once, and how many do."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Places:
    """Places for kernels: whoever starts one takes a place first, and gives it back when the kernel is gone.

    Args:
        most: how many there are; None: as many as anybody wants.
    """

    def __init__(self, most: int | None) -> None:
        self._free = asyncio.Semaphore(most) if most is not None else None
        self.taken = 0
        """How many kernels live or are starting."""

    @contextlib.asynccontextmanager
    async def hold(self) -> AsyncIterator[None]:
        """Wait for a place, and hold it."""
        if self._free is not None:
            await self._free.acquire()
        self.taken += 1
        try:
            yield
        finally:
            self.free()

    async def take(self) -> bool:
        """Take a place if there is one at once; `free` gives it back."""
        if self._free is not None:
            if self._free.locked():
                return False
            await self._free.acquire()  # which does not wait here
        self.taken += 1
        return True

    def free(self) -> None:
        """Give back a place that `take` took."""
        self.taken -= 1
        if self._free is not None:
            self._free.release()
