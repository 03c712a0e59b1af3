"""GET /v2/projects and GET /v2/projects/{projectId}.

https://deepnote.com/docs/api-reference/projects
"""

from __future__ import annotations

import uuid

from aiohttp import web

from deepnote_emulator.clock import iso
from deepnote_emulator.documents import ProjectSource
from deepnote_emulator.server.answers import STATE, JsonObject, answer, bad_request, check_query, not_found, page_of
from deepnote_emulator.state import State

routes = web.RouteTableDef()
DEFAULT_PAGE = 50


@routes.get("/v2/projects")
async def list_projects(request: web.Request) -> web.Response:
    """List the projects with their notebooks."""
    check_query(request, "pageSize", "pageToken", "nameContains")
    state = request.app[STATE]
    part = request.query.get("nameContains", "")
    found = [project for project in state.projects.values() if part.lower() in project.name.lower()]
    page, pagination = page_of(
        request, found, lambda project: project.id, default_size=DEFAULT_PAGE, filters=part.lower()
    )
    return answer({"projects": [_project(state, project) for project in page], "pagination": pagination})


@routes.get("/v2/projects/{project_id}")
async def get_project(request: web.Request) -> web.Response:
    """Read a project with its notebooks and files."""
    check_query(request)
    project_id = request.match_info["project_id"]
    try:
        uuid.UUID(project_id)
    except ValueError:
        bad_request("projectId must be a UUID")
    state = request.app[STATE]
    project = state.projects.get(project_id)
    if project is None:
        not_found("Project not found")
    return answer({"project": _project(state, project) | {"files": []}})


def _project(state: State, project: ProjectSource) -> JsonObject:
    return {
        "id": project.id,
        "name": project.name,
        "projectType": "standard",
        "createdAt": iso(project.created_at),
        "updatedAt": None,
        "folder": None,
        "notebooks": [
            {
                "id": notebook.id,
                "name": notebook.name,
                "createdAt": iso(notebook.created_at),
                "isInit": notebook.is_init,
                "isScheduled": False,
                "lastRunAt": _last_run(state, notebook.id),
            }
            for notebook in project.notebooks
        ],
    }


def _last_run(state: State, notebook_id: str) -> str | None:
    runs = state.runs.of_notebook(notebook_id)
    return iso(runs[0].created_at) if runs else None
