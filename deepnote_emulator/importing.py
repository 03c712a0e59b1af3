"""What an import does to a project, all of it or nothing.

https://github.com/deepnote/deepnote/blob/main/packages/cloud/docs/project-import-contract.md
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence

import attrs
from attrs import frozen

from deepnote_emulator.clock import now
from deepnote_emulator.documents import BlockSource, NotebookSource, ProjectSource
from deepnote_emulator.documents.archive import BadArchiveError
from deepnote_emulator.store import CLOSED_TYPES, ConflictError, ProjectStore


@frozen(kw_only=True)
class Imported:
    """What became of one notebook."""

    notebook: NotebookSource
    action: str


def import_documents(
    store: ProjectStore, project: ProjectSource, documents: Sequence[ProjectSource], *, delete_missing: bool
) -> tuple[ProjectSource, list[Imported]]:
    """Put the notebooks of the documents into the project.

    A notebook that the project has is overwritten, one that it once had is restored, any other is created. Ids that
    belong to another project are replaced by new ones.

    Raises:
        BadArchiveError: two of the documents hold the same notebook.
        ConflictError: the project would have two notebooks of one name, or may have only one.
    """
    given = [notebook for document in documents for notebook in document.notebooks]
    if len({notebook.id for notebook in given}) != len(given):
        raise BadArchiveError("The archive holds a notebook twice")
    done = [_place(store, project, notebook) for notebook in given]
    placed = {item.notebook.id: item.notebook for item in done}
    kept = [placed.get(old.id, old) for old in project.notebooks if old.id in placed or not delete_missing]
    gone = [old for old in project.notebooks if old.id not in placed] if delete_missing else []
    new = [item.notebook for item in done if project.notebook(item.notebook.id) is None]
    changed = _one_init([*kept, *new])
    _check(project, changed)
    done += [Imported(notebook=notebook, action="deleted") for notebook in gone]
    return store.replace_notebooks(project, changed), done


def _place(store: ProjectStore, project: ProjectSource, given: NotebookSource) -> Imported:
    moment = now()
    given = attrs.evolve(given, project_id=project.id, updated_at=moment)
    if (old := project.notebook(given.id)) is not None:
        overwritten = attrs.evolve(
            given, created_at=old.created_at, path=old.path, is_init=old.is_init, schedule=old.schedule
        )
        return Imported(notebook=overwritten, action="overwritten")
    if store.notebook(given.id) is not None:
        given = _with_new_ids(given)
    action = "restored" if store.was_deleted(project.id, given.id) else "created"
    return Imported(notebook=attrs.evolve(given, created_at=moment), action=action)


def _with_new_ids(notebook: NotebookSource) -> NotebookSource:
    blocks = tuple(BlockSource.of(block.raw | {"id": uuid.uuid4().hex}) for block in notebook.blocks)
    return attrs.evolve(notebook, id=uuid.uuid4().hex, blocks=blocks)


def _one_init(notebooks: list[NotebookSource]) -> list[NotebookSource]:
    """Leave the role to the first that has it."""
    first = next((notebook.id for notebook in notebooks if notebook.is_init), None)
    return [attrs.evolve(notebook, is_init=notebook.id == first) for notebook in notebooks]


def _check(project: ProjectSource, notebooks: list[NotebookSource]) -> None:
    if not notebooks:
        raise ConflictError("A project keeps at least one notebook")
    if project.project_type in CLOSED_TYPES and len(notebooks) > 1:
        raise ConflictError(f"A project of type {project.project_type} holds one notebook")
    name, count = Counter(notebook.name for notebook in notebooks).most_common(1)[0]
    if count > 1:
        raise ConflictError(f"The project would have {count} notebooks named {name!r}")
