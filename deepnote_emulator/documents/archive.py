"""Projects as ZIP archives: one `.deepnote` document for each notebook, without outputs."""

from __future__ import annotations

import copy
import hashlib
import io
import lzma
import re
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import IO

import attrs
import yaml

from deepnote_emulator.clock import now
from deepnote_emulator.documents import yaml12
from deepnote_emulator.documents.load import project_of
from deepnote_emulator.documents.model import NotebookSource, ProjectSource
from deepnote_emulator.documents.plain import check_plain
from deepnote_emulator.documents.snapshot import EXECUTION_FIELDS

MAX_ENTRIES = 1000
MAX_UNPACKED_BYTES = 16 << 20
"""A notebook without outputs has a few dozen kilobytes; reading YAML takes about a minute for this much."""

_EXECUTION_METADATA = ("execution_start", "execution_millis")
_BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, RuntimeError, EOFError, OSError, ValueError,
)  # fmt: skip
"""What zipfile raises for archives that are broken, encrypted or packed in an unknown way."""


class BadArchiveError(Exception):
    """It is no archive, or a document in it is none."""


class ArchiveTooLargeError(Exception):
    """It unpacks to more than the emulator takes."""


class NothingToImportError(Exception):
    """It is an archive, but holds no document."""


def write_archive(project: ProjectSource) -> bytes:
    """Pack a project; the same project always gives the same bytes."""
    packed = io.BytesIO()
    names: set[str] = set()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for notebook in project.notebooks:
            entry = zipfile.ZipInfo(_free_name(notebook.name, names))  # carries no date but 1980
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, _document_of(project, notebook))
    return packed.getvalue()


def content_hash(project: ProjectSource) -> str:
    """Give a hash of what `write_archive` packs."""
    digest = hashlib.sha256()
    for notebook in project.notebooks:
        digest.update(_document_of(project, notebook).encode())
    return f"sha256:{digest.hexdigest()}"


def read_archive(packed: IO[bytes]) -> list[ProjectSource]:
    """Read the documents of an archive, in the order of their names.

    Raises:
        BadArchiveError: no archive, a path that leads out of it, or a document that is none.
        ArchiveTooLargeError: more than MAX_UNPACKED_BYTES, whatever its headers claim, or than MAX_ENTRIES.
        NothingToImportError: no document.
    """
    try:
        with zipfile.ZipFile(packed) as archive:
            texts = _unpack(archive)
    except _BROKEN as error:
        raise BadArchiveError(f"The body is not a ZIP archive that can be read: {error}") from error
    if not texts:
        raise NothingToImportError("The archive holds no .deepnote document")
    return [_read(name, content) for name, content in sorted(texts.items())]


def _unpack(archive: zipfile.ZipFile) -> dict[str, bytes]:
    if len(archive.infolist()) > MAX_ENTRIES:
        raise ArchiveTooLargeError(f"The archive has more than {MAX_ENTRIES} entries")
    left = MAX_UNPACKED_BYTES
    texts: dict[str, bytes] = {}
    for entry in archive.infolist():
        _check_path(entry.filename)
        if entry.is_dir() or not _is_document(entry.filename):
            continue
        if entry.filename in texts:
            raise BadArchiveError(f"The archive has the entry {entry.filename!r} twice")
        with archive.open(entry) as content:
            texts[entry.filename] = content.read(left + 1)
        left -= len(texts[entry.filename])
        if left < 0:
            raise ArchiveTooLargeError(f"The archive unpacks to more than {MAX_UNPACKED_BYTES >> 20} MiB")
    return texts


def _check_path(name: str) -> None:
    """Nothing is unpacked to disk, but an archive with such paths was made to do harm."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", name):
        raise BadArchiveError(f"The archive has an entry that leads out of it: {name!r}")


def _is_document(name: str) -> bool:
    path = PurePosixPath(name)
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return not hidden and name.endswith(".deepnote") and not name.endswith(".snapshot.deepnote")


def _read(name: str, content: bytes) -> ProjectSource:
    try:
        document = yaml12.load(content.decode())
        check_plain(document)
        project = project_of(document, now())
        for notebook in project.notebooks:
            _check_notebook(notebook)
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise BadArchiveError(f"{name!r} is not a .deepnote document: {type(error).__name__}: {error}") from error
    return project


def _check_notebook(notebook: NotebookSource) -> None:
    ids = [block.id for block in notebook.blocks]
    if not notebook.id or not notebook.name or not all(ids) or len(set(ids)) != len(ids):
        raise ValueError("a notebook lacks an id or name, or its blocks have no ids of their own")


def _document_of(project: ProjectSource, notebook: NotebookSource) -> str:
    document = copy.deepcopy(attrs.evolve(project, notebooks=(notebook,)).to_document())
    for key in ("environment", "execution"):
        document.pop(key, None)
    for block in document["project"]["notebooks"][0]["blocks"]:
        for stale in EXECUTION_FIELDS:
            block.pop(stale, None)
        for stale in _EXECUTION_METADATA:
            (block.get("metadata") or {}).pop(stale, None)
    return yaml12.dump(document)


def _free_name(notebook_name: str, taken: set[str]) -> str:
    base = re.sub(r"[^\w-]+", "-", notebook_name).strip("-")[:60] or "notebook"
    name, number = base, 1
    while name.lower() in taken:
        number += 1
        name = f"{base}-{number}"
    taken.add(name.lower())
    return f"{name}.deepnote"
