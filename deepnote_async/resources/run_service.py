"""The run engine's view of Deepnote."""

from __future__ import annotations

from functools import partial
from typing import Any, Unpack

from deepnote_async.models import Run, RunStatus
from deepnote_async.pagination import MAX_PAGE_SIZE, Page
from deepnote_async.resources.deliveries import SnapshotDelivery, SnapshotFetcher
from deepnote_async.resources.paging import next_cursor
from deepnote_async.resources.wire import normalised_run, row_record, run_record
from deepnote_async.runs import SnapshotAnswer, StatusPage, StatusRow, Watcher
from deepnote_async.transport import CallOptions, Transport
from deepnote_async_api import models as wire
from deepnote_async_api.api.notebooks import list_notebook_runs
from deepnote_async_api.types import UNSET


class DeepnoteRuns:
    """Reads runs, lists them, and fetches what they left."""

    name = "deepnote"

    def __init__(self, transport: Transport, delivery: SnapshotDelivery = "inline") -> None:
        self._transport = transport
        self._snapshots = SnapshotFetcher(transport, delivery)
        self.report = transport.report
        self.watcher = Watcher(self)
        transport.before_closing(self.watcher.aclose)

    @property
    def is_throttled(self) -> bool:
        """Whether the service has refused requests for their rate lately."""
        return self._transport.is_throttled

    async def get(self, run_id: str, **options: Unpack[CallOptions]) -> Run:
        """Read where a run stands."""
        return run_record(await self._snapshots.look(run_id, options))

    async def fetch_snapshot(self, run_id: str, **options: Unpack[CallOptions]) -> SnapshotAnswer:
        """Read a run together with its snapshot, if it has left one."""
        return await self._snapshots.fetch(run_id, options)

    async def fetch_document(self, run_id: str, **options: Unpack[CallOptions]) -> SnapshotAnswer:
        """Read a run together with its snapshot as a document, wherever the service and the token allow it."""
        return await self._snapshots.fetch(run_id, options, "inline")

    async def newest_runs(
        self, notebook_id: str, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> Page[Run]:
        """Read a page of a notebook's runs, newest first."""
        request = list_notebook_runs.build_request(
            notebook_id, page_size=MAX_PAGE_SIZE, page_token=UNSET if cursor is None else cursor
        )
        answer = await self._transport.call(
            list_notebook_runs, request, wire.ListNotebookRunsResponse.from_dict, **options
        )
        return Page(items=tuple(row_record(run) for run in answer.runs), next_cursor=next_cursor(answer.pagination))

    async def look_at_page(
        self, notebook_id: str, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> StatusPage:
        """Read such a page for the statuses alone."""
        request = list_notebook_runs.build_request(
            notebook_id, page_size=MAX_PAGE_SIZE, page_token=UNSET if cursor is None else cursor
        )
        return await self._transport.call(list_notebook_runs, request, _read_statuses, **options)


def _read_statuses(body: dict[str, Any]) -> StatusPage:
    rows = body["runs"]
    if not isinstance(rows, list):
        raise TypeError("runs is no list")
    pagination = body.get("pagination")
    cursor = None
    if isinstance(pagination, dict) and pagination.get("hasMore") is not False:
        cursor = pagination.get("nextPageToken")
    return StatusPage(
        tuple(row for row in map(_status_row, rows) if row is not None),
        cursor if isinstance(cursor, str) and cursor else None,
    )


def _status_row(row: object) -> StatusRow | None:
    if not isinstance(row, dict):
        return None
    run_id, status = row.get("runId") or row.get("id"), row.get("status")
    if not isinstance(run_id, str) or not isinstance(status, str):
        return None
    return StatusRow(run_id, status, partial(_read_row, row, run_id, status))


def _read_row(row: dict[str, Any], run_id: str, status: str) -> Run:
    try:
        return row_record(wire.ListNotebookRun.from_dict(normalised_run(row)))
    except (KeyError, TypeError, ValueError, AttributeError):
        return Run(run_id=run_id, status=RunStatus(status), extra=row)  # the rest of it cannot be read
