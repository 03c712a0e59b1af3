"""The projects of an emulator, which can change.

Every change puts a new frozen project in the place of the old one, so nothing that was handed out ever changes.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

import attrs

from deepnote_emulator.clock import iso, now
from deepnote_emulator.documents import BlockSource, NotebookSource, ProjectSource, Schedule
from deepnote_emulator.documents.model import JsonObject

CLOSED_TYPES = frozenset({"notebook", "agent"})
"""Projects of these types hold the one notebook they came with."""
FIRST_NOTEBOOK = "Notebook 1"
INIT_NAME = "Init"


class ConflictError(Exception):
    """The state of a project forbids the change; the message says why."""


class ProjectStore:
    """Holds the projects; touched from the emulator's own event loop, read from anywhere.

    Args:
        projects: those to begin with.
    """

    def __init__(self, projects: Iterable[ProjectSource] = ()) -> None:
        self._projects = {project.id: project for project in projects}
        # which project had a notebook last; it need not have it any more
        self._owners = {notebook.id: project.id for project in self.all() for notebook in project.notebooks}
        self._deleted: dict[str, set[str]] = {}

    def all(self) -> tuple[ProjectSource, ...]:
        """Give every project, oldest first."""
        return tuple(self._projects.values())

    def project(self, project_id: str) -> ProjectSource | None:
        """Find a project."""
        return self._projects.get(project_id)

    def notebook(self, notebook_id: str) -> NotebookSource | None:
        """Find a notebook of any project."""
        owner = self._projects.get(self._owners.get(notebook_id, ""))
        return owner.notebook(notebook_id) if owner is not None else None

    def owner(self, notebook: NotebookSource) -> ProjectSource:
        """Give the project of a notebook that is there."""
        return self._projects[notebook.project_id]

    def block(self, block_id: str) -> tuple[NotebookSource, BlockSource] | None:
        """Find a block of any notebook."""
        for project in self.all():
            for notebook in project.notebooks:
                for block in notebook.blocks:
                    if block.id == block_id:
                        return notebook, block
        return None

    def was_deleted(self, project_id: str, notebook_id: str) -> bool:
        """Whether a project once had such a notebook."""
        return notebook_id in self._deleted.get(project_id, ())

    def create_project(self, name: str, project_type: str) -> ProjectSource:
        """Add a project with one empty notebook."""
        moment = now()
        project_id = str(uuid.uuid4())
        document: JsonObject = {
            "metadata": {"createdAt": iso(moment)},
            "project": {"id": project_id, "name": name, "notebooks": [], "settings": {}},
            "version": "1.0.0",
        }
        project = ProjectSource(
            id=project_id,
            name=name,
            created_at=moment,
            project_type=project_type,
            notebooks=(_empty_notebook(project_id, FIRST_NOTEBOOK),),
            document=document,
        )
        self._put_project(project)
        return project

    def delete_project(self, project_id: str) -> None:
        """Remove a project with all it holds."""
        del self._projects[project_id]
        self._deleted.pop(project_id, None)

    def create_notebook(self, project: ProjectSource, name: str | None) -> NotebookSource:
        """Add an empty notebook; without a name it gets the first free one of the form `Notebook N`."""
        if project.project_type in CLOSED_TYPES:
            raise ConflictError(f"A project of type {project.project_type} takes no further notebooks")
        taken = {notebook.name for notebook in project.notebooks}
        if name is None:
            name = next(free for number in range(1, len(taken) + 2) if (free := f"Notebook {number}") not in taken)
        _refuse_taken(project, name)
        notebook = _empty_notebook(project.id, name)
        notebook = attrs.evolve(notebook, is_init=name == INIT_NAME and not _has_init(project))
        self.replace_notebooks(project, (*project.notebooks, notebook))
        return notebook

    def rename_notebook(self, notebook: NotebookSource, name: str) -> NotebookSource:
        """Give a notebook another name; the name `Init` gives it that role where nobody has it."""
        project = self.owner(notebook)
        if name != notebook.name:
            if project.project_type in CLOSED_TYPES:
                raise ConflictError(f"A project of type {project.project_type} takes no changes to its notebooks")
            _refuse_taken(project, name)
        is_init = notebook.is_init or (name == INIT_NAME and not _has_init(project))
        return self._put(attrs.evolve(notebook, name=name, is_init=is_init))

    def delete_notebook(self, notebook: NotebookSource) -> None:
        """Remove a notebook, unless it is the last one."""
        project = self.owner(notebook)
        if len(project.notebooks) == 1:
            raise ConflictError("A project keeps at least one notebook")
        self.replace_notebooks(project, [other for other in project.notebooks if other.id != notebook.id])

    def set_blocks(self, notebook: NotebookSource, blocks: Iterable[BlockSource]) -> NotebookSource:
        """Put other blocks into a notebook; their sorting keys follow their order."""
        numbered = tuple(
            BlockSource.of({**block.raw, "sortingKey": f"{index:06d}"}) for index, block in enumerate(blocks)
        )
        return self._put(attrs.evolve(notebook, blocks=numbered))

    def schedule(self, notebook: NotebookSource, cron: str, timezone: str) -> Schedule:
        """Set the schedule of a notebook, which takes it from every other notebook of the project."""
        moment, before = now(), notebook.schedule
        schedule = Schedule(
            cron=cron,
            timezone=timezone,
            created_at=before.created_at if before else moment,
            updated_at=moment if before else None,
        )
        project = self.owner(notebook)
        self.replace_notebooks(
            project,
            [
                attrs.evolve(other, schedule=schedule if other.id == notebook.id else None)
                for other in project.notebooks
            ],
        )
        return schedule

    def replace_notebooks(self, project: ProjectSource, notebooks: Sequence[NotebookSource]) -> ProjectSource:
        """Put other notebooks into a project, all at once."""
        kept = {notebook.id for notebook in notebooks}
        gone = {notebook.id for notebook in project.notebooks} - kept
        self._deleted[project.id] = (self._deleted.get(project.id, set()) | gone) - kept
        changed = attrs.evolve(project, notebooks=tuple(notebooks), updated_at=now())
        self._put_project(changed)
        return changed

    def _put_project(self, project: ProjectSource) -> None:
        self._projects[project.id] = project
        self._owners |= {notebook.id: project.id for notebook in project.notebooks}

    def _put(self, notebook: NotebookSource) -> NotebookSource:
        changed = attrs.evolve(notebook, updated_at=now())
        project = self.owner(notebook)
        self.replace_notebooks(project, [changed if other.id == notebook.id else other for other in project.notebooks])
        return changed


def _empty_notebook(project_id: str, name: str) -> NotebookSource:
    raw: JsonObject = {"blocks": [], "executionMode": "block", "isModule": False}
    return NotebookSource(id=uuid.uuid4().hex, name=name, project_id=project_id, created_at=now(), raw=raw)


def _refuse_taken(project: ProjectSource, name: str) -> None:
    if any(notebook.name == name for notebook in project.notebooks):
        raise ConflictError(f"The project already has a notebook named {name!r}")


def _has_init(project: ProjectSource) -> bool:
    return any(notebook.is_init for notebook in project.notebooks)
