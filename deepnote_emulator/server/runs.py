"""POST /v2/runs and GET /v2/runs/{runId}.

https://deepnote.com/docs/api-reference/runs
"""

from __future__ import annotations

from aiohttp import web

from deepnote_emulator.clock import iso
from deepnote_emulator.documents import NotebookSource, executed
from deepnote_emulator.execution import RunRecord, snapshot_of
from deepnote_emulator.inputs import problem_with
from deepnote_emulator.server.answers import STATE, JsonObject, answer, bad_request, check_query, not_found, path_uuid
from deepnote_emulator.server.bodies import Body, json_body, run_inputs
from deepnote_emulator.server.downloads import download_address
from deepnote_emulator.server.lookups import check_blocks
from deepnote_emulator.server.run_list import run_row

_DELIVERIES = ("inline", "downloadUrl", "blocks")
_OPTIONAL = ("detached", "detachedRunStorageMode", "machineType", "blockIds", "runDependentBlocks", "inputs")


async def create_run(request: web.Request) -> web.Response:
    """Start a run of a notebook."""
    check_query(request)
    body = await json_body(request, required=("notebookId",), optional=_OPTIONAL)
    notebook_id = body.text("notebookId")
    _check_options(body)
    inputs = run_inputs(body)
    state = request.app[STATE]
    notebook = state.projects.notebook(notebook_id)
    if notebook is None:
        bad_request("Notebook not found")
    block_ids = _block_ids(body, notebook)
    if (problem := problem_with(notebook, inputs)) is not None:
        bad_request(problem)
    run = state.start_run(notebook, inputs, block_ids)
    return answer({"runId": run.run_id, "status": run.status, "createdAt": iso(run.created_at)}, 202)


async def get_run(request: web.Request) -> web.Response:
    """Read a run, with its snapshot as asked for."""
    check_query(request, "snapshotDelivery")
    delivery = request.query.get("snapshotDelivery", "downloadUrl")
    if delivery not in _DELIVERIES:
        bad_request(f"snapshotDelivery must be one of {', '.join(_DELIVERIES)}")
    run = request.app[STATE].runs.get(path_uuid(request, "runId"))
    if run is None:
        not_found("Run not found")
    return answer({"run": await _run(request, run, delivery)})


async def _run(request: web.Request, run: RunRecord, delivery: str) -> JsonObject:
    content = await snapshot_of(run) if delivery == "inline" else None
    saved = run.snapshot_status == "available"
    described = run_row(run) | {
        "projectId": run.project.id,
        "error": run.error,
        "snapshotStatus": run.snapshot_status,
        "snapshotContent": content,
        "snapshotDownloadUrl": download_address(request, run) if saved and delivery == "downloadUrl" else None,
    }
    if delivery == "blocks":
        described["snapshotBlocks"] = _blocks(run) if saved else None
    return described


def _blocks(run: RunRecord) -> list[JsonObject]:
    records = run.records()
    return [
        {
            "id": block.id,
            "type": block.type,
            "outputs": records[block.id].outputs if block.id in records else [],
            "metadata": executed(block.metadata, records[block.id]) if block.id in records else block.metadata,
        }
        for block in run.notebook.blocks
    ]


def _check_options(body: Body) -> None:
    detached = body.flag("detached") if "detached" in body else True
    body.flag("runDependentBlocks")
    body.text("machineType", may_be_empty=True)
    body.choice("detachedRunStorageMode", ("read_write", "readonly"), "read_write")
    if "runDependentBlocks" in body and "blockIds" not in body:
        bad_request("runDependentBlocks needs blockIds")
    for name in ("detachedRunStorageMode", "machineType"):
        if name in body and not detached:
            bad_request(f"{name} is for detached runs only")


def _block_ids(body: Body, notebook: NotebookSource) -> tuple[str, ...] | None:
    if "blockIds" not in body:
        return None
    ids = body.different_texts("blockIds")
    if "detached" not in body or body.flag("detached"):
        bad_request("blockIds is not supported for detached runs")
    if body.flag("runDependentBlocks"):
        bad_request("The emulator does not know which blocks depend on others; leave runDependentBlocks out")
    check_blocks(notebook, ids)
    return ids
