"""Look for the run of a lost start in the notebook's list of runs.

The clock of this machine is never compared with the service's: runs are known by their ids and their place in the list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, Literal

import anyio
from attrs import frozen

from deepnote_async.errors import CallError, RunStartUnknownError, SnapshotError
from deepnote_async.models import Run
from deepnote_async.runs.registry import APPEARANCE_SECONDS, Ticket
from deepnote_async.runs.runkey import RunKey, Verdict, read_evidence
from deepnote_async.runs.service import RunLister
from deepnote_async.runs.start import may_have_succeeded
from deepnote_async.transport import CallOptions

FIRST_PAUSE: Final = 0.25
LONGEST_PAUSE: Final = 2.0
PAUSE_GROWTH: Final = 1.5
LIST_SECONDS: Final = 5.0
READ_SECONDS: Final = 15.0
"""Total time of one request while looking, for a list and for a snapshot: the call's own time may be used up."""

PAST_KNOWN_ROWS: Final = 8
"""How far to look past the newest run that was there before: runs of nearly the same moment may stand either way
round, while a run far below is an old one, even if it was not listed before."""

MAX_PAGES: Final = 10
"""How far down a list is read for a run that was there before: as many runs as a client remembers of its own."""
UNNAMED_PATIENCE_SECONDS: Final = 60.0
SHORTEST_PATIENCE: Final = 10.0
"""How long runs that go on are waited for, after the time to appear: the call's `timeout`, or the first of these if it
names none, and never less than the second."""


class Search:
    """Looks for the run of one start in the notebook's list of runs.

    Args:
        lister: the service.
        ticket: the start.
        notebook_id: the notebook.
        key: what the start is marked with, if it is.
        options: those of the call that starts.
    """

    def __init__(
        self, lister: RunLister, ticket: Ticket, notebook_id: str, key: RunKey | None, options: CallOptions
    ) -> None:
        self.key = key
        self._lister = lister
        self._ticket = ticket
        self._notebook_id = notebook_id
        self.baseline: tuple[str, ...] = ()
        self.ruled_out: set[str] = set()
        self.found_none = False
        self._suspects: set[str] = set()
        self._has_appeared = False
        self._options = options

    @property
    def patience(self) -> float:
        """Seconds to look for the run before giving up."""
        if self.key is None:
            return APPEARANCE_SECONDS
        # A run tells its key when it has ended, so runs that have shown in time are waited for.
        return APPEARANCE_SECONDS + max(self._options.get("timeout") or UNNAMED_PATIENCE_SECONDS, SHORTEST_PATIENCE)

    async def take_baseline(self) -> None:
        """Note which runs are there before the start.

        Listed afresh for each start: what another writer started since an older list would be taken for this one. With
        a key that cannot happen, and any older run of this client bounds the search as well.
        """
        if self.key is not None and self._ticket.knows_older:
            return
        page = await self._lister.newest_runs(self._notebook_id, **self._options)
        self.baseline = tuple(run.run_id for run in page.items)

    async def resolve(self, unknown: RunStartUnknownError) -> Run | None:
        """Find the run; None says that there is none.

        Raises:
            RunStartUnknownError: neither can be proved in time.
        """
        began, pause = anyio.current_time(), FIRST_PAUSE
        self.found_none = self._has_appeared = False
        while True:
            age = anyio.current_time() - began
            found = await self._look(unknown, age, until=began + self.patience)
            if isinstance(found, Run):
                return found
            if found == "none" and age >= APPEARANCE_SECONDS:
                self.found_none = not may_have_succeeded(unknown.__cause__)
                return None
            if age >= self.patience:
                raise unknown
            mark = APPEARANCE_SECONDS if age < APPEARANCE_SECONDS else self.patience
            await anyio.sleep(max(0.0, min(pause, began + mark - anyio.current_time())))
            pause = min(pause * PAUSE_GROWTH, LONGEST_PAUSE)

    async def _look(self, unknown: RunStartUnknownError, age: float, until: float) -> Run | Literal["none", "open"]:
        """Look once; a list that cannot be had says nothing."""
        if self.key is None and not self._ticket.is_alone:
            raise unknown
        try:
            listing = await newest_runs(
                self._lister,
                self._notebook_id,
                self._is_older,
                pages=1 if self.key is None else MAX_PAGES,
                options=self._within(LIST_SECONDS),
            )
        except CallError:
            return "open"
        rows = [run for run in listing.runs if not self._is_excluded(run.run_id)]
        if self.key is not None:
            if not self._has_appeared:
                self._suspects.update(run.run_id for run in listing.above)
                self._suspects.update(run.run_id for run in listing.below if not run.status.is_terminal)
                self._has_appeared = listing.is_whole and age >= APPEARANCE_SECONDS
            return await self._by_key(self.key, rows, until, is_whole=listing.is_whole)
        if len(rows) > 1 or not self._ticket.is_alone:
            raise unknown
        if rows:
            return rows[0]
        return "none" if listing.is_whole else "open"

    def _within(self, seconds: float) -> CallOptions:
        return {**self._options, "timeout": seconds}

    def _is_excluded(self, run_id: str) -> bool:
        return run_id in self.ruled_out or self._ticket.is_owned(run_id)

    def _is_older(self, run_id: str) -> bool:
        return run_id in self.baseline or self._ticket.is_older(run_id)

    async def _by_key(
        self, key: RunKey, rows: Iterable[Run], until: float, *, is_whole: bool
    ) -> Run | Literal["none", "open"]:
        """Read the runs that have ended; one that goes on cannot tell yet what it was started with.

        What shows after the time to appear is read too, but not waited for: there may always be another one. Nor is
        what had ended below a run that was there before.
        """
        is_open = not is_whole
        for row in rows:
            verdict = await self._read(key, row) if row.status.is_terminal else Verdict.SILENT
            if verdict is Verdict.OURS:
                return row
            if verdict is Verdict.ANOTHER:
                self.ruled_out.add(row.run_id)
            elif row.run_id in self._suspects:
                is_open = True
            if anyio.current_time() >= until:
                return "open"
        return "open" if is_open else "none"

    async def _read(self, key: RunKey, row: Run) -> Verdict:
        evidence = self._ticket.evidence(row.run_id, key.name)
        if evidence is None:
            try:
                answer = await self._lister.fetch_document(row.run_id, **self._within(READ_SECONDS))
            except (CallError, SnapshotError):
                return Verdict.SILENT
            evidence = await read_evidence(answer, key.name)
            if evidence is None:
                return Verdict.SILENT
            self._ticket.remember(row.run_id, key.name, evidence)
        return evidence.verdict(key)


