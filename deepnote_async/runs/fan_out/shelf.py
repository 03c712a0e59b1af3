"""Where the outcomes of a fan-out wait to be taken, and what is known of its runs."""

from __future__ import annotations

from collections import deque

import anyio

from deepnote_async.runs.fan_out.outcome import MapStats, Outcome
from deepnote_async.runs.handle import RunHandle

RATE_SECONDS = 60.0
RATE_OUTCOMES = 128
MOST_NAMED = 100
"""So many runs are named in a note; `Outcomes.abandoned` has all."""


class Shelf:
    """Counts what is in hand and keeps the outcomes, as they came or by their place.

    Attributes:
        read: how many inputs were read.
        began: when the fan-out began, on the event loop's clock.
        left_at: when it was left; None before.
        doubtful: places of inputs whose start was cut off after it was sent.
    """

    def __init__(self, *, ordered: bool) -> None:
        self._is_ordered = ordered
        self._came: deque[Outcome] = deque()
        self._by_index: dict[int, Outcome] = {}
        self._failure: Outcome | None = None
        self._undelivered: dict[int, RunHandle] = {}
        self._started = self._done = self._failed = self._never_started = self._taken = 0
        self._ends: deque[float] = deque(maxlen=RATE_OUTCOMES)
        self.read = 0
        self.began = 0.0
        self.left_at: float | None = None
        self.doubtful: list[int] = []

    @property
    def active(self) -> int:
        """How many inputs were read and have no outcome yet."""
        return self.read - self._done

    @property
    def held(self) -> int:
        """How many inputs were read and their outcome was not taken yet."""
        return self.read - self._taken

    @property
    def has_started(self) -> bool:
        """Whether a run was started."""
        return self._started > 0

    @property
    def undelivered(self) -> tuple[RunHandle, ...]:
        """The started runs whose outcome was not taken, in the order of their inputs."""
        return tuple(self._undelivered[index] for index in sorted(self._undelivered))

    def note_started(self, index: int, handle: RunHandle) -> None:
        """Note that a run was started."""
        self._started += 1
        self._undelivered[index] = handle

    def put(self, outcome: Outcome) -> None:
        """Add an outcome."""
        self._done += 1
        self._ends.append(anyio.current_time())
        self._never_started += outcome.handle is None
        if outcome.error is not None:
            self._failed += 1
            self._failure = self._failure or outcome
        if self._is_ordered:
            self._by_index[outcome.index] = outcome
        else:
            self._came.append(outcome)

    def take(self) -> Outcome | None:
        """Take the outcome that is next; None if it is not there yet."""
        if self._is_ordered:
            return self._out(self._by_index.pop(self._taken, None))
        return self._out(self._came.popleft() if self._came else None)

    def take_failure(self) -> Outcome | None:
        """Take the first outcome with an error ahead of its turn; None if there is none."""
        failure = self._failure
        if failure is not None:
            self._by_index.pop(failure.index, None)
        return self._out(failure)

    def stats(self, *, is_exhausted: bool) -> MapStats:
        """Give the figures of this moment."""
        return MapStats(
            waiting=self.read - self._started - self._never_started,
            running=self._started - (self._done - self._never_started),
            started=self._started,
            done=self._done,
            failed=self._failed,
            rate=self._rate(),
            is_exhausted=is_exhausted,
        )

    def note(self) -> str | None:
        """Say in a few lines which runs were left; None if there are none."""
        runs, lines = self.undelivered, []
        if runs:
            named = ", ".join(handle.id for handle in runs[:MOST_NAMED])
            more = f" and {len(runs) - MOST_NAMED} more" if len(runs) > MOST_NAMED else ""
            lines.append(
                f"This map started {len(runs)} runs that it did not deliver as outcomes, and that go on if they have "
                f"not ended: {named}{more}. outcomes.abandoned holds their handles."
            )
        if self.doubtful:
            places = ", ".join(f"{index}" for index in sorted(self.doubtful)[:MOST_NAMED])
            more = f" and {len(self.doubtful) - MOST_NAMED} more" if len(self.doubtful) > MOST_NAMED else ""
            lines.append(f"Starts that were cut off, whose runs may exist all the same: of inputs {places}{more}.")
        return "\n".join(lines) or None

    def _out(self, outcome: Outcome | None) -> Outcome | None:
        if outcome is not None:
            self._taken += 1
            self._undelivered.pop(outcome.index, None)
        return outcome

    def _rate(self) -> float:
        if not self._ends:
            return 0.0
        now = anyio.current_time() if self.left_at is None else self.left_at
        is_full = len(self._ends) == RATE_OUTCOMES
        since = max(now - RATE_SECONDS, self._ends[0] if is_full else self.began)
        count = sum(moment > since for moment in self._ends)
        return count / (now - since) if now > since else 0.0
