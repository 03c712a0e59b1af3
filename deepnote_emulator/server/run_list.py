"""The runs of a notebook in pages, in the order and with the mistakes that the emulator is told to make."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from deepnote_emulator.clock import iso
from deepnote_emulator.execution import RunRecord
from deepnote_emulator.listing import Listing
from deepnote_emulator.server.answers import JsonObject, bad_token, page_size, page_token, pagination

DEFAULT_SIZE = 20


def run_page(request: web.Request, notebook_id: str, runs: Sequence[RunRecord], listing: Listing) -> JsonObject:
    """Cut a page out of the list; what it costs does not grow with the list, unless that is shuffled.

    Args:
        request: has `pageSize` and `pageToken`; the token names the last run of the page before by its number.
        notebook_id: whose runs these are.
        runs: all of them, oldest first.
        listing: how they are listed.
    """
    size, last = page_size(request, DEFAULT_SIZE), page_token(request, notebook_id)
    numbers = listing.numbers(len(runs))
    start = listing.first(_place(last, numbers) if last is not None else None, size)
    page = [runs[number - 1] for number in numbers[start : start + size]]
    following = str(page[-1].number) if start + size < len(numbers) else None
    rows = [run_row(run) for run in page]
    if not listing.created_at:
        for row in rows:
            del row["createdAt"]
    return {"runs": rows, "pagination": pagination(following, notebook_id, size)}


def run_row(run: RunRecord) -> JsonObject:
    """Describe a run as a row of a list."""
    return {
        "runId": run.run_id,
        "notebookId": run.notebook.id,
        "status": run.status,
        "createdAt": iso(run.created_at),
        "completedAt": iso(run.completed_at) if run.completed_at else None,
    }


def _place(last: str, numbers: Sequence[int]) -> int:
    """Find the row of the list that the page before ended with, from 0."""
    try:
        return numbers.index(int(last))
    except ValueError:
        bad_token()
