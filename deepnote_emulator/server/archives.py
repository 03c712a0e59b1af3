"""Export and import of projects as ZIP archives.

https://deepnote.com/docs/api-reference/projects
"""

from __future__ import annotations

import asyncio
import datetime as dt
import tempfile
from typing import IO

from aiohttp import web

from deepnote_emulator.clock import iso
from deepnote_emulator.documents import ProjectSource
from deepnote_emulator.documents.archive import (
    ArchiveTooLargeError,
    BadArchiveError,
    NothingToImportError,
    content_hash,
    read_archive,
    write_archive,
)
from deepnote_emulator.importing import import_documents
from deepnote_emulator.server.answers import STATE, Refused, answer, bad_request, check_query, conflict, query_flag
from deepnote_emulator.server.lookups import project_of_path

MAX_ARCHIVE_BYTES = 100 << 20
IN_MEMORY_BYTES = 1 << 20


async def export_project(request: web.Request) -> web.Response:
    """Pack a project."""
    check_query(request)
    packed = await asyncio.to_thread(write_archive, project_of_path(request))
    return web.Response(body=packed, content_type="application/zip")


async def import_project(request: web.Request) -> web.Response:
    """Put the notebooks of an archive into a project, all of them or none."""
    check_query(request, "baseModifiedAt", "baseContentHash", "deleteMissingNotebooks", "force")
    delete_missing, force = query_flag(request, "deleteMissingNotebooks"), query_flag(request, "force")
    base = _moment(request.query.get("baseModifiedAt"))
    project_of_path(request)
    if request.content_type != "application/zip":
        bad_request(f"Content-Type must be application/zip, not {request.content_type}")
    documents = await _documents(request)
    project = project_of_path(request)  # as it stands now; from here on nothing else gets a turn
    if not force:
        _refuse_lost_update(project, base, request.query.get("baseContentHash"))
    try:
        project, done = import_documents(request.app[STATE].projects, project, documents, delete_missing=delete_missing)
    except BadArchiveError as error:
        bad_request(str(error))
    return answer(
        {
            "project": {
                "id": project.id,
                "modifiedAt": iso(_modified(project)),
                "contentHash": content_hash(project),
            },
            "notebooks": [{"id": item.notebook.id, "name": item.notebook.name, "action": item.action} for item in done],
        }
    )


async def _documents(request: web.Request) -> list[ProjectSource]:
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as packed:
        size = 0
        async for chunk in request.content.iter_any():
            size += len(chunk)
            if size > MAX_ARCHIVE_BYTES:
                raise Refused(413, f"The archive is larger than {MAX_ARCHIVE_BYTES >> 20} MiB")
            packed.write(chunk)
        return await asyncio.to_thread(_read, packed)


def _read(packed: IO[bytes]) -> list[ProjectSource]:
    try:
        return read_archive(packed)
    except BadArchiveError as error:
        bad_request(str(error))
    except ArchiveTooLargeError as error:
        raise Refused(413, str(error)) from error
    except NothingToImportError as error:
        raise Refused(422, str(error)) from error


def _refuse_lost_update(project: ProjectSource, base: dt.datetime | None, base_hash: str | None) -> None:
    if base is not None and _modified(project) > base:
        conflict(f"The project was changed at {iso(_modified(project))}, after baseModifiedAt")
    if base_hash is not None and base_hash != content_hash(project):
        conflict("The content of the project is another one than baseContentHash")


def _modified(project: ProjectSource) -> dt.datetime:
    """Tell when the project changed, no more finely than the API does."""
    moment = project.updated_at or project.created_at
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _moment(text: str | None) -> dt.datetime | None:
    if text is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(text.replace(" ", "+").upper())
    except ValueError:
        bad_request("baseModifiedAt must be an RFC 3339 date and time")
    if moment.tzinfo is None:
        bad_request("baseModifiedAt must have a time zone")
    return moment
