"""Datalore's Run API over the same notebooks and kernels, and the files its runs leave.

https://www.jetbrains.com/help/datalore/run-api.html

A notebook is called "user/ID" here, with any user and the id it has in this emulator. What no page of the vendor tells
is marked below.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import unquote

from aiohttp import web
from attrs import frozen

from deepnote_emulator.clock import iso
from deepnote_emulator.documents import BlockRecord, BlockSource, NotebookSource
from deepnote_emulator.execution import RunRecord
from deepnote_emulator.inputs import assignment, name_of, problem_with
from deepnote_emulator.server.answers import STATE, JsonObject, Refused, answer, bad_request, check_query
from deepnote_emulator.server.bodies import Body, json_body

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
ROOMS = ("/api/run/", "/api/computation/", "/notebook/")
REPORTS = ("never", "on success")
OPERATIONS = {
    ("POST", "/api/run/v1/notebook"): "datalore.runNotebook",
    ("GET", "/api/run/v1/{run_id}"): "datalore.getRun",
    ("POST", "/api/computation/v1/notebook"): "datalore.runInteractive",
    ("GET", "/notebook/{user}/{notebook}/artifacts/{run_id}/{name}"): "datalore.getArtifact",
}
"""The names of its operations where those of both services meet, as in a plan of faults."""


@frozen
class Start:
    """What a run was started with that the emulator's own record has no room for."""

    user: str
    options: JsonObject


STARTS: web.AppKey[dict[str, Start]] = web.AppKey("datalore starts", dict)
routes = web.RouteTableDef()


def register(app: web.Application) -> None:
    """Add Datalore's operations to the application."""
    app[STARTS] = {}
    app.middlewares.insert(0, _own_errors)
    app.add_routes(routes)


@web.middleware
async def _own_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Put what went wrong into `error`, where Datalore has it, instead of Deepnote's `message`."""
    response = await handler(request)
    if response.status < 400 or not request.path.startswith(ROOMS) or not isinstance(response, web.Response):  # noqa: PLR2004
        return response
    said = json.loads(response.body) if isinstance(response.body, bytes) else {}
    kept = {name: response.headers[name] for name in ("Allow", "Retry-After") if name in response.headers}
    return web.json_response({"error": said.get("message", "")}, status=response.status, headers=kept)


@routes.post("/api/run/v1/notebook")
async def run_notebook(request: web.Request) -> web.Response:
    """Start a run of a notebook."""
    check_query(request)
    optional = ("updateReport", "directFileStorageWrite", "parameters")
    body = await json_body(request, required=("notebookId",), optional=optional)
    options = {
        "updateReport": body.choice("updateReport", REPORTS, "never"),
        "directFileStorageWrite": body.flag("directFileStorageWrite"),
    }
    user, notebook = _notebook(request, body)
    inputs = _inputs(notebook, body.fields.get("parameters", []))
    run = request.app[STATE].start_run(notebook, inputs)
    request.app[STARTS][run.run_id] = Start(user, options)
    return answer({"runId": run.run_id})


@routes.get("/api/run/v1/{run_id:(?!notebook$)[^/]+}")
async def get_run(request: web.Request) -> web.Response:
    """Tell where a run stands."""
    check_query(request)
    run = _run(request)
    start = request.app[STARTS][run.run_id]
    described: JsonObject = {
        "runId": run.run_id,
        "userId": start.user,
        "notebookId": run.notebook.id,
        "startTime": iso(run.started_at or run.created_at),
        "success": run.status == "success",
        "artifacts": [],
        "readOnly": False,
        **start.options,
    }
    if run.is_terminal and run.completed_at is not None:
        described["endTime"] = iso(run.completed_at)
        described["artifacts"] = [{"name": _file_name(run), "path": _path(run, start)}]
    else:
        described["status"] = run.status
    return answer(described)