@frozen(kw_only=True)
class Listing:
    """The runs of a notebook that may have come after a start, newest first.

    Attributes:
        above: those above the newest run that was there before the start.
        below: the next few, as far as they are not known to have been there.
        is_whole: whether the list was read down to a run that was there before, or to its end.
    """

    above: tuple[Run, ...]
    below: tuple[Run, ...]
    is_whole: bool

    @property
    def runs(self) -> tuple[Run, ...]:
        """All of them."""
        return self.above + self.below


async def newest_runs(
    lister: RunLister,
    notebook_id: str,
    is_older: Callable[[str], bool],
    *,
    pages: int,
    options: CallOptions,
) -> Listing:
    """List the runs that may have come after a start.

    Args:
        lister: the service.
        notebook_id: the notebook.
        is_older: tells whether a run is known to have been there before.
        pages: how many pages to read at most.
        options: those of each request.
    """
    rows: dict[str, Run] = {}
    cursor: str | None = None
    is_whole = False
    for _page in range(pages):
        page = await lister.newest_runs(notebook_id, cursor, **options)
        rows |= {run.run_id: run for run in page.items}
        cursor = page.next_cursor
        is_whole = cursor is None or any(is_older(run.run_id) for run in page.items)
        if is_whole:
            break
    runs = tuple(rows.values())
    edge = next((place for place, run in enumerate(runs) if is_older(run.run_id)), len(runs))
    near = runs[edge : edge + 1 + PAST_KNOWN_ROWS]
    return Listing(above=runs[:edge], below=tuple(run for run in near if not is_older(run.run_id)), is_whole=is_whole)
