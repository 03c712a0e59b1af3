"""Notebooks: reading, creating, renaming, deleting, the order of their blocks, their schedule and runs.

https://deepnote.com/docs/api-reference/notebooks
"""

from __future__ import annotations

from aiohttp import web

from deepnote_emulator import inputs
from deepnote_emulator.clock import iso
from deepnote_emulator.cron import problem_with_cron, problem_with_timezone
from deepnote_emulator.documents import NotebookSource
from deepnote_emulator.server.answers import (
    STATE,
    JsonObject,
    answer,
    bad_request,
    check_query,
    no_content,
)
from deepnote_emulator.server.bodies import Body, check_names, json_body
from deepnote_emulator.server.lookups import check_blocks, notebook_of_path, project_named
from deepnote_emulator.server.run_list import run_page


async def create_notebook(request: web.Request) -> web.Response:
    """Create an empty notebook."""
    check_query(request)
    body = await json_body(request, required=("projectId",), optional=("name",))
    project_id, name = body.uuid("projectId"), body.text("name", may_be_empty=True)
    project = project_named(request, project_id)
    notebook = request.app[STATE].projects.create_notebook(project, name or None)
    return answer({"notebook": _notebook(notebook)}, 201)


async def get_notebook(request: web.Request) -> web.Response:
    """Read a notebook with its blocks and inputs."""
    check_query(request)
    return answer({"notebook": _detail(notebook_of_path(request))})


async def update_notebook(request: web.Request) -> web.Response:
    """Rename a notebook."""
    check_query(request)
    name = (await json_body(request, required=("name",))).text("name")
    notebook = request.app[STATE].projects.rename_notebook(notebook_of_path(request), name)
    return answer({"notebook": _notebook(notebook)})


async def delete_notebook(request: web.Request) -> web.Response:
    """Delete a notebook; what runs of it goes on."""
    check_query(request)
    request.app[STATE].projects.delete_notebook(notebook_of_path(request))
    return no_content()


async def list_notebook_runs(request: web.Request) -> web.Response:
    """List the runs of a notebook, newest first if not told otherwise."""
    check_query(request, "pageSize", "pageToken")
    notebook, state = notebook_of_path(request), request.app[STATE]
    return answer(run_page(request, notebook.id, state.runs.of_notebook(notebook.id), state.listing))


async def reorder_blocks(request: web.Request) -> web.Response:
    """Move a group of blocks, in the given order, to the start, the end or after another block."""
    check_query(request)
    body = await json_body(request, required=("blockIds", "placement"))
    group, placement = body.different_texts("blockIds"), Body(body.part("placement"))
    check_names(placement.fields, ("type",), ("blockId",), "placement")
    kind = placement.choice("type", ("start", "end", "after"), "")
    anchor = placement.text("blockId")
    notebook = notebook_of_path(request)
    check_blocks(notebook, group)
    by_id = {block.id: block for block in notebook.blocks}
    others = [block for block in notebook.blocks if block.id not in group]
    at = {"start": 0, "end": len(others)}.get(kind)
    if at is None:
        if not anchor or anchor in group or anchor not in by_id:
            bad_request("placement.blockId must name a block of the notebook that is not moved")
        at = 1 + next(index for index, block in enumerate(others) if block.id == anchor)
    order = [*others[:at], *(by_id[block_id] for block_id in group), *others[at:]]
    request.app[STATE].projects.set_blocks(notebook, order)
    return answer({"blockIds": [block.id for block in order]})


async def upsert_schedule(request: web.Request) -> web.Response:
    """Keep a schedule; the emulator never starts anything by it."""
    check_query(request)
    body = await json_body(request, required=("cron",), optional=("timezone",))
    cron, timezone = body.text("cron"), body.text("timezone", "UTC", may_be_empty=True)
    notebook = notebook_of_path(request)
    if problem := problem_with_cron(cron) or problem_with_timezone(timezone):
        bad_request(problem)
    schedule = request.app[STATE].projects.schedule(notebook, cron, timezone)
    described = {
        "notebookId": notebook.id,
        "cron": schedule.cron,
        "timezone": schedule.timezone,
        "nextRunAt": None,
        "createdAt": iso(schedule.created_at),
        "updatedAt": iso(schedule.updated_at) if schedule.updated_at else None,
    }
    return answer({"schedule": described})


def _notebook(notebook: NotebookSource) -> JsonObject:
    return {
        "id": notebook.id,
        "projectId": notebook.project_id,
        "name": notebook.name,
        "createdAt": iso(notebook.created_at),
        "updatedAt": iso(notebook.updated_at or notebook.created_at),
        "isInit": notebook.is_init,
    }


def _detail(notebook: NotebookSource) -> JsonObject:
    described = _notebook(notebook)
    described["blocks"] = [{"id": block.id, "type": block.type, "content": block.content} for block in notebook.blocks]
    declared = [inputs.describe(block) for block in notebook.blocks if block.is_input]
    if declared:
        described["inputs"] = declared
    return described
