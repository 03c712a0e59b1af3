"""Outputs as files: whole or not at all, under names that stay in their folder."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from deepnote_async.snapshot.outputs.group import OutputGroup
from deepnote_async.snapshot.outputs.richest import richest
from deepnote_async.snapshot.whole import hidden_file

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")
_ID_LENGTH = 64
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EXDEV}


def save(groups: tuple[OutputGroup, ...], directory: str | os.PathLike[str]) -> tuple[Path, ...]:
    """Save the outputs of all groups.

    Raises:
        FileExistsError: one of the files is there already; nothing was written.
        SnapshotError: an output cannot be decoded; nothing was written.
        OSError: a file cannot be written; those written before are removed again.
    """
    folder = Path(directory)
    files = {folder / name: content for name, content in _files(groups)}
    folder.mkdir(parents=True, exist_ok=True)
    for path in files:
        if os.path.lexists(path):
            raise _exists(path)
    with ExitStack() as undo:
        for path, content in files.items():
            _write(path, content)
            undo.callback(path.unlink, missing_ok=True)
        undo.pop_all()
    return tuple(files)


def _files(groups: tuple[OutputGroup, ...]) -> Iterator[tuple[str, bytes]]:
    width = max([3, *(len(str(group.position)) for group in groups if group.position is not None)])
    taken: set[str] = set()
    for group in groups:
        for number, output in enumerate(group.outputs):
            suffix, content = richest(output, group.where(number))
            stem = _stem(group, number, width)
            while f"{stem}{suffix}" in taken:  # blocks that share a position, as no document has them
                stem += "-again"
            taken.add(f"{stem}{suffix}")
            yield f"{stem}{suffix}", content


def _stem(group: OutputGroup, number: int, width: int) -> str:
    """Begin with a number of fixed width: files are listed in order, and no name is one that a system reserves."""
    if group.position is None:
        return f"{number + 1:0{max(width, len(str(len(group.outputs))))}}"
    safe_id = _UNSAFE.sub("_", (group.block_id or "")[:_ID_LENGTH])
    last = f"{number + 1:0{len(str(len(group.outputs)))}}"
    return "-".join(part for part in (f"{group.position:0{width}}", safe_id, last) if part)


def _write(path: Path, content: bytes) -> None:
    """Write a file under a hidden name first, and link it to its own when it is whole: a link overwrites nothing."""
    with hidden_file(path, content) as part:
        try:
            os.link(part, path)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            # A file system without links: look, then rename; between the two another program may take the name.
            if os.path.lexists(path):
                raise _exists(path) from None
            part.rename(path)


def _exists(path: Path) -> FileExistsError:
    return FileExistsError(errno.EEXIST, "there is a file of that name, and nothing is overwritten", str(path))
