"""The runs of the simulated service, and the lists it keeps of them."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from attrs import define

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
"""What the service's clocks say when the loop's clock is at zero."""

Duration = Callable[[random.Random], float]
"""Draws how long a run takes, in seconds."""


def lognormal(median: float, sigma: float = 1.0) -> Duration:
    """Give the law of durations that the targets were set under."""
    return lambda chance: chance.lognormvariate(math.log(median), sigma)


@define
class SimulatedRun:
    """A run, with the text of its row as it was told last: its end is the only thing that changes it.

    Attributes:
        id: its id.
        notebook_id: the notebook that runs.
        created: when it was accepted, by the loop's clock.
        ends: when it ends.
    """

    id: str
    notebook_id: str
    created: float
    ends: float
    _open_row: str = ""
    _ended_row: str = ""

    def row(self, now: float) -> str:
        """Write the run as it stands in a list at a moment."""
        if now < self.ends:
            self._open_row = self._open_row or self._text("running", "null")
            return self._open_row
        self._ended_row = self._ended_row or self._text("success", f'"{moment(self.ends)}"')
        return self._ended_row

    def alone(self, now: float, *, names_notebook: bool) -> str:
        """Write the run as it answers for itself at a moment."""
        row, snapshot = self.row(now)[:-1], "pending" if now < self.ends else "available"
        if not names_notebook:
            row = row.replace(f'"notebookId":"{self.notebook_id}",', "")
        return f'{{"run":{row},"error":null,"snapshotStatus":"{snapshot}"}}}}'

    def _text(self, status: str, completed: str) -> str:
        return (
            f'{{"runId":"{self.id}","notebookId":"{self.notebook_id}","status":"{status}",'
            f'"createdAt":"{moment(self.created)}","completedAt":{completed}}}'
        )


class NotebookRuns:
    """The runs of a notebook: ours, and those that other people start at random moments.

    The others' are made when somebody looks, so that they cost nothing while nobody does.

    Args:
        notebook_id: the notebook.
        chance: decides when others start a run, and how long it takes.
        others: how many runs they start per second.
        duration: how long a run takes.
    """

    def __init__(self, notebook_id: str, chance: random.Random, others: float, duration: Duration) -> None:
        self._notebook_id = notebook_id
        self._runs: list[SimulatedRun] = []
        self._chance = chance
        self._others = others
        self._duration = duration
        self._next_other = chance.expovariate(others) if others else math.inf

    def add(self, run: SimulatedRun) -> None:
        """Put a run that begins now at the head of the list."""
        self._catch_up(run.created)
        self._runs.append(run)

    def page(self, now: float, rows: int, token: str | None) -> str:
        """Write a page, newest first.

        Args:
            now: the moment that it tells of.
            rows: how many it has at most.
            token: the `nextPageToken` of the page before; it counts from the oldest run, so new ones do not move it.
        """
        self._catch_up(now)
        last = len(self._runs) if token is None else int(token)
        first = max(0, last - rows)
        text = ",".join(run.row(now) for run in reversed(self._runs[first:last]))
        more = f'"hasMore":true,"nextPageToken":"{first}"' if first else '"hasMore":false,"nextPageToken":null'
        return f'{{"runs":[{text}],"pagination":{{{more}}}}}'

    def _catch_up(self, now: float) -> None:
        while self._next_other <= now:
            created = self._next_other
            ends = created + self._duration(self._chance)
            self._runs.append(SimulatedRun(new_id(self._chance), self._notebook_id, created, ends))
            self._next_other = created + self._chance.expovariate(self._others)


def new_id(chance: random.Random) -> str:
    """Make an id as the service does."""
    digits = f"{chance.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"


def moment(seconds: float) -> str:
    """Write a moment of the loop's clock as the service tells it."""
    return (BEGAN + timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
