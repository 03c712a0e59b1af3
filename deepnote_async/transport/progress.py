"""How far a call came: written while it works, read when it fails."""

from __future__ import annotations

from typing import Literal, TypeAlias

import anyio

from deepnote_async.errors import Sent
from deepnote_async.transport.retry import Fault

Stage: TypeAlias = Literal["gate", "attempt", "backoff"]


class SendRecord:
    """How far a call came; mutable, since it outlives its attempts.

    Attributes:
        attempt: number of the attempt under way, or of the last one; 0 before the first.
        traced: whether the backend traces the attempt. Without tracing, silence proves nothing.
        fault: why no connection came about, if it did not.
        is_handed_over: the backend has the attempt; before that nothing can have left.
        is_ambiguous: an earlier attempt failed in a way that leaves open whether it was applied.
    """

    __slots__ = (
        "_began",
        "_left_at",
        "_noted",
        "_spent",
        "_stage",
        "attempt",
        "fault",
        "is_ambiguous",
        "is_handed_over",
        "traced",
    )

    def __init__(self) -> None:
        self.attempt = 0
        self.traced = False
        self.fault: Fault = "other"
        self.is_ambiguous = False
        self.is_handed_over = False
        self._noted: Sent = "no"
        self._stage: Stage = "attempt"
        self._began: float | None = None
        self._left_at: float | None = None
        self._spent: list[tuple[str, float]] = []

    @property
    def noted(self) -> Sent:
        """What the backend's tracing has said of the attempt under way; "no" until it says otherwise."""
        return self._noted

    @noted.setter
    def noted(self, sent: Sent) -> None:
        if sent == "no":
            self._left_at = None
        elif self._left_at is None:
            self._left_at = anyio.current_time()
        self._noted = sent

    @property
    def sent(self) -> Sent:
        """Whether the request reached the service, as far as is known."""
        is_silent = self._noted == "no" and (self.traced or not self.is_handed_over)
        if self._stage != "attempt" or is_silent:
            return "maybe" if self.is_ambiguous else "no"
        return "maybe" if self._noted == "no" else self._noted

    def enter(self, stage: Stage, now: float) -> None:
        """Begin another stage; an attempt starts as one of which nothing has left."""
        self._spent.extend(self._under_way(now))
        self._stage, self._began = stage, now
        if stage == "attempt":
            self.attempt += 1
            self._noted, self._left_at = "no", None
            self.traced, self.is_handed_over, self.fault = False, False, "other"

    def spent(self, now: float) -> tuple[tuple[str, float], ...]:
        """Give name and seconds of every stage so far, in order."""
        return (*self._spent, *self._under_way(now))

    def _under_way(self, now: float) -> list[tuple[str, float]]:
        if self._began is None:
            return []
        if self._stage != "attempt":
            return [(self._stage, now - self._began)]
        if not self.traced:
            return [(f"attempt {self.attempt}", now - self._began)]
        left_at = now if self._left_at is None else self._left_at
        connecting = [("connect", left_at - self._began)]
        return connecting if self._left_at is None else [*connecting, (f"attempt {self.attempt}", now - left_at)]
