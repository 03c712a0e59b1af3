"""`client.projects`: projects and the notebooks they hold."""

from __future__ import annotations

import datetime as dt
import io
import os
from pathlib import Path
from typing import Any, Literal, Unpack

from deepnote_async.models import ImportResult, Project
from deepnote_async.pagination import AsyncPaginator, Page
from deepnote_async.resources.paging import next_cursor
from deepnote_async.resources.transfer import TRANSFER_SECONDS, Progress, fetch, open_local
from deepnote_async.resources.wire import enveloped, import_record, project_record
from deepnote_async.transport import CallOptions, Transport, path_id, safe_name
from deepnote_async_api import models as wire
from deepnote_async_api import types as wire_types
from deepnote_async_api.api.projects import (
    create_project,
    delete_project,
    export_project,
    get_project,
    import_project,
    list_projects,
)
from deepnote_async_api.types import UNSET

ProjectKind = Literal["standard", "notebook", "agent"]


class Projects:
    """Projects of the workspace.

    https://deepnote.com/docs/api-reference/projects
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self,
        *,
        name_contains: str | None = None,
        limit: int | None = None,
        page_size: int | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncPaginator[Project]:
        """List the projects of the workspace with their notebooks.

        Args:
            name_contains: keep projects whose name contains this text, whatever its case. Names are not unique.
            limit: end after so many projects; None lists all.
            page_size: rows to ask for at a time, 1 to 100; None leaves it to the service (50).
            **options: see CallOptions; `timeout` is for each page.

        Example:
            >>> async for project in client.projects.list(name_contains="report"):
            ...     print(project.name, [notebook.id for notebook in project.notebooks])
        """

        async def fetch(cursor: str | None, size: int | None) -> Page[Project]:
            request = list_projects.build_request(
                page_size=UNSET if size is None else size,
                page_token=UNSET if cursor is None else cursor,
                name_contains=UNSET if name_contains is None else name_contains,
            )
            answer = await self._transport.call(list_projects, request, wire.ListProjectsResponse.from_dict, **options)
            return Page(
                items=tuple(project_record(project) for project in answer.projects),
                next_cursor=next_cursor(answer.pagination),
            )

        return AsyncPaginator(list_projects, fetch, lambda project: project.id, limit=limit, page_size=page_size)

    async def get(self, project_id: str, **options: Unpack[CallOptions]) -> Project:
        """Read a project with its notebooks and files.

        Raises:
            NotFoundError: there is no such project, or the token's owner cannot see it.
        """
        request = get_project.build_request(path_id(project_id, "project_id"))
        return project_record(await self._transport.call(get_project, request, _read_detail, **options))

    async def create(
        self,
        name: str,
        *,
        folder_id: str | None = None,
        project_type: ProjectKind | None = None,
        environment_id: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Project:
        """Create a project; it comes with one empty notebook. Sending it twice creates two: names are not unique.

        Args:
            name: name of the project.
            folder_id: folder to put it into; None puts it at the root of the workspace.
            project_type: kind of the project; the service's default is "standard".
            environment_id: environment its notebooks run in, from the low-level `list_environments`.
            **options: see CallOptions.

        Raises:
            NotFoundError: there is no such folder.
        """
        body = wire.CreateProjectBody(
            name=name,
            folder_id=UNSET if folder_id is None else folder_id,
            project_type=UNSET if project_type is None else wire.ProjectType(project_type),
            environment_id=UNSET if environment_id is None else environment_id,
        )
        request = create_project.build_request(body=body)
        return project_record(await self._transport.call(create_project, request, _read, **options))

    async def delete(self, project_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a project with its notebooks and files.

        Raises:
            NotFoundError: there is no such project, perhaps because it was deleted before.
        """
        request = delete_project.build_request(path_id(project_id, "project_id"))
        await self._transport.acknowledge(delete_project, request, **options)

    async def export(
        self,
        project_id: str,
        directory: str | os.PathLike[str] = ".",
        *,
        name: str | None = None,
        progress: Progress | None = None,
        **options: Unpack[CallOptions],
    ) -> Path:
        """Save a project as a ZIP archive: one `.deepnote` document for each notebook, without outputs.

        Args:
            project_id: the project.
            directory: an existing folder of this machine; the archive appears there whole or not at all.
            name: name of the archive; default the project's id and ".zip". Nothing is overwritten: if the folder has
                such a file already, " (2)" and so on is added.
            progress: called with the bytes received and, if the service says, the bytes in all.
            **options: see CallOptions; the default timeout is 300 s.

        Returns:
            Where the archive is.

        Raises:
            NotFoundError: there is no such project.
        """
        request = export_project.build_request(path_id(project_id, "project_id"))
        target = safe_name(f"{project_id}.zip" if name is None else name)
        return await fetch(self._transport, export_project, request, (directory, target), progress, **options)

    async def import_(
        self,
        project_id: str,
        archive: str | Path | bytes,
        *,
        base_modified_at: dt.datetime | None = None,
        base_content_hash: str | None = None,
        delete_missing_notebooks: bool = False,
        force: bool = False,
        progress: Progress | None = None,
        **options: Unpack[CallOptions],
    ) -> ImportResult:
        """Replace the notebooks of a project by those of a ZIP archive, as `export` makes it.

        Args:
            project_id: the project.
            archive: a path on this machine, read while it is sent, or the bytes themselves.
            base_modified_at: refuse with ConflictError if the project was changed after this moment.
            base_content_hash: refuse with ConflictError if the project has another content than this; from the
                result of the import before.
            delete_missing_notebooks: also delete notebooks that the archive lacks.
            force: import although the project was changed.
            progress: called with the bytes sent and the bytes in all.
            **options: see CallOptions; the default timeout is 300 s.

        Raises:
            BadRequestError: it is no archive, or a document in it cannot be read.
            ConflictError: the project was changed meanwhile.
            OSError: the local file cannot be read.
        """
        request = import_project.build_request(
            path_id(project_id, "project_id"),
            body=wire_types.File(payload=io.BytesIO()),
            base_modified_at=UNSET if base_modified_at is None else base_modified_at,
            base_content_hash=UNSET if base_content_hash is None else base_content_hash,
            delete_missing_notebooks=delete_missing_notebooks or UNSET,
            force=force or UNSET,
        )
        options.setdefault("timeout", TRANSFER_SECONDS)
        if isinstance(archive, bytes):
            sent = {**request, "content": archive}
            answer = await self._transport.call(import_project, sent, _read_import, **options)
            return import_record(answer)
        opened, reported = await open_local(archive, progress)
        with opened:
            headers = {**request["headers"], "content-length": str(reported.size)}
            sent = {**request, "content": reported.pieces(), "headers": headers}
            return import_record(await self._transport.call(import_project, sent, _read_import, **options))


def _read_import(body: dict[str, Any]) -> wire.ImportProjectResponse:
    return wire.ImportProjectResponse.from_dict(body)


def _read_detail(body: dict[str, Any]) -> wire.ProjectDetail:
    return wire.GetProjectResponse.from_dict(enveloped(body, "project")).project


def _read(body: dict[str, Any]) -> wire.Project:
    return wire.CreateProjectResponse.from_dict(enveloped(body, "project")).project
