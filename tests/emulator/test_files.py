"""The files of projects over HTTP: up, down, across, away, and into a run."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from deepnote_emulator import files as file_store
from deepnote_emulator.server import files as server_files
from tests.emulator.support import UNKNOWN, Api, api_of, text_of


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with api_of(tmp_path) as api:
        yield api


async def upload(api: Api, project_id: str, path: str, content: bytes = b"x", status: int = 201) -> Any:
    options: dict[str, Any] = {"data": {"projectId": project_id, "path": path}, "files": {"file": ("f", content)}}
    answer = await api(status, "POST", "/v2/files", **options)
    return answer.get("file")


async def test_a_file_comes_back_as_it_went_in_and_a_run_reads_it(api: Api) -> None:
    notebook_id = await api.notebook("print(open('data/in.csv').read()); open('out.txt', 'w').write('kept?')")
    project_id = (await api(200, "GET", f"/v2/notebooks/{notebook_id}"))["notebook"]["projectId"]
    content = bytes(range(256)) * 1000
    file = await upload(api, project_id, "./data//b.bin", content)
    assert (file["path"], file["size"], file["projectId"]) == ("data/b.bin", len(content), project_id)
    await upload(api, project_id, "data/in.csv", b"1,2")
    query = {"projectId": project_id, "path": "data/b.bin"}
    response = await api.http.get("/v2/files/download", params=query)
    assert (response.status_code, response.content) == (200, content)
    assert "content-length" not in response.headers
    assert await api(200, "GET", "/v2/files/download", params=query) == content
    assert text_of(await api.run(notebook_id)) == "1,2\n"
    rows = (await api(200, "GET", f"/v2/projects/{project_id}"))["project"]["files"]
    assert [(row["path"], row["size"]) for row in rows] == [("data/b.bin", len(content)), ("data/in.csv", 3)]
    await api(204, "DELETE", "/v2/files", params=query)
    await api(404, "DELETE", "/v2/files", params=query)
    await api(404, "GET", "/v2/files/download", params=query)


async def test_an_upload_never_overwrites(api: Api) -> None:
    project_id = (await api.project())["id"]
    paths = [(await upload(api, project_id, "a/b.csv", text.encode()))["path"] for text in "123"]
    assert paths == ["a/b.csv", "a/b (2).csv", "a/b (3).csv"]
    assert (await upload(api, project_id, "a"))["path"] == "a (2)"
    await upload(api, project_id, "a/b.csv/c", status=409)
    first = await api(200, "GET", "/v2/files/download", params={"projectId": project_id, "path": "a/b.csv"})
    assert first == b"1"


@pytest.mark.parametrize(
    "path", ["../x", "a/../../x", "/etc/passwd", "C:\\x", "a\\..\\x", "\\x", ".", "a/", "a\nb", "x" * 300, "a/" * 600]
)
async def test_paths_that_lead_elsewhere_are_refused(api: Api, path: str) -> None:
    project_id = (await api.project())["id"]
    await upload(api, project_id, path, status=400)
    assert (await api(200, "GET", f"/v2/projects/{project_id}"))["project"]["files"] == []


async def test_copies_go_to_the_same_path_of_another_project(api: Api) -> None:
    source, target = (await api.project())["id"], (await api.project())["id"]
    await upload(api, source, "d/f", b"data")
    body = {"sourceProjectId": source, "targetProjectId": target, "sourceFilePath": "d/f"}
    assert (await api(200, "POST", "/v2/files/copy", json=body))["file"]["path"] == "d/f"
    await api(409, "POST", "/v2/files/copy", json=body)
    await api(204, "DELETE", "/v2/files", params={"projectId": source, "path": "d/f"})
    copied = await api(200, "GET", "/v2/files/download", params={"projectId": target, "path": "d/f"})
    assert copied == b"data"
    await api(404, "POST", "/v2/files/copy", json=body)
    await api(404, "POST", "/v2/files/copy", json=body | {"targetProjectId": UNKNOWN})
    await api(400, "POST", "/v2/files/copy", json=body | {"sourceFilePath": "../f"})


def form(*parts: tuple[str, str]) -> dict[str, Any]:
    lines = [f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in parts]
    return {
        "content": ("".join(lines) + "--B--\r\n").encode(),
        "headers": {"content-type": "multipart/form-data; boundary=B"},
    }


async def test_the_parts_may_come_in_any_order_but_not_twice(api: Api) -> None:
    project_id = (await api.project())["id"]
    parts = [("file", "data"), ("path", "p"), ("projectId", project_id)]
    assert (await api(201, "POST", "/v2/files", **form(*parts)))["file"]["size"] == 4
    for wrong in (parts[:2], parts[1:], [*parts, ("path", "q")], [*parts, ("mode", "x")], []):
        await api(400, "POST", "/v2/files", **form(*wrong))
    await api(400, "POST", "/v2/files", **form(("file", "x"), ("path", "p"), ("projectId", "no-uuid")))
    await api(404, "POST", "/v2/files", **form(("file", "x"), ("path", "p"), ("projectId", UNKNOWN)))
    await api(400, "POST", "/v2/files", **form(("path", "p" * 10_000)))
    await api(400, "POST", "/v2/files", json={})
    broken = form(*parts) | {"content": b"no boundary here"}
    await api(400, "POST", "/v2/files", **broken)
    broken = form(*parts, ("bad\rname", "x"))
    await api(400, "POST", "/v2/files", **broken)
    broken = form(*parts) | {"headers": {"content-type": "multipart/form-data"}}
    await api(400, "POST", "/v2/files", **broken)
    assert len((await api(200, "GET", f"/v2/projects/{project_id}"))["project"]["files"]) == 1


async def test_the_limit_and_what_a_refused_upload_leaves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_files, "MAX_FILE_BYTES", 3 << 20)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "notebooks").mkdir()
    async with api_of(tmp_path / "notebooks") as api:
        project_id = (await api.project())["id"]
        await upload(api, project_id, "p", bytes(3 << 20))
        await upload(api, project_id, "q", bytes((3 << 20) + 1), status=413)
        await upload(api, project_id, "../q", status=400)
        stored = [path for path in tmp_path.glob("deepnote-emulator-files-*/*") if path.is_file()]
        assert [path.stat().st_size for path in stored] == [3 << 20]
    assert list(tmp_path.glob("deepnote-emulator-files-*")) == []
    assert file_store.MAX_FILE_BYTES == 100 << 20


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 400),
        ({"projectId": "P"}, 400),
        ({"projectId": "P", "path": ""}, 400),
        ({"projectId": "x", "path": "f"}, 400),
        ({"projectId": UNKNOWN, "path": "f"}, 404),
        ({"projectId": "P", "path": "f"}, 404),
        ({"projectId": "P", "path": "\0"}, 404),
        ({"projectId": "P", "path": "../f"}, 400),
        ({"projectId": "P", "path": "f", "x": "1"}, 400),
    ],
)
async def test_queries(api: Api, query: dict[str, str], status: int) -> None:
    project_id = (await api.project())["id"]
    query = {name: project_id if value == "P" else value for name, value in query.items()}
    await api(status, "GET", "/v2/files/download", params=query)
    await api(status, "DELETE", "/v2/files", params=query)
