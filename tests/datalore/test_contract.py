"""The contract is complete, the emulator answers by it, and the facade sends nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import anyio
import httpx
import pytest

from datalore_async_api.models import RunNotebookRequest, UpdateReport
from deepnote_async.datalore import AsyncDatalore
from deepnote_emulator import Emulator
from tests.support.contract import DATALORE


@pytest.fixture
async def http(emulator: Emulator) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"authorization": f"Bearer {emulator.token}"}
    async with httpx.AsyncClient(base_url=emulator.url, headers=headers) as http:
        yield http


@pytest.mark.parametrize(("method", "path", "operation"), DATALORE.operations(), ids=lambda value: str(value)[:40])
def test_every_operation_is_complete(method: str, path: str, operation: dict[str, Any]) -> None:
    assert path.startswith("/api/")
    assert operation["security"] == [{"bearer": []}]
    assert operation["x-evidence"]["level"] in {"documented", "vendor-client", "inferred"}
    assert operation["x-evidence"]["source"]
    assert operation["externalDocs"]["url"].startswith("https://www.jetbrains.com/help/datalore/")
    assert {"200", "401", "403", "404", "429", "500"} <= set(operation["responses"]), method
    for status, response in operation["responses"].items():
        assert "ssumed" in response["description"] or (status, method) == ("200", "GET")


def test_every_operation_has_a_generated_module() -> None:
    import datalore_async_api.api

    found = walk_packages(datalore_async_api.api.__path__, "datalore_async_api.api.")
    modules = [import_module(module.name) for module in found if not module.ispkg]
    generated = {(module.METHOD, module.PATH_TEMPLATE.replace("_", "").lower()) for module in modules}
    assert generated == {(method, path.lower()) for method, path, _ in DATALORE.operations()}


def test_the_enum_keeps_its_space_and_stays_open() -> None:
    assert (UpdateReport.ON_SUCCESS, UpdateReport.NEVER) == ("on success", "never")
    assert UpdateReport("on failure") == "on failure"
    body = RunNotebookRequest(notebook_id="u/n", update_report=UpdateReport.ON_SUCCESS)
    assert body.to_dict() == {"notebookId": "u/n", "updateReport": "on success"}
    assert RunNotebookRequest(notebook_id="u/n").to_dict() == {"notebookId": "u/n"}


async def test_the_life_of_a_run(http: httpx.AsyncClient, emulator: Emulator) -> None:
    body = {"notebookId": f"u/{emulator.notebook_id('slow.ipynb')}", "updateReport": "on success"}
    started = await http.post("/api/run/v1/notebook", json=body)
    DATALORE.check_answer(started)
    run_id = started.json()["runId"]
    running = await http.get(f"/api/run/v1/{run_id}")
    DATALORE.check_answer(running)
    assert "endTime" not in running.json()
    assert running.json()["status"] in {"pending", "running"}
    with anyio.fail_after(60):
        while "endTime" not in (ended := await http.get(f"/api/run/v1/{run_id}")).json():
            await anyio.sleep(0.05)
    DATALORE.check_answer(ended)
    assert "status" not in ended.json()
    assert (ended.json()["success"], ended.json()["userId"], ended.json()["readOnly"]) == (True, "u", False)
    (artifact,) = ended.json()["artifacts"]
    assert artifact["path"].endswith(f"/artifacts/{run_id}/slow.ipynb")
    executed = (await http.get(artifact["path"])).json()
    assert executed["nbformat"] == 4
    assert any(cell.get("outputs") for cell in executed["cells"])
    stranger = await http.get(artifact["path"], headers={"authorization": "Bearer wrong"})
    assert (stranger.status_code, set(stranger.json())) == (401, {"error"})
    for path in (artifact["path"] + "x", artifact["path"].replace("/u/", "/v/")):
        missing = await http.get(path)
        assert (missing.status_code, missing.json()) == (404, {"error": "Artifact not found"})


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({}, 400, "lacks notebookId"),
        ({"notebookId": "S", "surprise": 1}, 400, "unknown fields: surprise"),
        ({"notebookId": 5}, 400, "non-empty string"),
        ({"notebookId": "n"}, 400, "user/notebook"),
        ({"notebookId": "u/n"}, 404, "Notebook not found"),
        ({"notebookId": "S", "updateReport": "on_success"}, 400, "updateReport must be never or on success"),
        ({"notebookId": "S", "updateReport": []}, 400, "updateReport"),
        ({"notebookId": "S", "directFileStorageWrite": "yes"}, 400, "must be a boolean"),
        ({"notebookId": "S", "parameters": {}}, 400, "must be a list"),
        ({"notebookId": "S", "parameters": [{"name": "n"}]}, 400, "with name and value"),
        ({"notebookId": "S", "parameters": [{"name": 1, "value": 1}]}, 400, "with name and value"),
        ({"notebookId": "S", "parameters": [{"name": "n", "value": [1]}]}, 400, 'Input "n" takes a string'),
        ({"notebookId": "S", "parameters": [{"name": "n", "value": "3.0"}]}, 400, 'Input "n" takes a numeric string'),
        ({"notebookId": "S", "parameters": [{"name": "n", "value": 3}]}, 400, 'Input "n" takes a string'),
    ],
)
async def test_bad_starts(http: httpx.AsyncClient, emulator: Emulator, body: Any, status: int, message: str) -> None:
    if body.get("notebookId") == "S":
        body = body | {"notebookId": f"u/{emulator.notebook_id('score.deepnote')}"}
    response = await http.post("/api/run/v1/notebook", json=body)
    DATALORE.check_answer(response)
    assert response.status_code == status
    assert message in response.json()["error"]


async def test_other_answers(http: httpx.AsyncClient, emulator: Emulator) -> None:
    refused = await http.get("/api/run/v1/x", headers={"authorization": "Bearer wrong"})
    DATALORE.check_answer(refused)
    assert refused.status_code == 401
    unknown = await http.get("/api/run/v1/x")
    DATALORE.check_answer(unknown)
    assert unknown.json() == {"error": "Run not found"}
    wrong = await http.delete("/api/run/v1/x")
    assert (wrong.status_code, set(wrong.json()), "GET" in wrong.headers["allow"]) == (405, {"error"}, True)
    in_place: dict[str, Any] = {"notebookId": f"u/{emulator.notebook_id('score.ipynb')}"}
    for body in (in_place, in_place | {"parameters": []}, {"notebookId": "u/n"}):
        DATALORE.check_answer(await http.post("/api/computation/v1/notebook", json=body))
    deepnote = await http.get("/v2/nowhere")
    assert deepnote.json() == {"message": "Not Found"}


async def test_the_facade_sends_only_what_the_contract_has(emulator: Emulator) -> None:
    checked: set[str] = set()

    async def check(request: httpx.Request) -> None:
        if "artifacts" not in request.url.path:
            DATALORE.check_request(request)
            checked.add(DATALORE.operation_of(request.method, request.url.raw_path.decode())["operationId"])

    async with (
        httpx.AsyncClient(event_hooks={"request": [check]}) as backend,
        AsyncDatalore(emulator.token, emulator.url, http_client=backend) as client,
    ):
        notebook_id = f"u/{emulator.notebook_id('score.deepnote')}"
        await client.runs.run(notebook_id, {"region": "EU"}, "on success", direct_file_storage_write=False, timeout=60)
        await client.runs.run_interactive(notebook_id)
    assert checked == {operation["operationId"] for _, _, operation in DATALORE.operations()}
