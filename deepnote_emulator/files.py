"""The files of every project, in a private temporary folder that goes with the emulator.

The contents lie under random names and the paths in a table, so no path of a caller ever reaches the file system here.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from attrs import field, frozen

from deepnote_emulator.clock import now
from deepnote_emulator.keeper import Keeper
from deepnote_emulator.store import ConflictError

MAX_FILE_BYTES = 100 << 20
"""The emulator's own limit; the service's is not published."""
MAX_PATH_CHARACTERS = 1024
MAX_NAME_BYTES = 255


@frozen(kw_only=True)
class ProjectFile:
    """A file of a project."""

    path: str
    size: int
    updated_at: dt.datetime
    stored: Path = field(repr=False)


class FileStore:
    """Holds the files; its folder is made for the first of them, and `close` removes it.

    Args:
        keeper: makes the folder.
    """

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._folder: Path | None = None
        self._files: dict[str, dict[str, ProjectFile]] = {}

    def close(self) -> None:
        """Remove every file."""
        self._files.clear()
        folder, self._folder = self._folder, None
        if folder is not None:
            self._keeper.remove_folder(folder)

    def of_project(self, project_id: str) -> list[ProjectFile]:
        """List the files of a project by path."""
        return sorted(self._files.get(project_id, {}).values(), key=lambda file: file.path)

    def get(self, project_id: str, path: str) -> ProjectFile | None:
        """Find a file by its normalised path."""
        return self._files.get(project_id, {}).get(path)

    def new_content(self) -> Path:
        """Name a place to write the content of a file to, before `add` or `discard`."""
        if self._folder is None:
            self._folder = self._keeper.new_folder("deepnote-emulator-files-")
        return self._folder / uuid.uuid4().hex

    def discard(self, stored: Path) -> None:
        """Remove content that became no file."""
        stored.unlink(missing_ok=True)

    def add(self, project_id: str, wanted: str, stored: Path) -> ProjectFile:
        """Make content a file, under another path where the wanted one is taken."""
        path = PurePosixPath(wanted)
        number = 1
        while self._is_taken(project_id, str(path)):
            number += 1
            path = PurePosixPath(wanted).with_name(f"{PurePosixPath(wanted).stem} ({number}){path.suffix}")
        return self._put(project_id, str(path), stored)

    def copy(self, file: ProjectFile, target_id: str) -> ProjectFile:
        """Copy a file to the same path of a project; raises ConflictError if that is taken."""
        if self._is_taken(target_id, file.path):
            raise ConflictError(f"The target project already has a file {file.path!r}")
        stored = self.new_content()
        shutil.copyfile(file.stored, stored)
        return self._put(target_id, file.path, stored)

    def delete(self, project_id: str, path: str) -> None:
        """Remove a file that is there."""
        self.discard(self._files[project_id].pop(path).stored)

    def delete_project(self, project_id: str) -> None:
        """Remove every file of a project."""
        for file in self._files.pop(project_id, {}).values():
            self.discard(file.stored)

    def _is_taken(self, project_id: str, path: str) -> bool:
        """Whether a file stands at the path, above it (where a folder must be) or below it (where it is a folder)."""
        there = self._files.get(project_id, {})
        above = {str(parent) for parent in PurePosixPath(path).parents}
        if not above.isdisjoint(there):
            raise ConflictError(f"A part of the path {path!r} is a file")
        return path in there or any(other.startswith(f"{path}/") for other in there)

    def _put(self, project_id: str, path: str, stored: Path) -> ProjectFile:
        file = ProjectFile(path=path, size=stored.stat().st_size, updated_at=now(), stored=stored)
        self._files.setdefault(project_id, {})[path] = file
        return file


def normalised(path: str) -> str:
    """Give the one spelling of a path below the project's folder.

    Raises:
        ValueError: the path leads elsewhere, or names no file.
    """
    if path.startswith(("/", "\\")) or (path[1:2] == ":" and path[:1].isalpha()):
        raise ValueError("path must be relative to the project's folder")
    if ".." in path.replace("\\", "/").split("/"):
        raise ValueError("path must not hold '..'")
    parts = [part for part in path.split("/") if part not in {"", "."}]
    if not parts or path.endswith(("/", "/.")):
        raise ValueError("path must name a file")
    return "/".join(parts)


def check_new(path: str) -> None:
    """Refuse, with ValueError, a path that a kernel's folder could not have."""
    if not path.isprintable() or "\\" in path:
        raise ValueError("path must not hold control characters or backslashes")
    room = len(" (9999)")  # what a unique name may add
    if len(path) > MAX_PATH_CHARACTERS or any(len(part.encode()) > MAX_NAME_BYTES - room for part in path.split("/")):
        raise ValueError(f"path is longer than {MAX_PATH_CHARACTERS} characters, or a name in it than 248 bytes")


def copy_into(folder: Path, files: Sequence[ProjectFile]) -> None:
    """Lay copies of files into a folder for a kernel; one that was deleted in the meantime is passed over."""
    for file in files:
        target = folder / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            shutil.copyfile(file.stored, target)
