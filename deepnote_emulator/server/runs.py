"""POST /v2/runs and GET /v2/runs/{runId}.

https://deepnote.com/docs/api-reference/runs
"""

from __future__ import annotations

import uuid
from typing import Any

from aiohttp import web

from deepnote_emulator.clock import iso
from deepnote_emulator.documents import NotebookSource
from deepnote_emulator.execution import RunRecord
from deepnote_emulator.inputs import problem_with
from deepnote_emulator.server.answers import STATE, JsonObject, answer, bad_request, check_query, json_body, not_found
from deepnote_emulator.server.downloads import download_address

routes = web.RouteTableDef()

_DELIVERIES = ("inline", "downloadUrl", "blocks")
_OPTIONAL = ("detached", "detachedRunStorageMode", "machineType", "blockIds", "runDependentBlocks", "inputs")


@routes.post("/v2/runs")
async def create_run(request: web.Request) -> web.Response:
    """Start a run of a notebook."""
    check_query(request)
    body = await json_body(request, required=("notebookId",), optional=_OPTIONAL)
    state = request.app[STATE]
    notebook_id = body["notebookId"]
    if not isinstance(notebook_id, str) or not notebook_id:
        bad_request("notebookId must be a non-empty string")
    _check_options(body)
    inputs = _inputs(body)
    notebook = state.notebook(notebook_id)
    if notebook is None:
        bad_request("Notebook not found")
    block_ids = _block_ids(body, notebook)
    if (problem := problem_with(notebook, inputs)) is not None:
        bad_request(problem)
    run = state.runs.start(state.projects[notebook.project_id], notebook, inputs, block_ids)
    return answer({"runId": run.run_id, "status": run.status, "createdAt": iso(run.created_at)}, 202)


@routes.get("/v2/runs/{run_id}")
async def get_run(request: web.Request) -> web.Response:
    """Read a run, with its snapshot as asked for."""
    check_query(request, "snapshotDelivery")
    delivery = request.query.get("snapshotDelivery", "downloadUrl")
    if delivery not in _DELIVERIES:
        bad_request(f"snapshotDelivery must be one of {', '.join(_DELIVERIES)}")
    run_id = request.match_info["run_id"]
    try:
        uuid.UUID(run_id)
    except ValueError:
        bad_request("runId must be a UUID")
    run = request.app[STATE].runs.get(run_id)
    if run is None:
        not_found("Run not found")
    return answer({"run": _run(request, run, delivery)})


def run_row(run: RunRecord) -> JsonObject:
    """Describe a run as a row of a list."""
    return {
        "runId": run.run_id,
        "notebookId": run.notebook.id,
        "status": run.status,
        "createdAt": iso(run.created_at),
        "completedAt": iso(run.completed_at) if run.completed_at else None,
    }


def _run(request: web.Request, run: RunRecord, delivery: str) -> JsonObject:
    saved = run.snapshot is not None
    described = run_row(run) | {
        "projectId": run.project.id,
        "error": run.error,
        "snapshotStatus": run.snapshot_status,
        "snapshotContent": run.snapshot if delivery == "inline" else None,
        "snapshotDownloadUrl": download_address(request, run) if saved and delivery == "downloadUrl" else None,
    }
    if delivery == "blocks":
        described["snapshotBlocks"] = _blocks(run) if saved else None
    return described


def _blocks(run: RunRecord) -> list[JsonObject]:
    return [
        {
            "id": block.id,
            "type": block.type,
            "outputs": run.records[block.id].outputs if block.id in run.records else [],
            "metadata": block.metadata,
        }
        for block in run.notebook.blocks
    ]


def _check_options(body: JsonObject) -> None:
    for name in ("detached", "runDependentBlocks"):
        if name in body and not isinstance(body[name], bool):
            bad_request(f"{name} must be a boolean")
    if "machineType" in body and not isinstance(body["machineType"], str):
        bad_request("machineType must be a string")
    if "detachedRunStorageMode" in body and body["detachedRunStorageMode"] not in {"read_write", "readonly"}:
        bad_request("detachedRunStorageMode must be read_write or readonly")
    if "runDependentBlocks" in body and "blockIds" not in body:
        bad_request("runDependentBlocks needs blockIds")
    if not body.get("detached", True):
        for name in ("detachedRunStorageMode", "machineType"):
            if name in body:
                bad_request(f"{name} is for detached runs only")


def _inputs(body: JsonObject) -> dict[str, Any]:
    inputs = body.get("inputs", {})
    if not isinstance(inputs, dict):
        bad_request("inputs must be an object")
    for name, value in inputs.items():
        texts = isinstance(value, list) and all(isinstance(item, str) for item in value)
        if not texts and not isinstance(value, str | bool):
            bad_request(f'Input "{name}" must be a string, a boolean or a list of strings')
    return inputs


def _block_ids(body: JsonObject, notebook: NotebookSource) -> tuple[str, ...] | None:
    if "blockIds" not in body:
        return None
    ids = body["blockIds"]
    if not isinstance(ids, list) or not ids or not all(isinstance(item, str) for item in ids):
        bad_request("blockIds must be a list of at least one string")
    if len(set(ids)) != len(ids):
        bad_request("blockIds must not name a block twice")
    if body.get("detached", True):
        bad_request("blockIds is not supported for detached runs")
    if body.get("runDependentBlocks"):
        bad_request("The emulator does not know which blocks depend on others; leave runDependentBlocks out")
    if not set(ids) <= {block.id for block in notebook.blocks}:
        bad_request("Block not found in notebook")
    return tuple(ids)
