"""Files and archives on their way: in pieces, told of, whole or not at all. Against the emulator and a raw server."""

from __future__ import annotations

import asyncio
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import psutil
import pytest

from deepnote_async import (
    APIError,
    AsyncDeepnote,
    ConflictError,
    ConnectionLostError,
    DeadlineExceededError,
    NotFoundError,
    Project,
)
from deepnote_emulator import Emulator
from tests.support.contract import check_request
from tests.support.raw_server import Connection, raw_server
from tests.support.service import client_of

UUID = "00000000-0000-4000-8000-00000000000a"


@pytest.fixture
async def project(client: AsyncDeepnote) -> AsyncIterator[Project]:
    made = await client.projects.create("Transfers")
    yield made
    await client.projects.delete(made.id)


async def test_a_file_there_and_back(client: AsyncDeepnote, project: Project, tmp_path: Path) -> None:
    content = bytes(range(256)) * 5000
    (tmp_path / "in.bin").write_bytes(content)
    sent: list[tuple[int, int | None]] = []
    got: list[tuple[int, int | None]] = []
    uploaded = await client.files.upload(
        project.id, tmp_path / "in.bin", "data/in.bin", progress=lambda done, total: sent.append((done, total))
    )
    assert (uploaded.path, uploaded.size) == ("data/in.bin", len(content))
    path = await client.files.download(
        project.id, "data/in.bin", tmp_path, name="out.bin", progress=lambda done, total: got.append((done, total))
    )
    assert path == tmp_path / "out.bin"
    assert path.read_bytes() == content
    assert sent[-1] == (len(content), len(content))
    assert got[-1][0] == len(content)
    assert [done for done, _ in got] == sorted(done for done, _ in got)
    listed = (await client.projects.get(project.id)).files
    assert [(file.path, file.size) for file in listed] == [("data/in.bin", len(content))]
    await client.files.delete(project.id, "data/in.bin")
    with pytest.raises(NotFoundError):
        await client.files.download(project.id, "data/in.bin", tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["in.bin", "out.bin"]


async def test_a_name_is_never_overwritten_on_either_side(
    client: AsyncDeepnote, project: Project, tmp_path: Path
) -> None:
    first = await client.files.upload(project.id, b"one", "a.txt")
    second = await client.files.upload(project.id, b"two", "a.txt")
    assert first.path == "a.txt"
    assert second.path != "a.txt"
    for file in (first, second):
        await client.files.download(project.id, file.path, tmp_path, name="a.txt")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.txt": b"one", "a (2).txt": b"two"}


async def test_copying_between_projects(client: AsyncDeepnote, project: Project, tmp_path: Path) -> None:
    other = await client.projects.create("Other")
    await client.files.upload(project.id, b"x", "a.txt")
    await client.files.copy(project.id, "a.txt", other.id)
    assert (await client.files.download(other.id, "a.txt", tmp_path)).read_bytes() == b"x"
    with pytest.raises(ConflictError):
        await client.files.copy(project.id, "a.txt", other.id)
    await client.projects.delete(other.id)


async def test_content_cannot_forge_fields(client: AsyncDeepnote, project: Project, tmp_path: Path) -> None:
    # What the fixed boundary of the generated code would let through.
    forged = b'x\r\n--+++\r\nContent-Disposition: form-data; name="path"\r\n\r\nevil.txt\r\n--+++--\r\n'
    uploaded = await client.files.upload(project.id, forged, "good.txt")
    assert uploaded.path == "good.txt"
    assert (await client.files.download(project.id, "good.txt", tmp_path)).read_bytes() == forged


async def test_a_project_there_and_back(client: AsyncDeepnote, project: Project, tmp_path: Path) -> None:
    notebook = await client.notebooks.create(project.id, "Work")
    await client.blocks.create(notebook.id, content="print(6 * 7)")
    archive = await client.projects.export(project.id, tmp_path)
    assert archive.name == f"{project.id}.zip"
    assert len(zipfile.ZipFile(archive).namelist()) == 2
    target = await client.projects.create("Target")
    told: list[int] = []
    for source in (archive, archive.read_bytes()):
        result = await client.projects.import_(
            target.id, source, delete_missing_notebooks=True, force=True, progress=lambda done, _: told.append(done)
        )
        assert result.project_id == target.id
        assert {made.name for made in result.notebooks} >= {"Work"}
    assert told[-1] == archive.stat().st_size
    with pytest.raises(ConflictError):
        await client.projects.import_(target.id, archive, base_content_hash="sha256:" + "0" * 64)
    work = next(row for row in (await client.projects.get(target.id)).notebooks if row.name == "Work")
    assert (await client.runs.run(work.id, timeout=60)).text == "42\n"
    await client.projects.delete(target.id)


def answer(body: bytes, *headers: str) -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", "content-type: application/octet-stream", *headers, "", ""]).encode() + body


@pytest.mark.parametrize("trouble", ["cut", "hang", "cancel"])
async def test_half_a_file_is_never_left(tmp_path: Path, trouble: str) -> None:
    begun = anyio.Event()

    async def half(connection: Connection) -> None:
        await connection.read_request()
        await connection.send(answer(b"x" * 300_000, "content-length: 1000000"))
        begun.set()
        if trouble != "cut":
            await asyncio.sleep(3600)

    kinds = {"cut": ConnectionLostError, "hang": DeadlineExceededError}
    async with raw_server(half) as server, AsyncDeepnote("tok", server.url) as client:
        if trouble == "cancel":
            task = asyncio.create_task(client.files.download(UUID, "a.bin", tmp_path))
            await begun.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        else:
            with pytest.raises(kinds[trouble]):
                await client.files.download(UUID, "a.bin", tmp_path, timeout=1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
async def test_a_big_file_takes_little_memory_both_ways(tmp_path: Path) -> None:
    size = 500 << 20
    (tmp_path / "big").touch()
    with (tmp_path / "big").open("r+b") as file:
        file.truncate(size)  # sparse: no disk, real bytes to send
    process = psutil.Process()
    peak = 0

    def watch(_done: int, _total: int | None) -> None:
        nonlocal peak
        peak = max(peak, process.memory_info().rss)

    async def sink_or_source(connection: Connection) -> None:
        while True:
            await serve(connection, await connection.reader.readuntil(b"\r\n\r\n"))

    async def serve(connection: Connection, head: bytes) -> None:
        if head.startswith(b"POST"):
            left = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            while left:
                left -= len(await connection.reader.read(min(left, 1 << 20)))
            body = b'{"file": {"path": "big"}}'
            await connection.send(b"HTTP/1.1 201 Created\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        else:
            await connection.send(answer(b"", f"content-length: {size}"))
            for _ in range(size >> 20):
                await connection.send(bytes(1 << 20))

    async with raw_server(sink_or_source) as server, AsyncDeepnote("tok", server.url) as client:
        before = process.memory_info().rss
        await client.files.upload(UUID, tmp_path / "big", progress=watch)
        path = await client.files.download(UUID, "big", tmp_path, name="back", progress=watch)
        assert path.stat().st_size == size
    assert peak - before < 50 << 20


@pytest.mark.parametrize(
    ("path", "name"), [("a/..", None), ("a/", ".."), ("x", "a/b"), ("x", ""), ("x\0", None), ("", None)]
)
async def test_names_that_leave_the_folder_are_refused_before_anything_is_sent(
    tmp_path: Path, path: str, name: str | None
) -> None:
    def refuse(_request: httpx.Request) -> httpx.Response:
        raise AssertionError("a request was sent")

    async with client_of(refuse) as client:
        with pytest.raises(ValueError, match=r"file|path"):
            await client.files.download(UUID, path, tmp_path, name=name)
        with pytest.raises(ValueError, match="path="):
            await client.files.upload(UUID, b"bytes without a name")
        with pytest.raises(OSError, match="nowhere"):
            await client.files.upload(UUID, tmp_path / "nowhere")


async def test_the_requests_fit_the_contract(tmp_path: Path) -> None:
    seen: list[tuple[str, str]] = []

    def reply(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            check_request(request)
            assert request.headers["accept"] == "*/*"
        seen.append((request.method, request.url.path))
        if request.url.path.endswith("/import"):
            assert dict(request.url.params) == {"force": "true"}
            assert request.headers["content-type"] == "application/zip"
            return httpx.Response(200, json={"project": {"id": UUID}, "notebooks": []})
        return httpx.Response(200, content=b"bytes")

    async with client_of(reply) as client:
        await client.files.download(UUID, "a b.csv", tmp_path)
        await client.projects.export(UUID, tmp_path)
        await client.projects.import_(UUID, b"PK", force=True)
    assert seen == [
        ("GET", "/v2/files/download"), ("GET", f"/v2/projects/{UUID}/export"), ("POST", f"/v2/projects/{UUID}/import"),
    ]  # fmt: skip


async def test_an_uploaded_file_can_be_read_by_a_run(
    emulator: Emulator, client: AsyncDeepnote, project: Project
) -> None:
    assert emulator.url
    await client.files.upload(project.id, b"a,b\n1,2\n", "data/t.csv")
    notebook = await client.notebooks.create(project.id, "Reader")
    await client.blocks.create(notebook.id, content="print(open('data/t.csv').read())")
    assert (await client.runs.run(notebook.id, timeout=60)).text == "a,b\n1,2\n\n"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 520])
@pytest.mark.parametrize(
    "make",
    [
        lambda c, folder: c.files.download(UUID, "a.csv", folder),
        lambda c, folder: c.projects.export(UUID, folder),
        lambda c, _folder: c.projects.import_(UUID, b"PK"),
        lambda c, _folder: c.files.upload(UUID, b"data", "a.csv"),
    ],
    ids=["download", "export", "import", "upload"],
)
async def test_every_refusal_of_a_transfer_has_its_error(make: Any, status: int, tmp_path: Path) -> None:
    async with client_of(lambda _: httpx.Response(status, json={"message": "because of this"})) as client:
        with pytest.raises(APIError, match="because of this") as caught:
            await make(client, tmp_path)
    assert caught.value.status == status
    assert list(tmp_path.iterdir()) == []
