"""`client.files`: the storage of a project."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import Unpack

from deepnote_async.models import ProjectFile
from deepnote_async.resources.transfer import TRANSFER_SECONDS, Progress, fetch, open_local
from deepnote_async.resources.wire import file_record
from deepnote_async.transport import CallOptions, Transport, path_id, safe_name
from deepnote_async_api import models as wire
from deepnote_async_api.api.files import copy_file, delete_file, download_file, upload_file


class Files:
    """Files of projects.

    https://deepnote.com/docs/api-reference/files
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def upload(
        self,
        project_id: str,
        source: str | Path | bytes,
        path: str | None = None,
        *,
        progress: Progress | None = None,
        **options: Unpack[CallOptions],
    ) -> ProjectFile:
        """Upload a file. It is read while it is sent, so its size does not matter to memory.

        The service never overwrites: if the path is taken it makes up another one, which the answer tells. To replace a
        file, delete it first.

        Args:
            project_id: the project.
            source: a path on this machine, or the bytes themselves.
            path: where it goes in the project; default the name of the local file.
            progress: called with the bytes sent and the bytes in all.
            **options: see CallOptions; the default timeout is 300 s.

        Raises:
            ValueError: bytes came without a path.
            OSError: the local file cannot be read.
            UnexpectedStatusError: 413, the file is larger than the service takes.
        """
        if isinstance(source, bytes):
            if not path:
                raise ValueError("uploading bytes takes path=, the place of the file in the project")
            return await self._send(project_id, path, source, options)
        opened, reported = await open_local(source, progress)
        with opened:
            return await self._send(project_id, path or Path(source).name, reported, options)

    async def download(
        self,
        project_id: str,
        path: str,
        directory: str | os.PathLike[str] = ".",
        *,
        name: str | None = None,
        progress: Progress | None = None,
        **options: Unpack[CallOptions],
    ) -> Path:
        """Download a file, in constant memory. It appears in the folder whole or not at all.

        Args:
            project_id: the project.
            path: path of the file in the project.
            directory: an existing folder of this machine.
            name: name to save it under; default the last part of its path. Nothing is overwritten: if the folder has
                such a file already, " (2)" and so on is added.
            progress: called with the bytes received and, if the service says, the bytes in all.
            **options: see CallOptions; the default timeout is 300 s.

        Returns:
            Where the file is.

        Raises:
            NotFoundError: there is no such file or project.
            OSError: the folder is missing, or the file cannot be written.
        """
        request = download_file.build_request(project_id=path_id(project_id, "project_id"), path=_path(path))
        target = safe_name(PurePosixPath(path).name if name is None else name)
        return await fetch(self._transport, download_file, request, (directory, target), progress, **options)

    async def copy(
        self, source_project_id: str, path: str, target_project_id: str, **options: Unpack[CallOptions]
    ) -> None:
        """Copy a file into another project, under the same path.

        Raises:
            ConflictError: the target project has a file of that path.
            NotFoundError: there is no such file or project.
        """
        body = wire.CopyFileBody(
            source_project_id=path_id(source_project_id, "source_project_id"),
            target_project_id=path_id(target_project_id, "target_project_id"),
            source_file_path=_path(path),
        )
        await self._transport.acknowledge(copy_file, copy_file.build_request(body=body), **options)

    async def delete(self, project_id: str, path: str, **options: Unpack[CallOptions]) -> None:
        """Delete a file.

        Raises:
            NotFoundError: there is no such file, perhaps because it was deleted before.
        """
        request = delete_file.build_request(project_id=path_id(project_id, "project_id"), path=_path(path))
        await self._transport.acknowledge(delete_file, request, **options)

    async def _send(self, project_id: str, path: str, body: object, options: CallOptions) -> ProjectFile:
        # httpx builds the multipart body, with a random boundary: the generated code has a fixed one, and a file that
        # holds it could forge fields.
        request = {
            "method": "post",
            "url": upload_file.PATH_TEMPLATE,
            "data": {"projectId": path_id(project_id, "project_id"), "path": _path(path)},
            "files": {"file": (Path(path).name, body, "application/octet-stream")},
        }
        options.setdefault("timeout", TRANSFER_SECONDS)
        answer = await self._transport.call(upload_file, request, wire.UploadFileResponse.from_dict, **options)
        return file_record(answer.file)


def _path(path: str) -> str:
    if not isinstance(path, str):
        raise TypeError(f"path must be a string, not {type(path).__name__}")
    if not path or "\0" in path:
        raise ValueError("path must name a file of the project")
    return path
