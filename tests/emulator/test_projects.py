"""Projects and notebooks that are made, changed and deleted over HTTP, rule by rule."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.emulator.support import UNKNOWN, Api, api_of, raw_json, text_of


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with api_of(tmp_path) as api:
        yield api


async def test_a_project_comes_with_one_empty_notebook_and_names_may_repeat(api: Api) -> None:
    first, second = await api.project("Same"), await api.project("Same")
    assert first["id"] != second["id"]
    assert [notebook["name"] for notebook in first["notebooks"]] == ["Notebook 1"]
    detail = (await api(200, "GET", f"/v2/notebooks/{first['notebooks'][0]['id']}"))["notebook"]
    assert (detail["blocks"], detail["projectId"]) == ([], first["id"])
    listed = (await api(200, "GET", "/v2/projects?nameContains=same"))["projects"]
    assert [project["id"] for project in listed] == [first["id"], second["id"]]
    assert (await api(200, "GET", f"/v2/projects/{first['id']}"))["project"]["files"] == []


async def test_a_deleted_project_is_gone_with_its_notebooks(api: Api) -> None:
    project = await api.project()
    before = (await api(201, "POST", "/v2/notebooks", json={"projectId": project["id"]}))["notebook"]["id"]
    await api(204, "DELETE", f"/v2/notebooks/{before}")
    await api(404, "GET", f"/v2/notebooks/{before}")
    await api(204, "DELETE", f"/v2/projects/{project['id']}")
    await api(404, "GET", f"/v2/notebooks/{before}")
    await api(404, "DELETE", f"/v2/projects/{project['id']}")
    await api(404, "GET", f"/v2/projects/{project['id']}")
    await api(404, "GET", f"/v2/notebooks/{project['notebooks'][0]['id']}")
    assert (await api(200, "GET", "/v2/projects"))["projects"] == []


async def test_notebook_names_are_unique_in_a_project_with_regard_to_case(api: Api) -> None:
    project = await api.project()
    post = {"projectId": project["id"]}
    assert (await api(201, "POST", "/v2/notebooks", json=post))["notebook"]["name"] == "Notebook 2"
    made = (await api(201, "POST", "/v2/notebooks", json=post | {"name": "notebook 1"}))["notebook"]
    await api(409, "POST", "/v2/notebooks", json=post | {"name": "Notebook 1"})
    await api(409, "PATCH", f"/v2/notebooks/{made['id']}", json={"name": "Notebook 2"})
    renamed = (await api(200, "PATCH", f"/v2/notebooks/{made['id']}", json={"name": "New"}))["notebook"]
    assert (renamed["id"], renamed["name"]) == (made["id"], "New")
    await api(200, "PATCH", f"/v2/notebooks/{made['id']}", json={"name": "New"})
    await api(404, "POST", "/v2/notebooks", json={"projectId": UNKNOWN})


@pytest.mark.parametrize("kind", ["notebook", "agent"])
async def test_a_closed_project_takes_no_further_notebook(api: Api, kind: str) -> None:
    project = await api.project(projectType=kind)
    assert project["projectType"] == kind
    await api(409, "POST", "/v2/notebooks", json={"projectId": project["id"]})


async def test_a_project_keeps_its_last_notebook(api: Api) -> None:
    project = await api.project()
    first = project["notebooks"][0]["id"]
    await api(409, "DELETE", f"/v2/notebooks/{first}")
    await api(201, "POST", "/v2/notebooks", json={"projectId": project["id"]})
    await api(204, "DELETE", f"/v2/notebooks/{first}")
    await api(404, "DELETE", f"/v2/notebooks/{first}")


async def test_a_notebook_named_init_runs_first(api: Api) -> None:
    main = await api.notebook("print(base + 2)")
    project_id = (await api(200, "GET", f"/v2/notebooks/{main}"))["notebook"]["projectId"]
    init = (await api(201, "POST", "/v2/notebooks", json={"projectId": project_id, "name": "Init"}))["notebook"]
    assert init["isInit"]
    await api.block(init["id"], "base = 40")
    assert text_of(await api.run(main)) == "42\n"


async def test_blocks_that_are_created_changed_and_deleted_count_in_the_next_run(api: Api) -> None:
    notebook_id = await api.notebook("print('b')")
    body = {"notebookId": notebook_id, "type": "code", "content": "print('a')", "position": 0}
    made = await api(201, "POST", "/v2/blocks", json=body | {"includeNotebookBlockIds": True, "metadata": {"k": 1}})
    first, order = made["block"], made["notebookBlockIds"]
    assert (order[0], len(order), first["metadata"]) == (first["id"], 2, {"k": 1})
    assert text_of(await api.run(notebook_id)) == "a\nb\n"
    changed = (await api(200, "PATCH", f"/v2/blocks/{first['id']}", json={"content": "print('c')"}))["block"]
    assert changed == {"id": first["id"], "version": 2}
    assert (await api(200, "GET", f"/v2/blocks/{first['id']}"))["block"]["content"] == "print('c')"
    await api(204, "DELETE", f"/v2/blocks/{order[1]}")
    await api(404, "DELETE", f"/v2/blocks/{order[1]}")
    await api(404, "GET", f"/v2/blocks/{order[1]}")
    assert text_of(await api.run(notebook_id)) == "c\n"


async def test_a_run_keeps_the_notebook_it_was_started_with(api: Api) -> None:
    notebook_id = await api.notebook("print('before')")
    block_id = (await api(200, "GET", f"/v2/notebooks/{notebook_id}"))["notebook"]["blocks"][0]["id"]
    started = await api(202, "POST", "/v2/runs", json={"notebookId": notebook_id})
    await api(200, "PATCH", f"/v2/blocks/{block_id}", json={"content": "print('after')"})
    assert text_of(await api.ended(started["runId"])) == "before\n"


@pytest.mark.parametrize(
    ("group", "placement", "order"),
    [
        ("DB", {"type": "start"}, "DBAC"),
        ("A", {"type": "end"}, "BCDA"),
        ("AB", {"type": "after", "blockId": "C"}, "CABD"),
        ("AB", {"type": "after", "blockId": "B"}, None),
        ("A", {"type": "after", "blockId": "?"}, None),
        ("A", {"type": "after"}, None),
        ("A", {"type": "before"}, None),
        ("A", {}, None),
        ("A?", {"type": "end"}, None),
        ("AA", {"type": "end"}, None),
        ("", {"type": "end"}, None),
    ],
)
async def test_reordering(api: Api, group: str, placement: dict[str, str], order: str | None) -> None:
    notebook_id = await api.notebook()
    ids = {name: await api.block(notebook_id, name) for name in "ABCD"}
    placement = {key: ids.get(value, value) for key, value in placement.items()}
    body = {"blockIds": [ids.get(name, name) for name in group], "placement": placement}
    answer = await api(200 if order else 400, "POST", f"/v2/notebooks/{notebook_id}/reorder-blocks", json=body)
    blocks = (await api(200, "GET", f"/v2/notebooks/{notebook_id}"))["notebook"]["blocks"]
    assert "".join(block["content"] for block in blocks) == (order or "ABCD")
    assert not order or answer["blockIds"] == [block["id"] for block in blocks]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"cron": "0 9 * * 1-5", "timezone": "Europe/Prague"}, 200),
        ({"cron": "*/5 0-6,22 1 JAN mon"}, 200),
        ({"cron": "0 9 * *"}, 400),
        ({"cron": "60 9 * * *"}, 400),
        ({"cron": "0 9 * * * *"}, 400),
        ({"cron": "a b c d e"}, 400),
        ({"cron": "0 9 * * *", "timezone": "Mars/Olympus"}, 400),
        ({"cron": "0 9 * * *", "timezone": "../../etc/passwd"}, 400),
        ({"cron": "0 9 * * *", "timezone": ""}, 400),
    ],
)
async def test_schedules(api: Api, body: dict[str, str], status: int) -> None:
    project = await api.project()
    path = f"/v2/notebooks/{project['notebooks'][0]['id']}/schedule"
    answer = await api(status, "POST", path, json=body)
    if status == 200:
        assert (answer["schedule"]["nextRunAt"], answer["schedule"]["cron"]) == (None, body["cron"])
        assert (await api(200, "POST", path, json=body))["schedule"]["updatedAt"]
    rows = (await api(200, "GET", f"/v2/projects/{project['id']}"))["project"]["notebooks"]
    assert rows[0]["isScheduled"] == (status == 200)


async def test_a_project_has_one_scheduled_notebook(api: Api) -> None:
    project = await api.project()
    other = (await api(201, "POST", "/v2/notebooks", json={"projectId": project["id"]}))["notebook"]["id"]
    for notebook_id in (project["notebooks"][0]["id"], other):
        await api(200, "POST", f"/v2/notebooks/{notebook_id}/schedule", json={"cron": "0 0 * * *"})
    rows = (await api(200, "GET", f"/v2/projects/{project['id']}"))["project"]["notebooks"]
    assert [row["isScheduled"] for row in rows] == [False, True]


SQL = {"notebookId": "N", "type": "sql"}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/v2/projects", {"name": ""}, 400),
        ("POST", "/v2/projects", {"name": "x", "surprise": 1}, 400),
        ("POST", "/v2/projects", {"name": "x", "folderId": UNKNOWN}, 404),
        ("POST", "/v2/projects", {"name": "x", "folderId": "root"}, 400),
        ("POST", "/v2/projects", {"name": "x", "projectType": "other"}, 400),
        ("POST", "/v2/projects", {"name": ["x"]}, 400),
        ("POST", "/v2/notebooks", {"projectId": "x"}, 400),
        ("POST", "/v2/notebooks", {}, 400),
        ("PATCH", "/v2/notebooks/N", {"name": ""}, 400),
        ("PATCH", "/v2/notebooks/nope", {"name": "x"}, 404),
        ("POST", "/v2/blocks", {"notebookId": "nope", "type": "code"}, 404),
        ("POST", "/v2/blocks", {"notebookId": "N"}, 400),
        ("POST", "/v2/blocks", SQL | {"metadata": {"sql_integration_id": "x"}}, 400),
        ("POST", "/v2/blocks", SQL | {"integrationId": "x"}, 400),
        ("POST", "/v2/blocks", SQL | {"integrationId": UNKNOWN}, 201),
        ("POST", "/v2/blocks", SQL | {"position": -1}, 400),
        ("POST", "/v2/blocks", SQL | {"position": True}, 400),
        ("POST", "/v2/blocks", SQL | {"position": 10**30}, 201),
        ("POST", "/v2/blocks", {"notebookId": "N", "type": "code", "integrationId": UNKNOWN}, 400),
        ("PATCH", "/v2/blocks/B", {}, 400),
        ("PATCH", "/v2/blocks/B", {"type": "sql"}, 400),
        ("PATCH", "/v2/blocks/B", {"integrationId": UNKNOWN}, 400),
        ("PATCH", "/v2/blocks/nope", {"content": ""}, 404),
        ("GET", "/v2/projects/{x}", None, 400),
        ("GET", "/v2/projects/00000000000040008000000000000000", None, 400),
        ("GET", f"/v2/projects/{UNKNOWN}/export?x=1", None, 400),
    ],
)
async def test_what_is_taken_and_refused(api: Api, method: str, path: str, body: Any, status: int) -> None:
    notebook_id = await api.notebook()
    block_id = await api.block(notebook_id, "1")
    path = path.replace("/N", f"/{notebook_id}").replace("/B", f"/{block_id}")
    if body and body.get("notebookId") == "N":
        body = body | {"notebookId": notebook_id}
    await api(status, method, path, **({} if body is None else {"json": body}))


@pytest.mark.parametrize(
    "body",
    [
        '{"name": "\\u0000"}',
        '{"name": "\\ud800"}',
        '{"\\ud800": 1}',
        '{"name": NaN}',
        '{"name": 1e999}',
        '{"name": 1' + "0" * 5000 + "}",
        '{"name": "x", "folderId": ' + "[" * 500 + "]" * 500 + "}",
        '{"name": "x", "folderId": "' + "a" * 100_000 + '"}',
        b"\xff\xfe{}",
        b'{"name": "\xff"}',
    ],
)
async def test_odd_bodies_are_refused(api: Api, body: str | bytes) -> None:
    await api(400, "POST", "/v2/projects", **raw_json(body))


async def test_odd_metadata_is_told_by_the_contract(api: Api) -> None:
    notebook_id = await api.notebook()
    metadata = {
        "deepnote_variable_name": 5, "deepnote_variable_value": {"a": [1]}, "deepnote_slider_min_value": "x",
        "deepnote_variable_options": 3, "deepnote_input_label": [1],
    }  # fmt: skip
    for kind in ("input-slider", "input-select", "input-date-range", "input-?"):
        await api.block(notebook_id, "", type=kind, metadata=metadata)
    assert len((await api(200, "GET", f"/v2/notebooks/{notebook_id}"))["notebook"]["inputs"]) == 4


async def test_the_first_version_of_the_api_starts_one_run_at_a_time(api: Api) -> None:
    notebook_id = await api.notebook("1")
    project_id = (await api(200, "GET", f"/v2/notebooks/{notebook_id}"))["notebook"]["projectId"]
    path = f"/v1/projects/{project_id}/notebooks/{notebook_id}/execute"
    assert await api(202, "POST", path) == b""
    assert await api(202, "POST", path) == b""
    rows = (await api(200, "GET", f"/v2/notebooks/{notebook_id}/runs"))["runs"]
    assert len(rows) == 1
    await api.ended(rows[0]["runId"])
    await api(202, "POST", path)
    assert len((await api(200, "GET", f"/v2/notebooks/{notebook_id}/runs"))["runs"]) == 2
    await api(404, "POST", path.replace(project_id, UNKNOWN))
    await api(404, "POST", path.replace(notebook_id, "nope"))
