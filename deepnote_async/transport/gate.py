"""The rate gate: what every request of a client passes before it is sent.

With a fixed rate it spaces requests evenly. Without one it stands wide open until the service answers 429; then it
closes for as long as the service asks, and lets requests through at a rate of its own from there on: cut to 0.7 of what
got through (once for each wave of refusals), grown again little by little, faster the longer no 429 comes. Starts,
looks and downloads take turns, so a queue of one kind does not starve the others; three starts are one turn, for a look
can wait, and what is not started does not run.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import Literal, TypeAlias

import anyio

from deepnote_async.events import RateEvent

Lane: TypeAlias = Literal["start", "look", "download"]
"""What takes turns at the gate: what changes something, what reads, and bodies that are streamed."""

STARTS_IN_A_ROW = 3
"""So many starts pass before another kind has its turn."""
CUT = 0.7
LOWEST_RATE = 0.1
UNHINTED_SECONDS = 1.0
"""For how long the gate closes when a 429 names no pause."""
LONGEST_SECONDS = 60.0
"""Deepnote counts in windows of 60 s, so the gate never closes for longer."""
REGAIN_SECONDS = 60.0
"""In this time the rate grows by what a cut took; in the next one by twice as much, and so on."""
STRICT_SECONDS = 600.0
"""For so long after a refusal whoever can do with fewer requests does."""
OBSERVED_SECONDS = 10.0
OBSERVED_REQUESTS = 1024


class RateGate:
    """Shared by all tasks of a client; belongs to one event loop and needs no lock.

    Args:
        rate: requests per second, if the limit is known; None learns it.
        report: told of every change.
    """

    def __init__(self, rate: float | None, report: Callable[[RateEvent], None]) -> None:
        self._fixed = rate
        self._report = report
        self._ceiling: float | None = None  # what got through when the rate was cut last
        self._cut_at = -1.0
        self._closed_until = 0.0
        self._next = 0.0
        self._passed: deque[float] = deque(maxlen=OBSERVED_REQUESTS)
        self._is_taken = False
        self._in_a_row = 0  # so many starts have passed since anything else did
        self._queues: dict[Lane, deque[anyio.Event]] = {"start": deque(), "look": deque(), "download": deque()}

    @property
    def is_open(self) -> bool:
        """Whether everything may pass at once: no rate is set, and none was learnt."""
        return self._fixed is None and self._ceiling is None and not self._is_taken

    def rate(self, now: float) -> float | None:
        """Give the rate at a moment, in requests per second; None is unlimited."""
        if self._fixed is not None or self._ceiling is None:
            return self._fixed
        since = now - self._cut_at
        growth = (1 - CUT) * self._ceiling * (since / REGAIN_SECONDS) * (1 + since / REGAIN_SECONDS)
        return max(LOWEST_RATE, CUT * self._ceiling + growth)

    def is_strict(self, now: float) -> bool:
        """Whether requests were refused lately, or are waiting for their turn."""
        return self._is_taken or (self._cut_at >= 0 and now - self._cut_at < STRICT_SECONDS)

    async def enter(self, lane: Lane) -> None:
        """Wait for the turn and for the rate. A caller that is cancelled takes nothing from the others."""
        await self._take_turn(lane)
        try:
            now = anyio.current_time()
            while now < (free := max(self._closed_until, self._next)):  # a 429 may close it again meanwhile
                await anyio.sleep(free - now)
                now = anyio.current_time()
            rate = self.rate(now)
            if rate is not None:
                self._next = now + 1 / rate
            self._in_a_row = self._in_a_row + 1 if lane == "start" else 0
        finally:
            self._pass_turn(after=lane)

    def passed(self, now: float) -> None:
        """Note that the service answered a request and did not refuse it for its rate."""
        self._passed.append(now)

    def throttled(self, entered: float, now: float, retry_after: float | None) -> None:
        """Note that the service refused a request for its rate.

        Args:
            entered: when that request was sent; a wave of requests sent before the last cut makes no further one.
            now: the time.
            retry_after: seconds the service asks to wait, None if it did not say.
        """
        previous, pause = self.rate(now), self._close(now, retry_after)
        if entered <= self._cut_at:
            return
        if self._fixed is None:
            self._ceiling = max(self._rate_of_success(now) if previous is None else previous, LOWEST_RATE / CUT)
            self._next = max(self._next, now)
        self._cut_at = now
        self._report(RateEvent(rate=self.rate(now), previous=previous, pause=pause))

    def _close(self, now: float, retry_after: float | None) -> float:
        """Let nothing pass for as long as was asked; what asks for too long is refused by its own answer each time."""
        pause = UNHINTED_SECONDS if retry_after is None else retry_after
        if pause > LONGEST_SECONDS:
            return 0.0
        self._closed_until = max(self._closed_until, now + pause)
        return pause

    def _rate_of_success(self, now: float) -> float:
        recent = [moment for moment in self._passed if now - moment <= OBSERVED_SECONDS]
        return max(1.0, len(recent) / max(1.0, now - min(recent))) if recent else 1.0

    async def _take_turn(self, lane: Lane) -> None:
        if not self._is_taken:
            self._is_taken = True
            return
        turn = anyio.Event()
        self._queues[lane].append(turn)
        try:
            await turn.wait()
        except BaseException:
            if turn.is_set():
                self._pass_turn(after=lane)
            else:
                self._queues[lane].remove(turn)
            raise

    def _pass_turn(self, after: Lane) -> None:
        lanes: list[Lane] = list(self._queues)
        first = lanes.index(after) + (after != "start" or self._in_a_row >= STARTS_IN_A_ROW)
        for lane in (*lanes[first:], *lanes[:first]):
            if self._queues[lane]:
                self._queues[lane].popleft().set()
                return
        self._is_taken = False


def checked_rate(rate: float | None) -> float | None:
    """Return requests per second that can be kept to.

    Raises:
        TypeError: it is no number.
        ValueError: it is not above zero, or not finite.
    """
    if rate is None:
        return None
    if isinstance(rate, bool) or not isinstance(rate, int | float):
        raise TypeError(f"rate takes requests per second or None, not {type(rate).__name__}")
    if not 0 < rate < math.inf:
        raise ValueError(f"rate must be above zero and finite, got {rate!r}; None learns it")
    return float(rate)
