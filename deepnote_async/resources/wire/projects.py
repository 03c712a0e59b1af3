"""Projects, their notebooks and files."""

from __future__ import annotations

from deepnote_async.models import (
    Folder,
    ImportedNotebook,
    ImportResult,
    Project,
    ProjectFile,
    ProjectNotebook,
)
from deepnote_async.resources.wire.values import given, moment
from deepnote_async_api import models as wire


def project_record(project: wire.Project | wire.ProjectDetail) -> Project:
    """Wrap a project; only one that was asked for tells its files."""
    kind = given(project.project_type)
    folder = given(project.folder)
    files = given(project.files) if isinstance(project, wire.ProjectDetail) else None
    return Project(
        id=project.id,
        name=project.name,
        project_type=kind.value if kind is not None else None,
        created_at=given(project.created_at),
        updated_at=moment(project.updated_at),
        folder=_folder_record(folder) if isinstance(folder, wire.Folder) else None,
        folder_id=given(project.folder_id) or (folder.id if isinstance(folder, wire.Folder) else None),
        notebooks=tuple(_notebook_record(notebook) for notebook in given(project.notebooks) or ()),
        files=tuple(file_record(file) for file in files or ()),
        extra=project.additional_properties,
    )


def file_record(file: wire.ProjectFile | wire.FileReference) -> ProjectFile:
    """Wrap a file."""
    size = given(file.size)
    return ProjectFile(
        path=file.path,
        size=int(size) if size is not None else None,
        updated_at=given(file.updated_at),
        extra=file.additional_properties,
    )


def import_record(answer: wire.ImportProjectResponse) -> ImportResult:
    """Wrap what an import did."""
    return ImportResult(
        project_id=answer.project.id,
        modified_at=given(answer.project.modified_at),
        content_hash=given(answer.project.content_hash),
        notebooks=tuple(
            ImportedNotebook(id=notebook.id, action=notebook.action.value, name=given(notebook.name))
            for notebook in answer.notebooks
        ),
    )


def _folder_record(folder: wire.Folder) -> Folder:
    return Folder(id=folder.id, name=folder.name, extra=folder.additional_properties)


def _notebook_record(notebook: wire.ProjectNotebook) -> ProjectNotebook:
    return ProjectNotebook(
        id=notebook.id,
        name=notebook.name,
        created_at=given(notebook.created_at),
        is_init=given(notebook.is_init),
        is_scheduled=given(notebook.is_scheduled),
        last_run_at=moment(notebook.last_run_at),
        extra=notebook.additional_properties,
    )
