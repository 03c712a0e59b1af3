"""What one client knows of its own starts, so that a lost run can be told from the others. Bounded, and never saved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Final

import anyio

from deepnote_async.runs.runkey import Evidence

APPEARANCE_SECONDS: Final = 10.0
"""How long a run may take to show in the list of runs after its start was lost.

It has to cover a request that is still on its way when the connection breaks, and a list that lags behind. Neither was
ever measured on the service; ten seconds is far above what such lists are known for, and bearable in a rare case.
"""

MAX_NOTEBOOKS: Final = 10_000
MAX_OWNED: Final = 1_000
MAX_TOLD: Final = 100
"""How many owned runs an error remembers: as many as one page of the list holds."""


class _Notebook:
    """The starts of one notebook."""

    __slots__ = ("begun", "doubtful_until", "evidence", "in_flight", "owned")

    def __init__(self) -> None:
        self.begun = 0
        self.in_flight = 0
        self.doubtful_until = float("-inf")
        self.owned: dict[str, int] = {}
        self.evidence: dict[tuple[str, str], Evidence] = {}


class Ticket:
    """One start while it is in flight."""

    __slots__ = ("_begun_alone", "_notebook", "_number")

    def __init__(self, notebook: _Notebook) -> None:
        notebook.begun += 1
        self._notebook = notebook
        self._number = notebook.begun
        self._begun_alone = notebook.in_flight == 0 and anyio.current_time() >= notebook.doubtful_until

    @property
    def is_alone(self) -> bool:
        """Whether no other start of the notebook was in flight, or left in doubt, while this one was."""
        return self._begun_alone and self._notebook.begun == self._number

    @property
    def knows_older(self) -> bool:
        """Whether a run is known that is older than this start."""
        return any(number < self._number for number in self._notebook.owned.values())

    @property
    def owned(self) -> tuple[str, ...]:
        """The newest runs that belong to this client, newest first."""
        return tuple(islice(reversed(self._notebook.owned), MAX_TOLD))

    @property
    def older(self) -> tuple[str, ...]:
        """The newest runs that belonged to this client before this start began, newest first."""
        return tuple(islice(filter(self.is_older, reversed(self._notebook.owned)), MAX_TOLD))

    def is_owned(self, run_id: str) -> bool:
        """Whether a run is known to belong to a start of this client."""
        return run_id in self._notebook.owned

    def is_older(self, run_id: str) -> bool:
        """Whether a run belonged to this client before this start began."""
        return self._notebook.owned.get(run_id, self._number) < self._number

    def claim(self, run_id: str) -> None:
        """Note that a run belongs to this client."""
        owned = self._notebook.owned
        owned.pop(run_id, None)
        owned[run_id] = self._notebook.begun
        if len(owned) > MAX_OWNED:
            del owned[next(iter(owned))]

    def evidence(self, run_id: str, name: str) -> Evidence | None:
        """Give what a run is known to have been started with: lost starts of one notebook need not each read it."""
        return self._notebook.evidence.get((run_id, name))

    def remember(self, run_id: str, name: str, evidence: Evidence) -> None:
        """Keep what a run was started with."""
        known = self._notebook.evidence
        known[run_id, name] = evidence
        if len(known) > MAX_OWNED:
            del known[next(iter(known))]

    def leave_in_doubt(self) -> None:
        """Note that the run of this start may yet show."""
        self._notebook.doubtful_until = anyio.current_time() + APPEARANCE_SECONDS


class StartRegistry:
    """The starts of one client, by notebook. Used from one event loop, so nothing here needs a lock."""

    def __init__(self) -> None:
        self._notebooks: dict[str, _Notebook] = {}

    @contextmanager
    def start(self, notebook_id: str) -> Iterator[Ticket]:
        """Count a start as in flight for as long as the block lasts."""
        notebook = self._touch(notebook_id)
        ticket = Ticket(notebook)
        notebook.in_flight += 1
        try:
            yield ticket
        finally:
            notebook.in_flight -= 1

    def is_owned(self, notebook_id: str, run_id: str) -> bool:
        """Whether a run is known to belong to a start of this client."""
        notebook = self._notebooks.get(notebook_id)
        return notebook is not None and run_id in notebook.owned

    def _touch(self, notebook_id: str) -> _Notebook:
        notebook = self._notebooks.pop(notebook_id, None) or _Notebook()
        self._notebooks[notebook_id] = notebook
        if len(self._notebooks) > MAX_NOTEBOOKS:
            idle = next((name for name, other in self._notebooks.items() if not other.in_flight), notebook_id)
            if idle != notebook_id:
                del self._notebooks[idle]
        return notebook
