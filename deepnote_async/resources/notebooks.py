"""`client.notebooks`: notebooks, their blocks, inputs, runs and schedules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Unpack

from deepnote_async.models import Notebook, Run, Schedule
from deepnote_async.pagination import AsyncPaginator, Page
from deepnote_async.resources.paging import next_cursor
from deepnote_async.resources.wire import enveloped, notebook_record, row_record, schedule_record
from deepnote_async.transport import CallOptions, Transport, path_id
from deepnote_async_api import models as wire
from deepnote_async_api.api.notebooks import (
    create_notebook,
    delete_notebook,
    get_notebook,
    list_notebook_runs,
    reorder_blocks,
    update_notebook,
    upsert_notebook_schedule,
)
from deepnote_async_api.types import UNSET


class Notebooks:
    """Notebooks of the workspace.

    https://deepnote.com/docs/api-reference/notebooks
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def get(self, notebook_id: str, **options: Unpack[CallOptions]) -> Notebook:
        """Read a notebook with its blocks and the inputs it declares.

        Args:
            notebook_id: id of the notebook.
            **options: see CallOptions.

        Raises:
            NotFoundError: there is no such notebook, or the token's owner cannot see it.
            BadRequestError: the project is suspended, or the id is not one.
            ValueError: the id cannot be one.

        Example:
            >>> notebook = await client.notebooks.get(notebook_id)
            >>> [declared.name for declared in notebook.inputs]
            ['region', 'n']
        """
        request = get_notebook.build_request(path_id(notebook_id, "notebook_id"))
        return notebook_record(await self._transport.call(get_notebook, request, _read_detail, **options))

    async def create(self, project_id: str, name: str | None = None, **options: Unpack[CallOptions]) -> Notebook:
        """Create an empty notebook in a project; blocks come with `client.blocks.create`.

        Args:
            project_id: the project.
            name: unique within the project, with regard to case; the service makes one up without it. "Init" makes it
                the notebook that runs before every other one of the project.
            **options: see CallOptions.

        Raises:
            ConflictError: the name is taken, the project is suspended, or it takes no further notebooks.
            NotFoundError: there is no such project.
        """
        body = wire.CreateNotebookBody(
            project_id=path_id(project_id, "project_id"), name=UNSET if name is None else name
        )
        request = create_notebook.build_request(body=body)
        return notebook_record(await self._transport.call(create_notebook, request, _read, **options))

    async def rename(self, notebook_id: str, name: str, **options: Unpack[CallOptions]) -> Notebook:
        """Give a notebook another name.

        Raises:
            ConflictError: the name is taken, or the project does not allow it.
        """
        body = wire.UpdateNotebookBody(name=name)
        request = update_notebook.build_request(path_id(notebook_id, "notebook_id"), body=body)
        return notebook_record(await self._transport.call(update_notebook, request, _read, **options))

    async def delete(self, notebook_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a notebook. A project keeps at least one.

        Raises:
            NotFoundError: there is no such notebook, perhaps because it was deleted before.
        """
        request = delete_notebook.build_request(path_id(notebook_id, "notebook_id"))
        await self._transport.acknowledge(delete_notebook, request, **options)

    def runs(
        self,
        notebook_id: str,
        *,
        limit: int | None = None,
        page_size: int | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncPaginator[Run]:
        """List the runs of a notebook, newest first; also those that the editor or a schedule started.

        Rows carry neither error nor snapshot; `client.runs.handle(run.run_id)` gets at both.

        Args:
            notebook_id: the notebook.
            limit: end after so many runs; None lists all.
            page_size: rows to ask for at a time, 1 to 100; None leaves it to the service (20).
            **options: see CallOptions; `timeout` is for each page.

        Example:
            >>> async for run in client.notebooks.runs(notebook_id, limit=10):
            ...     print(run.run_id, run.status)
        """
        path_id(notebook_id, "notebook_id")

        async def fetch(cursor: str | None, size: int | None) -> Page[Run]:
            request = list_notebook_runs.build_request(
                notebook_id, page_size=UNSET if size is None else size, page_token=UNSET if cursor is None else cursor
            )
            answer = await self._transport.call(
                list_notebook_runs, request, wire.ListNotebookRunsResponse.from_dict, **options
            )
            return Page(items=tuple(row_record(run) for run in answer.runs), next_cursor=next_cursor(answer.pagination))

        return AsyncPaginator(list_notebook_runs, fetch, lambda run: run.run_id, limit=limit, page_size=page_size)

    async def reorder_blocks(
        self,
        notebook_id: str,
        block_ids: Sequence[str],
        *,
        to: Literal["start", "end"] | None = None,
        after: str | None = None,
        **options: Unpack[CallOptions],
    ) -> tuple[str, ...]:
        """Move blocks together, in the given order; the others keep theirs.

        Args:
            notebook_id: the notebook.
            block_ids: the blocks to move, each once.
            to: "start" or "end" of the notebook.
            after: the block to put them behind; takes the place of `to`.
            **options: see CallOptions.

        Returns:
            The ids of all blocks in their new order.

        Raises:
            ValueError: no block, or none or both of `to` and `after` were named.
        """
        if (to is None) == (after is None):
            raise ValueError("reorder_blocks takes either to='start', to='end' or after=block_id")
        if not block_ids or isinstance(block_ids, str) or len(set(block_ids)) != len(block_ids):
            raise ValueError("block_ids takes a list of at least one block, each named once")
        if after is not None and after in block_ids:
            raise ValueError("after names one of the blocks to move")
        placement = wire.BlockPlacement(
            type_=wire.BlockPlacementType(to or "after"), block_id=UNSET if after is None else after
        )
        body = wire.ReorderBlocksBody(block_ids=list(block_ids), placement=placement)
        request = reorder_blocks.build_request(path_id(notebook_id, "notebook_id"), body=body)
        answer = await self._transport.call(reorder_blocks, request, wire.ReorderBlocksResponse.from_dict, **options)
        return tuple(answer.block_ids)

    async def schedule(
        self, notebook_id: str, cron: str, timezone: str = "UTC", **options: Unpack[CallOptions]
    ) -> Schedule:
        """Let a notebook run by itself. A project has one scheduled notebook: this one takes the place of another.

        Args:
            notebook_id: the notebook.
            cron: five fields, such as "0 6 * * 1-5".
            timezone: name of an IANA time zone.
            **options: see CallOptions.

        Raises:
            BadRequestError: cron or timezone is not one.
            PermissionDeniedError: the workspace's plan has no schedules.
        """
        body = wire.UpsertScheduleBody(cron=cron, timezone=timezone)
        request = upsert_notebook_schedule.build_request(path_id(notebook_id, "notebook_id"), body=body)
        answer = await self._transport.call(
            upsert_notebook_schedule, request, wire.UpsertScheduleResponse.from_dict, **options
        )
        return schedule_record(answer.schedule)


def _read_detail(body: dict[str, Any]) -> wire.NotebookDetail:
    return wire.GetNotebookResponse.from_dict(enveloped(body, "notebook")).notebook


def _read(body: dict[str, Any]) -> wire.Notebook:
    return wire.CreateNotebookResponse.from_dict(enveloped(body, "notebook")).notebook
