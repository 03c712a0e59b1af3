"""The files of a project: up, down, across and away.

https://deepnote.com/docs/api-reference/files
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from deepnote_emulator.clock import iso
from deepnote_emulator.files import MAX_FILE_BYTES, ProjectFile, check_new, normalised
from deepnote_emulator.server.answers import (
    STATE,
    JsonObject,
    Refused,
    answer,
    bad_request,
    check_query,
    checked_uuid,
    no_content,
    not_found,
    query_uuid,
)
from deepnote_emulator.server.bodies import json_body
from deepnote_emulator.server.lookups import project_named

CHUNK_BYTES = 1 << 16
MAX_TEXT_BYTES = 1 << 13
_PARTS = ("projectId", "path", "file")


async def upload_file(request: web.Request) -> web.Response:
    """Take a file in; a path that is taken becomes a new one."""
    check_query(request)
    if request.content_type != "multipart/form-data":
        bad_request(f"Content-Type must be multipart/form-data, not {request.content_type}")
    files = request.app[STATE].files
    stored = files.new_content()
    try:
        texts = await _parts(request, stored)
        project = project_named(request, checked_uuid(texts["projectId"], "projectId"))
        file = files.add(project.id, _normalised(texts["path"], is_new=True), stored)
    except BaseException:
        files.discard(stored)
        raise
    return answer({"file": _file(project.id, file)}, 201)


async def download_file(request: web.Request) -> web.StreamResponse:
    """Hand a file out in chunks, without telling its length."""
    _, file = _file_of_query(request)
    response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
    response.enable_chunked_encoding()
    with file.stored.open("rb") as content:  # open from here on, so that deleting the file does no harm
        await response.prepare(request)
        while chunk := await asyncio.to_thread(content.read, CHUNK_BYTES):
            await response.write(chunk)
    await response.write_eof()
    return response


async def copy_file(request: web.Request) -> web.Response:
    """Copy a file to the same path of another project."""
    check_query(request)
    body = await json_body(request, required=("sourceProjectId", "targetProjectId", "sourceFilePath"))
    source_id, target_id, path = body.uuid("sourceProjectId"), body.uuid("targetProjectId"), body.text("sourceFilePath")
    source, target = project_named(request, source_id), project_named(request, target_id)
    files = request.app[STATE].files
    file = files.get(source.id, _normalised(path))
    if file is None:
        not_found("File not found")
    return answer({"file": _file(target.id, files.copy(file, target.id))})


async def delete_file(request: web.Request) -> web.Response:
    """Delete a file."""
    project_id, file = _file_of_query(request)
    request.app[STATE].files.delete(project_id, file.path)
    return no_content()


def file_row(file: ProjectFile) -> JsonObject:
    """Describe a file as a row of its project."""
    return {"path": file.path, "size": file.size, "updatedAt": iso(file.updated_at)}


async def _parts(request: web.Request, stored: Path) -> dict[str, str]:
    """Read the parts in whatever order they come; the file goes straight to disk."""
    texts: dict[str, str] = {}
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or part.name not in _PARTS:
                bad_request(f"The form has an unknown part; it takes {', '.join(_PARTS)}")
            if part.name in texts:
                bad_request(f"The form has the part {part.name} more than once")
            texts[part.name] = await _save(part, stored) if part.name == "file" else await _text(part)
    except (ValueError, RuntimeError, LookupError, HttpProcessingError) as error:  # what broken forms raise
        bad_request(f"The form cannot be read: {error}")
    if missing := [name for name in _PARTS if name not in texts]:
        bad_request(f"The form lacks {', '.join(missing)}")
    return texts


async def _save(part: BodyPartReader, stored: Path) -> str:
    size = 0
    with await asyncio.to_thread(stored.open, "wb") as content:
        while chunk := await part.read_chunk(CHUNK_BYTES):
            size += len(chunk)
            if size > MAX_FILE_BYTES:
                raise Refused(413, f"The file is larger than {MAX_FILE_BYTES >> 20} MiB")
            await asyncio.to_thread(content.write, chunk)
    return ""


async def _text(part: BodyPartReader) -> str:
    text = bytearray()
    while chunk := await part.read_chunk(MAX_TEXT_BYTES):
        text += chunk
        if len(text) > MAX_TEXT_BYTES:
            bad_request(f"The part {part.name} is too long")
    return text.decode()


def _file_of_query(request: web.Request) -> tuple[str, ProjectFile]:
    check_query(request, "projectId", "path")
    project_id = query_uuid(request, "projectId")
    path = request.query.get("path", "")
    if not path:
        bad_request("Query parameter path must be a non-empty string")
    project = project_named(request, project_id)
    file = request.app[STATE].files.get(project.id, _normalised(path))
    if file is None:
        not_found("File not found")
    return project.id, file


def _normalised(path: str, *, is_new: bool = False) -> str:
    try:
        spelled = normalised(path)
        if is_new:
            check_new(spelled)
    except ValueError as error:
        bad_request(str(error))
    return spelled


def _file(project_id: str, file: ProjectFile) -> JsonObject:
    return {"projectId": project_id, **file_row(file)}
