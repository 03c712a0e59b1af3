"""Load a folder of notebooks: every `.ipynb` is a project with one notebook, every `.deepnote` a project of its own."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from pathlib import Path
from typing import Any

import yaml

from deepnote_emulator.clock import iso
from deepnote_emulator.documents import yaml12
from deepnote_emulator.documents.model import BlockSource, JsonObject, NotebookSource, ProjectSource
from deepnote_emulator.errors import EmulatorError

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://github.com/deepnote-async/emulator")


def load_folder(folder: Path) -> list[ProjectSource]:
    """Load every notebook file of a folder and below, in order of their paths.

    Raises:
        EmulatorError: the folder is missing, a file cannot be read, or two files claim the same id.
    """
    if not folder.is_dir():
        raise EmulatorError(f"notebooks folder {folder}: there is no such folder")
    files = sorted(path for path in folder.rglob("*") if path.is_file() and _is_notebook(path.relative_to(folder)))
    projects = [_load(path, path.relative_to(folder)) for path in files]
    _refuse_same_ids(projects)
    return projects


def _is_notebook(relative: Path) -> bool:
    if any(part.startswith(".") for part in relative.parts):
        return False
    return relative.suffix == ".ipynb" or (
        relative.suffix == ".deepnote" and not relative.name.endswith(".snapshot.deepnote")
    )


def _load(path: Path, relative: Path) -> ProjectSource:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise EmulatorError(f"notebook {path}: cannot be read: {error}") from error
    try:
        if path.suffix == ".ipynb":
            return _from_ipynb(json.loads(text), path, relative)
        return project_of(yaml12.load(text), _changed(path), path)
    except json.JSONDecodeError as error:
        raise EmulatorError(f"notebook {path}: not JSON, as an .ipynb must be: {error}") from error
    except yaml.YAMLError as error:
        raise EmulatorError(f"notebook {path}: not YAML, as a .deepnote must be: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise EmulatorError(f"notebook {path}: not a notebook: {type(error).__name__}: {error}") from error


def _refuse_same_ids(projects: list[ProjectSource]) -> None:
    seen: dict[str, str] = {}
    for project in projects:
        places = [(project.id, str(project.notebooks[0].path or project.name))] if project.notebooks else []
        places += [(notebook.id, str(notebook.path or notebook.name)) for notebook in project.notebooks]
        for identity, place in places:
            if identity in seen:
                raise EmulatorError(f"notebook {place}: the id {identity} is already that of {seen[identity]}")
            seen[identity] = place


def project_of(document: Any, otherwise: dt.datetime, path: Path | None = None) -> ProjectSource:
    """Read a `.deepnote` document.

    Args:
        document: the document, parsed.
        otherwise: when it was created, where it does not say so.
        path: the file it came from.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: it is no such document.
    """
    project = document["project"]
    _refuse_same_blocks(project["notebooks"])
    created = _moment(document.get("metadata", {}).get("createdAt"), otherwise)
    notebooks = tuple(
        NotebookSource(
            id=str(raw["id"]),
            name=str(raw["name"]),
            project_id=str(project["id"]),
            created_at=created,
            path=path,
            is_init=raw["id"] == project.get("initNotebookId"),
            blocks=tuple(BlockSource.of(block) for block in raw.get("blocks") or ()),
            raw=raw,
        )
        for raw in project["notebooks"]
    )
    return ProjectSource(
        id=str(project["id"]), name=str(project["name"]), created_at=created, notebooks=notebooks, document=document
    )


def _refuse_same_blocks(notebooks: Any) -> None:
    seen: set[str] = set()
    for raw in notebooks:
        for block in raw.get("blocks") or ():
            identity = str(block["id"])
            if identity in seen:
                raise ValueError(f"two blocks have the id {identity}")
            seen.add(identity)


def _from_ipynb(document: Any, path: Path, relative: Path) -> ProjectSource:
    name = relative.with_suffix("").as_posix()
    project_id = str(uuid.uuid5(NAMESPACE, f"project:{name}"))
    notebook_id = uuid.uuid5(NAMESPACE, f"notebook:{name}").hex
    blocks = _with_ids_of_their_own(
        [_cell(cell, index, notebook_id) for index, cell in enumerate(document["cells"])], notebook_id
    )
    moment = _changed(path)
    raw: JsonObject = {
        "blocks": blocks, "executionMode": "block", "id": notebook_id, "isModule": False, "name": relative.stem,
    }  # fmt: skip
    made: JsonObject = {
        "metadata": {"createdAt": iso(moment)},
        "project": {"id": project_id, "name": name, "notebooks": [raw], "settings": {}},
        "version": "1.0.0",
    }
    return project_of(made, moment, path)


def _with_ids_of_their_own(blocks: list[JsonObject], notebook_id: str) -> list[JsonObject]:
    """Give a new id to every block whose id stands before it already: a cell that was copied keeps its metadata."""
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        if block["id"] in seen:
            block["id"] = uuid.uuid5(NAMESPACE, f"block:{notebook_id}:{index}").hex
        seen.add(block["id"])
    return blocks


def _cell(cell: Any, index: int, notebook_id: str) -> JsonObject:
    """Turn a cell into a block; a notebook exported from Deepnote says in its metadata which kind it was."""
    metadata = cell.get("metadata") or {}
    source = cell["source"]
    kind = "code" if cell["cell_type"] == "code" else "markdown"
    return {
        "blockGroup": str(uuid.uuid5(NAMESPACE, f"group:{notebook_id}:{index}")),
        "content": source if isinstance(source, str) else "".join(source),
        "id": str(metadata.get("cell_id") or uuid.uuid5(NAMESPACE, f"block:{notebook_id}:{index}").hex),
        "metadata": {key: value for key, value in metadata.items() if key.startswith("deepnote_")},
        "sortingKey": f"{index:06d}",
        "type": str(metadata.get("deepnote_cell_type") or kind),
    }


def _moment(text: object, otherwise: dt.datetime) -> dt.datetime:
    if not isinstance(text, str):
        return otherwise
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _changed(path: Path) -> dt.datetime:
    return dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
