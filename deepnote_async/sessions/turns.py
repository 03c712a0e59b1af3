"""Whose turn it is: the code for one notebook of a session is sent one after the other, in the order of its callers."""

from __future__ import annotations

from collections import deque

import anyio


class Turns:
    """A queue, first come first served.

    Unlike a lock it has no owner: the turn of a caller that was cancelled ends when its code has been interrupted,
    which another task sees to.
    """

    def __init__(self) -> None:
        self._is_taken = False
        self._waiting: deque[anyio.Event] = deque()

    async def take(self) -> None:
        """Wait for one's turn; whoever has it gives it on."""
        if not self._is_taken:
            self._is_taken = True
            return
        turn = anyio.Event()
        self._waiting.append(turn)
        try:
            await turn.wait()
        except BaseException:
            if turn.is_set():
                self.give()
            else:
                self._waiting.remove(turn)
            raise

    def give(self) -> None:
        """Give the turn to whoever has waited for longest."""
        if self._waiting:
            self._waiting.popleft().set()
        else:
            self._is_taken = False