@routes.post("/api/computation/v1/notebook")
async def run_interactive(request: web.Request) -> web.Response:
    """Execute a notebook. The emulator has no editor, so the outputs go nowhere."""
    check_query(request)
    body = await json_body(request, required=("notebookId",))
    _user, notebook = _notebook(request, body)
    request.app[STATE].start_run(notebook, {})
    return answer({})


@routes.get("/notebook/{user}/{notebook}/artifacts/{run_id}/{name}")
async def get_artifact(request: web.Request) -> web.Response:
    """Hand out the executed notebook of a run that has ended."""
    run = _run(request)
    wanted = unquote(request.rel_url.raw_path)
    if not run.is_terminal or wanted != _path(run, request.app[STARTS][run.run_id]):
        raise Refused(404, "Artifact not found")
    text = json.dumps(executed(run))
    return web.Response(text=text, content_type="application/x-ipynb+json")


def executed(run: RunRecord) -> JsonObject:
    """Give the notebook of a run as an `.ipynb` with the outputs it left."""
    records = run.records()
    return {
        "cells": [_cell(run, records, block) for block in run.notebook.blocks],
        "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _cell(run: RunRecord, records: Mapping[str, BlockRecord], block: BlockSource) -> JsonObject:
    cell: JsonObject = {"id": block.id, "metadata": {}, "source": block.content}
    if block.type == "markdown" or block.type.startswith("text-cell"):
        return cell | {"cell_type": "markdown"}
    record = records.get(block.id)
    return cell | {
        "cell_type": "code",
        "source": assignment(block, run.inputs) if block.is_input else block.content,
        "execution_count": record.execution_count if record else None,
        "outputs": record.outputs if record else [],
    }


def _notebook(request: web.Request, body: Body) -> tuple[str, NotebookSource]:
    user, slash, notebook_id = body.text("notebookId").partition("/")
    if not user or not slash or not notebook_id or "/" in notebook_id:
        bad_request('notebookId must be "user/notebook"')
    notebook = request.app[STATE].projects.notebook(notebook_id)
    if notebook is None:
        raise Refused(404, "Notebook not found")
    return user, notebook


def _run(request: web.Request) -> RunRecord:
    run_id = request.match_info["run_id"]
    run = request.app[STATE].runs.get(run_id) if run_id in request.app[STARTS] else None
    if run is None:
        raise Refused(404, "Run not found")
    return run


def _inputs(notebook: NotebookSource, parameters: Any) -> dict[str, Any]:
    """Find the inputs that parameters mean, by label or by variable; others are passed over.

    Which of the two Datalore matches, and what it does with unknown names and unfitting values, no page tells. A value
    that the notebook's input cannot take is refused here, so that a mistake is seen.
    """
    if not isinstance(parameters, list) or not all(_is_parameter(item) for item in parameters):
        bad_request("parameters must be a list of objects with name and value")
    names: dict[str, str] = {}
    for block in notebook.blocks:
        if block.is_input:
            names[str(block.metadata.get("deepnote_input_label") or name_of(block))] = name_of(block)
    names |= {name: name for name in names.values()}
    inputs = {names[item["name"]]: item["value"] for item in parameters if item["name"] in names}
    for name, value in inputs.items():
        texts = isinstance(value, list) and all(isinstance(item, str) for item in value)
        if not texts and not isinstance(value, str | bool):
            bad_request(f'Input "{name}" takes a string, a boolean or a list of strings')
    if (problem := problem_with(notebook, inputs)) is not None:
        bad_request(problem)
    return inputs


def _is_parameter(item: object) -> bool:
    return isinstance(item, dict) and set(item) == {"name", "value"} and isinstance(item["name"], str)


def _file_name(run: RunRecord) -> str:
    return f"{run.notebook.name.replace('/', '_')}.ipynb"


def _path(run: RunRecord, start: Start) -> str:
    return f"/notebook/{start.user}/{run.notebook.id}/artifacts/{run.run_id}/{_file_name(run)}"
