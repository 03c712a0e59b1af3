"""Slows the starts of a fan-out down when the service says that they are too many.

Wide open until then. A limit of runs at once is learnt from the first refusal: as many fit as this fan-out has going on
at that moment. From there on a start goes out when one of those runs ends, and beside that a single one to try, after a
pause that doubles from 1 to 30 seconds as long as it is refused: others' runs may fill the limit, and may end. A start
that is accepted halves the pause, no more: our own run may have ended without our knowing, which is no new room.
"""

from __future__ import annotations

import heapq
import math

import anyio

from deepnote_async.runs.fan_out.signal import Signal

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
LONGEST_HINT = 60.0
"""The service's rate limit counts in windows of 60 s, so no wait need be longer, whatever an answer asks for."""


class _Closing:
    """For how long starts are held back for one reason.

    Attributes:
        until: moment on the event loop's clock.
    """

    def __init__(self) -> None:
        self.until = -math.inf
        self._pause = FIRST_PAUSE
        self._last = 0

    def close(self, ticket: int, newest: int, hint: float) -> None:
        """Note a refusal; starts that were out together make one pause between them."""
        now = anyio.current_time()
        if ticket > self._last:
            self.until = now + max(self._pause, hint)
            self._pause, self._last = min(2 * self._pause, LONGEST_PAUSE), newest
        else:
            self.until = max(self.until, now + hint)

    def reopen(self, ticket: int) -> None:
        """Note that a start was accepted, if it went out after the last refusal."""
        if ticket > self._last:
            self.until, self._pause = -math.inf, max(FIRST_PAUSE, self._pause / 2)


class StartBrake:
    """What every start of a fan-out passes. Each `enter` is followed by `accepted`, `refused` or `left`."""

    def __init__(self) -> None:
        self._running = 0
        self._in_flight = 0
        self._fits = math.inf  # so many of our runs at once, as far as is known
        self._limit, self._rate = _Closing(), _Closing()
        self._newest = 0
        self._changed = Signal()
        self._is_taken = False
        self._turns: list[tuple[int, anyio.Event]] = []
        self._gone: set[int] = set()

    async def enter(self, index: int) -> int:
        """Wait until a start may go out; gives a ticket.

        Args:
            index: the place of its inputs; the lowest that waits goes first.
        """
        if self._is_taken or self._pause() > 0:
            await self._take_turn(index)
            try:
                while (pause := self._pause()) > 0:
                    with anyio.CancelScope(deadline=anyio.current_time() + pause):
                        await self._changed.wait()
            finally:
                self._pass_turn()
        self._in_flight += 1
        self._newest += 1
        return self._newest

    def accepted(self, ticket: int) -> None:
        """Note that a run goes on now."""
        self._running += 1
        self._rate.reopen(ticket)
        if self._running > self._fits:
            self._fits = self._running
            self._limit.reopen(ticket)
        self.left()

    def refused(self, ticket: int, *, for_limit: bool, hint: float | None) -> None:
        """Note that a start was one too many.

        Args:
            ticket: what `enter` gave.
            for_limit: too many runs go on at once; else the starts came too fast.
            hint: seconds that the service asks to wait, None if it did not say.
        """
        if for_limit:
            self._fits = self._running
        closing = self._limit if for_limit else self._rate
        closing.close(ticket, self._newest, min(hint or 0.0, LONGEST_HINT))
        self.left()

    def left(self) -> None:
        """Note that a start came back."""
        self._in_flight -= 1
        self._changed.give()

    def run_ended(self) -> None:
        """Note that an accepted run has ended, or is not waited for any longer."""
        self._running -= 1
        self._changed.give()

    def _pause(self) -> float:
        """Give the seconds for which no start may go out; infinite until something changes."""
        now = anyio.current_time()
        if self._rate.until > now:
            return self._rate.until - now
        if self._running + self._in_flight < self._fits:
            return 0.0
        return math.inf if self._in_flight else self._limit.until - now

    async def _take_turn(self, index: int) -> None:
        if not self._is_taken:
            self._is_taken = True
            return
        turn = anyio.Event()
        heapq.heappush(self._turns, (index, turn))
        try:
            await turn.wait()
        except BaseException:
            if turn.is_set():
                self._pass_turn()
            else:
                self._gone.add(index)
            raise

    def _pass_turn(self) -> None:
        while self._turns:
            index, turn = heapq.heappop(self._turns)
            if index not in self._gone:
                turn.set()
                return
            self._gone.discard(index)
        self._is_taken = False
