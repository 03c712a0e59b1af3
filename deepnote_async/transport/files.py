"""Put a body into a file: whole or not at all, under a name that stays in its folder."""

from __future__ import annotations

import errno
import os
import secrets
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import BinaryIO

import anyio
import anyio.to_thread

MAX_NAME_BYTES = 255
_MAX_COPIES = 10_000


def safe_name(name: str) -> str:
    """Return a file name that a service gave, if it can only mean a file in the folder it is put into.

    Raises:
        ValueError: it is empty, a path, `.` or `..`, longer than 255 bytes, or holds control characters.

    Example:
        >>> safe_name("50% off #1.ipynb")
        '50% off #1.ipynb'
    """
    trouble = None
    if not name or name in {".", ".."}:
        trouble = "is not one"
    elif PurePosixPath(name).name != name or PureWindowsPath(name).name != name:
        trouble = "is a path"
    elif any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for character in name):  # noqa: PLR2004  (C0, C1)
        trouble = "holds a control character"
    elif len(name.encode("utf-8", "surrogatepass")) > MAX_NAME_BYTES or not _is_text(name):
        trouble = "is too long, or no text"
    if trouble is not None:
        raise ValueError(f"the service names the file {name!r}, which {trouble}; pass a name of your own to save it")
    return name


async def save(pieces: AsyncIterator[bytes], directory: str | os.PathLike[str], name: str) -> Path:
    """Write pieces to a new file of a folder, in constant memory.

    They go to a hidden file beside it first, which gets its name when it is whole and is removed when that does not
    come about. A file that is there already is left alone: the new one becomes `name (2)`, and so on.

    Args:
        pieces: the bytes in order.
        directory: an existing folder.
        name: name of the file, checked with `safe_name`.

    Raises:
        OSError: the folder is missing, or the file cannot be written.
        ValueError: the name is not a mere file name.

    Returns:
        The path of the file.
    """
    target = Path(directory) / safe_name(name)
    part = _Part(Path(directory))
    try:
        await anyio.to_thread.run_sync(part.open)
        async for piece in pieces:
            await anyio.to_thread.run_sync(part.write, piece)
        return await anyio.to_thread.run_sync(part.publish, target)
    finally:
        try:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(part.discard)
        finally:
            part.discard()  # asyncio's own cancellation knows no shield; a second time does nothing


class _Part:
    """The hidden file that grows.

    Its methods run in worker threads, and asyncio's own cancellation does not wait for those: the lock and the flag see
    to it that what is done late, after `discard`, leaves nothing.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / f".{secrets.token_hex(8)}.part"
        self._lock = threading.Lock()
        self._file: BinaryIO | None = None
        self._discarded = False

    def open(self) -> None:
        with self._lock:
            if not self._discarded:
                self._file = self._path.open("xb")

    def write(self, piece: bytes) -> None:
        with self._lock:
            if self._file is not None:
                self._file.write(piece)

    def publish(self, target: Path) -> Path:
        with self._lock:
            self._close()
            return _publish(self._path, target)

    def discard(self) -> None:
        with self._lock:
            self._discarded = True
            try:
                self._close()
            finally:
                self._path.unlink(missing_ok=True)

    def _close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()


def _publish(part: Path, target: Path) -> Path:
    """Give a finished file the first free name; a link never overwrites."""
    for candidate in _candidates(target):
        try:
            os.link(part, candidate)
        except FileExistsError:
            continue
        except OSError as error:
            if error.errno not in {errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EXDEV}:
                raise
            # A file system without links: look, then rename; between the two another program may take the name.
            if candidate.exists():
                continue
            part.rename(candidate)
        return candidate
    raise FileExistsError(errno.EEXIST, f"there are {_MAX_COPIES} files of that name", str(target))


def _candidates(target: Path) -> Iterator[Path]:
    yield target
    stem, suffix = target.stem, target.suffix
    for number in range(2, _MAX_COPIES + 1):
        tail = f" ({number}){suffix}"
        room = MAX_NAME_BYTES - len(tail.encode())
        yield target.with_name(stem.encode()[: max(room, 0)].decode("utf-8", "ignore") + tail)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
