"""GET /v2/notebooks/{notebookId} and its runs.

https://deepnote.com/docs/api-reference/notebooks
"""

from __future__ import annotations

from aiohttp import web

from deepnote_emulator import inputs
from deepnote_emulator.clock import iso
from deepnote_emulator.documents import NotebookSource
from deepnote_emulator.server.answers import STATE, JsonObject, answer, check_query, not_found, page_of
from deepnote_emulator.server.runs import run_row

routes = web.RouteTableDef()
DEFAULT_PAGE = 20


@routes.get("/v2/notebooks/{notebook_id}")
async def get_notebook(request: web.Request) -> web.Response:
    """Read a notebook with its blocks and inputs."""
    check_query(request)
    return answer({"notebook": _detail(_find(request))})


@routes.get("/v2/notebooks/{notebook_id}/runs")
async def list_notebook_runs(request: web.Request) -> web.Response:
    """List the runs of a notebook, newest first."""
    check_query(request, "pageSize", "pageToken")
    notebook = _find(request)
    runs = request.app[STATE].runs.of_notebook(notebook.id)
    page, pagination = page_of(request, runs, lambda run: run.run_id, default_size=DEFAULT_PAGE)
    return answer({"runs": [run_row(run) for run in page], "pagination": pagination})


def _find(request: web.Request) -> NotebookSource:
    notebook = request.app[STATE].notebook(request.match_info["notebook_id"])
    if notebook is None:
        not_found("Notebook not found")
    return notebook


def _detail(notebook: NotebookSource) -> JsonObject:
    described: JsonObject = {
        "id": notebook.id,
        "projectId": notebook.project_id,
        "name": notebook.name,
        "createdAt": iso(notebook.created_at),
        "updatedAt": iso(notebook.created_at),
        "isInit": notebook.is_init,
        "blocks": [{"id": block.id, "type": block.type, "content": block.content} for block in notebook.blocks],
    }
    declared = [inputs.describe(block) for block in notebook.blocks if block.is_input]
    if declared:
        described["inputs"] = declared
    return described
