"""The reference's rulings on contradictions: the contract takes one reading, the client bears the other."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from deepnote_async import APIError, AsyncDeepnote, BadRequestError, DecodeError, NotFoundError
from deepnote_async.transport.experimental import INFERRED, hint
from deepnote_async_api.api.projects import update_project
from deepnote_async_api.models import UpdateProjectBody
from tests.resources.calls import BLOCK, NOTEBOOK, PAGE, PROJECT, UUID, collect
from tests.support.contract import DATALORE, DEEPNOTE, document, operations
from tests.support.service import RUN_ID, body_of, client_of, run_json, started_json

OPERATIONS = {operation["operationId"]: operation for _, _, operation in operations()}
SCHEMAS = document()["components"]["schemas"]


def success(operation: str) -> str:
    return next(str(status) for status in OPERATIONS[operation]["responses"] if status.startswith("2"))


async def read(answer: Any, make: Any, status: int = 200) -> Any:
    response = httpx.Response(status, json=answer) if answer is not None else httpx.Response(status)
    async with client_of(lambda _: response) as client:
        return await make(client)


@pytest.mark.parametrize(("ruling", "operation", "status"), [
    (1, "createNotebook", "201"), (2, "createProject", "201"), (4, "executeNotebookV1", "202"), (6, "createRun", "202"),
    (26, "deleteNotebook", "204"), (26, "deleteProject", "204"),
])  # fmt: skip
def test_the_contract_takes_one_status(ruling: int, operation: str, status: str) -> None:
    assert success(operation) == status, ruling


@pytest.mark.parametrize("status", [200, 201, 202])
async def test_1_2_26_any_success_is_one(status: int) -> None:
    assert (await read({"notebook": NOTEBOOK}, lambda c: c.notebooks.create(UUID), status)).id == "nb"
    assert (await read({"project": PROJECT}, lambda c: c.projects.create("P"), status)).id == UUID
    await read({}, lambda c: c.notebooks.delete("nb"), status)


async def test_2_3_20_bare_objects_are_taken() -> None:
    assert (await read(PROJECT, lambda c: c.projects.create("P"))).name == "P"
    assert (await read(PROJECT, lambda c: c.projects.get(UUID))).name == "P"
    bare = await read({"id": "nb", "name": "N"}, lambda c: c.notebooks.get("nb"))
    assert (bare.name, bare.blocks, bare.inputs) == ("N", (), ())
    assert (await read(BLOCK, lambda c: c.blocks.get("b"))).type == "code"


@pytest.mark.parametrize(("status", "body"), [(200, None), (202, None), (202, {"anything": 1})])
async def test_4_the_legacy_call_ignores_the_body(status: int, body: Any) -> None:
    assert await read(body, lambda c: c.legacy.execute(UUID, "nb"), status) is None


async def test_5_completed_at_or_finished_at() -> None:
    run = run_json()["run"]
    run["finishedAt"] = run.pop("completedAt")
    assert (await read({"run": run}, lambda c: c.runs.get(RUN_ID))).completed_at is not None


@pytest.mark.parametrize("answer", [
    started_json(), {"run": started_json()}, {"run": {"id": RUN_ID, "status": "pending"}},
    {"id": RUN_ID, "status": "x"},
])  # fmt: skip
async def test_6_a_start_flat_or_wrapped(answer: Any) -> None:
    assert (await read(answer, lambda c: c.runs.create("nb"), 202)).id == RUN_ID


def test_7_8_22_23_the_union_of_documented_statuses() -> None:
    assert set(OPERATIONS["createRun"]["responses"]) >= {"400", "401", "403", "404", "429", "500"}
    assert set(OPERATIONS["getRun"]["responses"]) >= {"400", "401", "403", "404", "409", "429", "500"}
    assert {"401", "404"} <= set(OPERATIONS["getMe"]["responses"])
    assert all("429" in OPERATIONS[name]["responses"] for name in ("createSession", "executeSessionCode"))


async def test_9_10_detached_is_always_sent_and_block_ids_need_a_live_run() -> None:
    sent: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(body_of(request))
        return httpx.Response(202, json=started_json())

    async with client_of(answer) as client:
        await client.runs.create("nb")
        await client.runs.create("nb", detached=False, block_ids=["b"])
        with pytest.raises(ValueError, match="detached=False"):
            await client.runs.create("nb", block_ids=["b"])
    assert [body["detached"] for body in sent] == [True, False]
    blocks = SCHEMAS["CreateRunBody"]["properties"]["blockIds"]
    assert (blocks["minItems"], blocks["uniqueItems"]) == (1, True)


def test_11_blocks_is_a_delivery_and_the_list_may_grow() -> None:
    from deepnote_async_api.models import SnapshotDelivery

    assert {"inline", "downloadUrl", "blocks"} == set(SCHEMAS["SnapshotDelivery"]["enum"])
    assert SnapshotDelivery("hologram") == "hologram"


async def test_12_the_snapshot_flat_or_nested() -> None:
    content = '{"project": {"notebooks": [{"id": "nb", "blocks": []}]}}'
    shapes: tuple[dict[str, Any], ...] = ({"snapshotContent": content}, {"snapshot": {"snapshotContent": content}})
    for fields in shapes:
        body = run_json(snapshotStatus="available", **fields)
        result = await read(body, lambda c: c.runs.handle(RUN_ID).result())
        assert result.snapshot is not None


@pytest.mark.parametrize(("pagination", "pages"), [
    ({"nextPageToken": None}, 1), ({"nextPageToken": ""}, 1), ({}, 1), ({"hasMore": False, "nextPageToken": "t"}, 1),
    ({"nextPageToken": "t"}, 2), ({"hasMore": True, "nextPageToken": "t"}, 2),
])  # fmt: skip
async def test_13_the_last_page_shows_by_token_or_by_has_more(pagination: Any, pages: int) -> None:
    requests = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal requests
        requests += 1
        is_first = "pageToken" not in request.url.params
        return httpx.Response(200, json={"projects": [], "pagination": pagination if is_first else PAGE})

    async with client_of(answer) as client:
        await collect(client.projects.list())
    assert requests == pages


@pytest.mark.parametrize("make", [lambda c: collect(c.projects.list()), lambda c: collect(c.notebooks.runs("nb"))])
async def test_14_a_missing_pagination_is_an_error_and_not_the_last_page(make: Any) -> None:
    with pytest.raises(DecodeError) as caught:
        await read({"projects": [], "runs": []}, make)
    assert caught.value.pointer == "/pagination"


async def test_15_ids_are_not_judged_here() -> None:
    project = await read({"project": PROJECT | {"id": "NOT-A-UUID"}}, lambda c: c.projects.get("not a uuid either"))
    assert project.id == "NOT-A-UUID"
    assert SCHEMAS["CreateNotebookBody"]["properties"]["projectId"]["format"] == "uuid"
    assert "format" not in SCHEMAS["CreateRunBody"]["properties"]["notebookId"]


@pytest.mark.parametrize("kind", ["standard", "notebook", "agent", "something-new", None])
async def test_16_project_types_are_open(kind: str | None) -> None:
    project = PROJECT | ({"projectType": kind} if kind else {})
    if kind is None:
        project = {name: value for name, value in project.items() if name != "projectType"}
    assert (await read({"project": project}, lambda c: c.projects.get(UUID))).project_type == kind


async def test_17_folder_or_folder_id() -> None:
    get = lambda c: c.projects.get(UUID)  # noqa: E731
    inside = await read({"project": PROJECT | {"folder": {"id": UUID, "name": "F", "path": []}}}, get)
    assert (inside.folder.name, inside.folder_id) == ("F", UUID)
    assert (await read({"project": PROJECT | {"folderId": UUID}}, get)).folder_id == UUID
    assert (await read({"project": PROJECT | {"folder": None}}, get)).folder is None


def test_18_a_suspended_project_as_each_operation_documents_it() -> None:
    assert "409" not in OPERATIONS["getNotebook"]["responses"]
    assert "409" in OPERATIONS["deleteNotebook"]["responses"]


async def test_19_a_missing_notebook_at_a_start_is_a_400_and_a_404_is_told_too() -> None:
    for status, kind in ((400, BadRequestError), (404, NotFoundError)):
        with pytest.raises(kind):
            await read({"message": "Notebook not found"}, lambda c: c.runs.create("nb"), status)


@pytest.mark.parametrize("key", ["message", "error", "detail"])
async def test_21_the_error_under_any_of_its_keys(key: str) -> None:
    with pytest.raises(APIError) as caught:
        await read({key: "the reason"}, lambda c: c.me.get(), 400)
    assert caught.value.message == "the reason"


async def test_24_one_bearer_whatever_the_key() -> None:
    assert all(operation["security"] == [{"bearer": []}] for operation in OPERATIONS.values())


async def test_25_numbers_go_as_text() -> None:
    kinds = {schema.get("type") for schema in SCHEMAS["RunInputs"]["additionalProperties"]["oneOf"]}
    assert kinds == {"string", "boolean", "array"}
    sent: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(body_of(request)["inputs"])
        return httpx.Response(202, json=started_json())

    async with client_of(answer) as client:
        await client.runs.create("nb", inputs={"n": 5, "x": 0.25}, check_inputs=False)
    assert sent == [{"n": "5", "x": "0.25"}]


def test_27_a_follow_up_run_takes_block_ids() -> None:
    assert set(SCHEMAS["CreateSessionRunBody"]["required"]) == {"notebookId", "blockIds"}
    assert OPERATIONS["createSessionRun"]["x-evidence"]["level"] == "inferred"


@pytest.mark.parametrize("file", [{"path": "p"}, {"path": "p", "size": 3.0}, {"path": "p", "projectId": UUID}])
async def test_28_only_the_path_of_an_upload_counts(file: Any) -> None:
    assert (await read({"file": file}, lambda c: c.files.upload(UUID, b"x", "p"), 201)).path == "p"
    assert SCHEMAS["FileReference"]["required"] == ["path"]


@pytest.mark.parametrize(
    ("error", "said"), [(None, None), ("text", "text"), ({"message": "m"}, "m"), ({"a": 1}, "{'a': 1}")]
)
async def test_29_the_error_of_a_run_as_text_or_object(error: Any, said: str | None) -> None:
    assert (await read(run_json("error", error=error), lambda c: c.runs.get(RUN_ID))).error == said


async def test_30_the_legacy_call_warns_about_stopped_machines() -> None:
    assert "stopped machine" in (AsyncDeepnote("tok").legacy.execute.__doc__ or "")


@pytest.mark.parametrize("make", [
    lambda c: c.sessions.attach(UUID, "nb").stop(),
    lambda c: c.sessions.attach(UUID, "nb").run(["b"]),
    lambda c: update_project.asyncio(UUID, client=c.generated, body=UpdateProjectBody(environment_id="e")),
])  # fmt: skip
@pytest.mark.parametrize("status", [404, 405])
async def test_inferred_operations_say_that_they_are_experimental(make: Any, status: int) -> None:
    with pytest.raises(APIError, match="is experimental, and this service may not have it"):
        await read({"message": "Not found"}, make, status)


def test_the_table_of_experimental_operations_is_the_contracts() -> None:
    inferred = [
        (method, path)
        for contract in (DEEPNOTE, DATALORE)
        for method, path, operation in contract.operations()
        if operation["x-evidence"]["level"] == "inferred"
    ]
    assert all(hint(method, path, 404) for method, path in inferred)
    assert len(inferred) == len(INFERRED)
    assert not any(hint(method, path, 400) for method, path in inferred)
    others = [row[:2] for row in operations() if row[2]["x-evidence"]["level"] != "inferred"]
    assert not any(hint(method, path, 404) for method, path in others)
