"""Moving bytes in pieces: what both directions share."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import IO, Any, Self, TypeAlias, Unpack

import anyio.to_thread

from deepnote_async.transport import CallOptions, Operation, Streamed, Transport, save

TRANSFER_SECONDS = 300.0
PIECE_BYTES = 1 << 18

Progress: TypeAlias = Callable[[int, int | None], None]
"""Called with the bytes moved so far and the bytes in all, None where that is not known."""


class Reported:
    """A file that tells how far it was read. httpx learns its size from its file descriptor."""

    def __init__(self, file: IO[bytes], progress: Progress | None) -> None:
        self._file = file
        self._progress = progress
        self.size = os.fstat(file.fileno()).st_size

    def read(self, size: int = -1) -> bytes:
        """Read and report."""
        data = self._file.read(size)
        if data and self._progress is not None:
            self._progress(self._file.tell(), self.size)
        return data

    def fileno(self) -> int:
        """Give the descriptor of the file."""
        return self._file.fileno()

    async def pieces(self) -> AsyncIterator[bytes]:
        """Read the file piece by piece, away from the event loop."""
        while piece := await anyio.to_thread.run_sync(self.read, PIECE_BYTES):
            yield piece


async def open_local(source: str | Path, progress: Progress | None) -> tuple[IO[bytes], Reported]:
    """Open a file of this machine for sending.

    Raises:
        OSError: it cannot be read.
    """
    opened = await anyio.to_thread.run_sync(Path(source).open, "rb")
    return opened, Reported(opened, progress)


async def fetch(
    transport: Transport,
    operation: Operation,
    request: dict[str, Any],
    target: tuple[str | os.PathLike[str], str],
    progress: Progress | None,
    **options: Unpack[CallOptions],
) -> Path:
    """Stream an answer into a file of a folder: whole, or not at all.

    Args:
        transport: the connection.
        operation: the generated module of the operation.
        request: what its `build_request` returned.
        target: the folder, which exists, and the name of the file.
        progress: called with the bytes received and the bytes in all.
        **options: see CallOptions; the default timeout is 300 s.
    """
    options.setdefault("timeout", TRANSFER_SECONDS)
    directory, name = target
    async with transport.stream(operation.METHOD, operation.PATH_TEMPLATE, request, **options) as body:
        return await save(body if progress is None else _Told(body, progress), directory, name)


class _Told:
    def __init__(self, body: Streamed, progress: Progress) -> None:
        self._body = body
        self._progress = progress

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        piece = await anext(self._body)
        self._progress(self._body.received, self._body.size)
        return piece
