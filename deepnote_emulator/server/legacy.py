"""The first version of the API.

https://deepnote.com/docs/deepnote-api
"""

from __future__ import annotations

from aiohttp import web

from deepnote_emulator.server.answers import STATE, not_found


async def execute_notebook(request: web.Request) -> web.Response:
    """Start a run of the whole notebook, unless one is going on; the caller hears no more of it."""
    state = request.app[STATE]
    project = state.projects.project(request.match_info["projectId"])
    notebook = project.notebook(request.match_info["notebookId"]) if project is not None else None
    if notebook is None:
        not_found("Project or notebook not found")
    if not state.runs.is_busy(notebook.id):
        state.start_run(notebook, {})
    return web.Response(status=202)
