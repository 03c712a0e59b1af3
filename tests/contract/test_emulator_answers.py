"""Every answer of the emulator, and every request of the facade, under the contract."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import anyio
import httpx
import pytest

from deepnote_async import AsyncDeepnote
from deepnote_emulator import Emulator
from tests.support.contract import check_answer, check_request, operation_of

UNKNOWN = "00000000-0000-4000-8000-00000000dead"


@pytest.fixture
async def http(emulator: Emulator) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"authorization": f"Bearer {emulator.token}"}
    async with httpx.AsyncClient(base_url=emulator.url, headers=headers) as http:
        yield http


async def ended_run(http: httpx.AsyncClient, notebook_id: str, **body: Any) -> str:
    started = await http.post("/v2/runs", json={"notebookId": notebook_id} | body)
    check_answer(started)
    assert started.status_code == 202
    run_id: str = started.json()["runId"]
    with anyio.fail_after(60):
        while (await http.get(f"/v2/runs/{run_id}")).json()["run"]["snapshotStatus"] == "pending":
            await anyio.sleep(0.02)
    return run_id


async def test_the_life_of_a_run(http: httpx.AsyncClient, emulator: Emulator) -> None:
    run_id = await ended_run(http, emulator.notebook_id("score.deepnote"), inputs={"n": "2"})
    bodies = {}
    for delivery in (None, "inline", "downloadUrl", "blocks"):
        response = await http.get(f"/v2/runs/{run_id}", params={"snapshotDelivery": delivery} if delivery else {})
        check_answer(response)
        bodies[delivery] = response.json()["run"]
    assert bodies[None]["snapshotContent"] is None
    assert bodies["inline"]["snapshotDownloadUrl"] is None
    assert bodies["blocks"]["snapshotContent"] is None
    outputs = [block["outputs"] for block in bodies["blocks"]["snapshotBlocks"]]
    assert outputs[4] == [{"name": "stdout", "output_type": "stream", "text": "region=EU n=2 total=34\n"}]
    async with httpx.AsyncClient() as stranger:
        downloaded = await stranger.get(bodies["downloadUrl"]["snapshotDownloadUrl"])
    assert downloaded.text == bodies["inline"]["snapshotContent"]
    assert httpx.URL(bodies[None]["snapshotDownloadUrl"]).port != httpx.URL(emulator.url).port


async def test_a_failed_run_answers_by_the_contract(http: httpx.AsyncClient, emulator: Emulator) -> None:
    run_id = await ended_run(http, emulator.notebook_id("fails.ipynb"))
    for delivery in ("inline", "downloadUrl", "blocks"):
        response = await http.get(f"/v2/runs/{run_id}", params={"snapshotDelivery": delivery})
        check_answer(response)
        assert response.json()["run"]["status"] == "error"


async def test_the_run_list_pages_newest_first(http: httpx.AsyncClient, emulator: Emulator) -> None:
    notebook_id = emulator.notebook_id("score.ipynb")
    ids = [await ended_run(http, notebook_id) for _ in range(3)]
    seen: list[str] = []
    query: dict[str, Any] = {"pageSize": 2}
    while True:
        response = await http.get(f"/v2/notebooks/{notebook_id}/runs", params=query)
        check_answer(response)
        body = response.json()
        seen += [row["runId"] for row in body["runs"]]
        if not body["pagination"]["hasMore"]:
            break
        query["pageToken"] = body["pagination"]["nextPageToken"]
    assert seen[:3] == ids[::-1]
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v2/me", 200),
        ("/v2/projects", 200),
        ("/v2/projects?nameContains=SCORE&pageSize=1", 200),
        ("/v2/projects?pageSize=0", 400),
        ("/v2/projects?pageSize=101", 400),
        ("/v2/projects?pageSize=x", 400),
        ("/v2/projects?pageToken=x", 400),
        ("/v2/projects?surprise=1", 400),
        ("/v2/projects?pageSize=1&pageSize=2", 400),
        ("/v2/projects/5b0f6a52-7c3e-4d0c-9a41-3f2c8e1d7a10", 200),
        (f"/v2/projects/{UNKNOWN}", 404),
        ("/v2/projects/not-a-uuid", 400),
        ("/v2/notebooks/nope", 404),
        ("/v2/notebooks/nope/runs", 404),
        ("/v2/notebooks/a%2F..%2Fb", 404),
        (f"/v2/runs/{UNKNOWN}", 404),
        ("/v2/runs/not-a-uuid", 400),
        (f"/v2/runs/{UNKNOWN}?snapshotDelivery=paper", 400),
    ],
)
async def test_reading(http: httpx.AsyncClient, path: str, status: int) -> None:
    response = await http.get(path)
    check_answer(response)
    assert response.status_code == status


async def test_notebooks_and_projects_tell_of_each_other(http: httpx.AsyncClient, emulator: Emulator) -> None:
    projects = (await http.get("/v2/projects")).json()["projects"]
    listed = {notebook["id"]: project["id"] for project in projects for notebook in project["notebooks"]}
    assert set(listed) == {notebook.id for notebook in emulator.notebooks}
    for notebook_id, project_id in listed.items():
        response = await http.get(f"/v2/notebooks/{notebook_id}")
        check_answer(response)
        assert response.json()["notebook"]["projectId"] == project_id


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "lacks notebookId"),
        ({"notebookId": ""}, "non-empty"),
        ({"notebookId": 5}, "non-empty"),
        ({"notebookId": "nope"}, "Notebook not found"),
        ({"notebookId": "S", "surprise": 1}, "unknown fields: surprise"),
        ({"notebookId": "S", "detached": "yes"}, "detached must be a boolean"),
        ({"notebookId": "S", "blockIds": []}, "at least one"),
        ({"notebookId": "S", "blockIds": ["a"]}, "not supported for detached runs"),
        ({"notebookId": "S", "blockIds": ["a"], "detached": False}, "Block not found"),
        ({"notebookId": "S", "blockIds": ["a", "a"], "detached": False}, "twice"),
        ({"notebookId": "S", "runDependentBlocks": True}, "needs blockIds"),
        ({"notebookId": "S", "detachedRunStorageMode": "rw"}, "read_write or readonly"),
        ({"notebookId": "S", "detached": False, "machineType": "m"}, "detached runs only"),
        ({"notebookId": "S", "inputs": []}, "inputs must be an object"),
        ({"notebookId": "S", "inputs": {"n": 3}}, 'Input "n" must be a string'),
        ({"notebookId": "S", "inputs": {"n": "3.0"}}, 'Input "n" takes a numeric string'),
        ({"notebookId": "S", "inputs": {"show_table": "yes"}}, 'Input "show_table" takes a boolean'),
        ({"notebookId": "S", "inputs": {"regoin": "EU"}}, 'Input "regoin" is not defined'),
    ],
)
async def test_bad_starts(http: httpx.AsyncClient, emulator: Emulator, body: Any, message: str) -> None:
    if body.get("notebookId") == "S":
        body = body | {"notebookId": emulator.notebook_id("score.deepnote")}
    response = await http.post("/v2/runs", json=body)
    check_answer(response)
    assert response.status_code == 400
    assert message in response.json()["message"]


@pytest.mark.parametrize("content", [b"", b"{", b"null", b"[]", b"\xff", b"[" * 100_000])
async def test_bodies_that_are_no_object(http: httpx.AsyncClient, content: bytes) -> None:
    response = await http.post("/v2/runs", content=content, headers={"content-type": "application/json"})
    check_answer(response)
    assert response.status_code == 400


async def test_who_may_come_in(http: httpx.AsyncClient, emulator: Emulator) -> None:
    for value in ("", "Bearer", "Bearer wrong", "Basic x", f"Bearer {emulator.token}x", "Bearer \xff"):
        response = await http.get("/v2/me", headers={b"authorization": value.encode("latin-1")})
        check_answer(response)
        assert response.status_code == 401
    rebound = await http.get("/v2/me", headers={"host": "evil.example"})
    assert (rebound.status_code, "this machine only" in rebound.json()["message"]) == (403, True)
    form = await http.post("/v2/runs", content=b"{}", headers={"content-type": "text/plain"})
    assert (form.status_code, "application/json" in form.json()["message"]) == (400, True)
    assert (await http.get("/v2/nowhere")).json() == {"message": "Not Found"}
    assert (await http.delete("/v2/me")).status_code == 405


async def test_the_facade_sends_only_what_the_contract_has(emulator: Emulator) -> None:
    checked: list[str] = []

    async def check(request: httpx.Request) -> None:
        check_request(request)
        checked.append(operation_of(request.method, request.url.path)["operationId"])

    async with (
        httpx.AsyncClient(event_hooks={"request": [check]}) as backend,
        AsyncDeepnote(emulator.token, emulator.url, http_client=backend) as client,
    ):
        notebook_id = emulator.notebook_id("score.deepnote")
        await client.me.get()
        await client.notebooks.get(notebook_id)
        await client.runs.run(notebook_id, inputs={"n": 1, "region": "EU"}, storage_mode="readonly", timeout=60)
        await client.runs.run(notebook_id, detached=False, block_ids=["d1e0a7c4b2f94c6f8a3b5e7d9c1f0a02"], timeout=60)
    assert set(checked) == {"getMe", "getNotebook", "createRun", "getRun"}
