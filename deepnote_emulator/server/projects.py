"""Listing, reading, creating and deleting projects.

https://deepnote.com/docs/api-reference/projects
"""

from __future__ import annotations

from aiohttp import web

from deepnote_emulator.clock import iso
from deepnote_emulator.documents import ProjectSource
from deepnote_emulator.server.answers import STATE, JsonObject, answer, check_query, no_content, not_found, page_of
from deepnote_emulator.server.bodies import json_body
from deepnote_emulator.server.files import file_row
from deepnote_emulator.server.lookups import project_of_path
from deepnote_emulator.state import State

DEFAULT_PAGE = 50
PROJECT_TYPES = ("standard", "notebook", "agent")


async def list_projects(request: web.Request) -> web.Response:
    """List the projects with their notebooks."""
    check_query(request, "pageSize", "pageToken", "nameContains")
    state = request.app[STATE]
    part = request.query.get("nameContains", "").lower()
    found = [project for project in state.projects.all() if part in project.name.lower()]
    page, pagination = page_of(request, found, lambda project: project.id, default_size=DEFAULT_PAGE, filters=part)
    return answer({"projects": [_project(state, project) for project in page], "pagination": pagination})


async def create_project(request: web.Request) -> web.Response:
    """Create a project with one empty notebook."""
    check_query(request)
    body = await json_body(request, required=("name",), optional=("folderId", "projectType", "environmentId"))
    name = body.text("name")
    kind = body.choice("projectType", PROJECT_TYPES, "standard")
    body.text("environmentId", may_be_empty=True)
    if "folderId" in body:
        body.uuid("folderId")
        not_found("Folder not found: the emulator has no folders")
    state = request.app[STATE]
    return answer({"project": _project(state, state.projects.create_project(name, kind))}, 201)


async def get_project(request: web.Request) -> web.Response:
    """Read a project with its notebooks and files."""
    check_query(request)
    project = project_of_path(request)
    state = request.app[STATE]
    files = [file_row(file) for file in state.files.of_project(project.id)]
    return answer({"project": _project(state, project) | {"files": files}})


async def delete_project(request: web.Request) -> web.Response:
    """Delete a project with its notebooks and files, and end its sessions; runs that are going on end by themselves."""
    check_query(request)
    project = project_of_path(request)
    state = request.app[STATE]
    state.projects.delete_project(project.id)
    state.files.delete_project(project.id)
    await state.sessions.end_of_project(project.id)
    return no_content()


def _project(state: State, project: ProjectSource) -> JsonObject:
    return {
        "id": project.id,
        "name": project.name,
        "projectType": project.project_type,
        "createdAt": iso(project.created_at),
        "updatedAt": iso(project.updated_at) if project.updated_at else None,
        "folder": None,
        "notebooks": [
            {
                "id": notebook.id,
                "name": notebook.name,
                "createdAt": iso(notebook.created_at),
                "isInit": notebook.is_init,
                "isScheduled": notebook.schedule is not None,
                "lastRunAt": _last_run(state, notebook.id),
            }
            for notebook in project.notebooks
        ],
    }


def _last_run(state: State, notebook_id: str) -> str | None:
    runs = state.runs.of_notebook(notebook_id)
    return iso(runs[-1].created_at) if runs else None
