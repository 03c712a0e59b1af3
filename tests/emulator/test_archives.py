"""Export and import of projects, and the archives that must not get in."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from deepnote_emulator.documents import archive as archives
from tests.emulator.support import UNKNOWN, Api, api_of, text_of


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with api_of(tmp_path) as api:
        yield api


def pack(entries: dict[str, str | bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return packed.getvalue()


def document(*notebooks: tuple[str, str], **more: Any) -> str:
    described = [
        {"id": name_id, "name": name, "blocks": [{"id": f"{name_id}-b", "type": "code", "content": "print(7)"}]}
        for name_id, name in notebooks
    ]
    return yaml.safe_dump({"version": "1.0.0", "project": {"id": "p", "name": "P", "notebooks": described} | more})


def unpack(packed: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return {name: yaml.safe_load(archive.read(name)) for name in archive.namelist()}


async def bring(api: Api, project_id: str, content: bytes, status: int = 200, **query: str) -> Any:
    headers = {"content-type": "application/zip"}
    path = f"/v2/projects/{project_id}/import"
    return await api(status, "POST", path, content=content, headers=headers, params=query)


async def names_of(api: Api, project_id: str) -> list[str]:
    project = (await api(200, "GET", f"/v2/projects/{project_id}"))["project"]
    return [notebook["name"] for notebook in project["notebooks"]]


async def test_an_export_holds_a_document_for_each_notebook_without_outputs(api: Api) -> None:
    notebook_id = await api.notebook("print(1)")
    project_id = (await api(200, "GET", f"/v2/notebooks/{notebook_id}"))["notebook"]["projectId"]
    await api(201, "POST", "/v2/notebooks", json={"projectId": project_id, "name": "../a: b"})
    await api(201, "POST", "/v2/notebooks", json={"projectId": project_id, "name": "A b"})
    await api.run(notebook_id)
    packed = await api(200, "GET", f"/v2/projects/{project_id}/export")
    assert packed == await api(200, "GET", f"/v2/projects/{project_id}/export")
    documents = unpack(packed)
    assert sorted(documents) == ["A-b-2.deepnote", "Notebook-1.deepnote", "a-b.deepnote"]
    (notebook,) = documents["Notebook-1.deepnote"]["project"]["notebooks"]
    assert (notebook["id"], notebook["blocks"][0]["content"]) == (notebook_id, "print(1)")
    assert "outputs" not in notebook["blocks"][0]
    await api(404, "GET", f"/v2/projects/{UNKNOWN}/export")


async def test_an_import_creates_overwrites_deletes_and_restores(api: Api) -> None:
    project = await api.project()
    first, project_id = project["notebooks"][0]["id"], project["id"]
    content = pack({"x.deepnote": document((first, "Kept"), ("new", "New")), "__MACOSX/x.deepnote": "?", "r.md": "?"})
    done = await bring(api, project_id, content)
    assert {row["name"]: row["action"] for row in done["notebooks"]} == {"Kept": "overwritten", "New": "created"}
    assert text_of(await api.run("new")) == "7\n"
    only = pack({"x.deepnote": document((first, "Kept"))})
    done = await bring(api, project_id, only, deleteMissingNotebooks="true")
    assert [row["action"] for row in done["notebooks"]] == ["overwritten", "deleted"]
    assert await names_of(api, project_id) == ["Kept"]
    done = await bring(api, project_id, content)
    assert [row["action"] for row in done["notebooks"]] == ["overwritten", "restored"]
    other = (await api.project())["id"]
    done = await bring(api, other, content)
    assert {row["id"] for row in done["notebooks"]}.isdisjoint({first, "new"})
    assert await names_of(api, other) == ["Notebook 1", "Kept", "New"]


async def test_an_export_can_be_imported_again_with_the_same_hash(api: Api) -> None:
    project_id = (await api.project())["id"]
    first = await bring(api, project_id, await api(200, "GET", f"/v2/projects/{project_id}/export"))
    again = await bring(api, project_id, await api(200, "GET", f"/v2/projects/{project_id}/export"))
    assert first["project"]["contentHash"] == again["project"]["contentHash"]


async def test_lost_updates_are_refused_unless_forced(api: Api) -> None:
    project_id = (await api.project())["id"]
    content = pack({"x.deepnote": document(("new", "New"))})
    base = (await bring(api, project_id, content))["project"]
    guards = {"baseModifiedAt": base["modifiedAt"], "baseContentHash": base["contentHash"]}
    again = await bring(api, project_id, content, **guards)
    await bring(api, project_id, content, 409, baseModifiedAt="2020-01-01T00:00:00Z")
    await bring(api, project_id, content, 409, baseContentHash="sha256:0")
    await bring(api, project_id, content, baseContentHash=again["project"]["contentHash"])
    await bring(api, project_id, content, baseContentHash="sha256:0", force="true")
    await bring(api, project_id, content, 400, baseModifiedAt="yesterday")
    await bring(api, project_id, content, 400, baseModifiedAt="2020-01-01T00:00:00")
    await bring(api, project_id, content, 400, force="yes")


BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nproject: {id: p, name: p, notebooks: [*b]}"
TWICE = "project: {id: p, name: p, notebooks: [{id: n, name: N, blocks: [{id: b, type: code}, {id: b, type: code}]}]}"
DEEP = "project: {id: p, name: p, notebooks: [{id: n, name: N, deep: " + "[" * 5000 + "]" * 5000 + "}]}"


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"not a zip", 400),
        (pack({"x.deepnote": document(("n", "N"))})[:-30], 400),
        (pack({}), 422),
        (pack({"readme.md": "x", "x.snapshot.deepnote": "x"}), 422),
        (pack({"x.deepnote": "just text"}), 400),
        (pack({"x.deepnote": b"\xff"}), 400),
        (pack({"x.deepnote": BOMB}), 400),
        (pack({"x.deepnote": TWICE}), 400),
        (pack({"x.deepnote": DEEP}), 400),
        (pack({"x.deepnote": document(("n", 'N\0"'))}), 400),
        (pack({"x.deepnote": 'project: {id: p, name: p, notebooks: [{id: n, name: "\\ud800"}]}'}), 400),
        (pack({"x.deepnote": "project: {id: p, name: p, notebooks: [{id: n, name: N, x: .nan}]}"}), 400),
        (pack({"a.deepnote": document(("n", "N")), "b.deepnote": document(("n", "M"))}), 400),
        (pack({"a.deepnote": document(("n", "N")), "b.deepnote": "broken: ["}), 400),
        (pack({"../x.deepnote": document(("n", "N"))}), 400),
        (pack({"/x.deepnote": document(("n", "N"))}), 400),
        (pack({"..\\x.deepnote": document(("n", "N"))}), 400),
        (pack({"x.deepnote": document(("n", "Notebook 1"))}), 409),
        (pack({"x.deepnote": document(("n", "N"), ("m", "N"))}), 409),
        (pack({"x.deepnote": b"#" * (17 << 20)}), 413),
        (pack({f"{n}": "" for n in range(1001)}), 413),
    ],
)
async def test_a_refused_archive_changes_nothing(api: Api, content: bytes, status: int) -> None:
    project_id = (await api.project())["id"]
    await bring(api, project_id, content, status)
    assert await names_of(api, project_id) == ["Notebook 1"]
    assert archives.MAX_UNPACKED_BYTES == 16 << 20


async def test_a_closed_project_takes_no_second_notebook(api: Api) -> None:
    project_id = (await api.project(projectType="notebook"))["id"]
    await bring(api, project_id, pack({"x.deepnote": document(("n", "N"))}), 409)
    await bring(api, project_id, pack({"x.deepnote": document(("n", "N"))}), deleteMissingNotebooks="true")
    wrong_type = {"content": b"x", "headers": {"content-type": "text/plain"}}
    await api(400, "POST", f"/v2/projects/{project_id}/import", **wrong_type)
    await bring(api, UNKNOWN, b"x", 404)
