"""Artifacts: odd names over real HTTP, whole files or none, and a token that stays at home."""

from __future__ import annotations

import asyncio
import threading
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import httpx
import pytest

from deepnote_async import (
    Artifact,
    ConnectionLostError,
    DeadlineExceededError,
    DecodeError,
    NotFoundError,
    PermissionDeniedError,
)
from deepnote_async.datalore import AsyncDatalore
from deepnote_async.datalore.service import artifact_url
from deepnote_async.transport import safe_name
from tests.datalore.service import BASE_URL, RUN_ID, artifact_json, client_of, file_server, run_json
from tests.support.raw_server import Connection, raw_server

ODD_NAMES = [
    "analysis.ipynb",
    "q1#x?.ipynb",
    "50%20off.ipynb",
    "100%.ipynb",
    "a b  c.ipynb",
    "naïve-日本語-🎉.ipynb",
    "a+b&c=d;e,f@g:h!.ipynb",
    "[x](y)'\"`~^|<>.ipynb",
    "%2e%2e%2fx.ipynb",
    "...ipynb",
]


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("backend", ["built in", "httpx"])
@pytest.mark.parametrize("prefix", ["", "/tools/datalore"])
async def test_odd_names_are_quoted_exactly_once(backend: str, prefix: str, tmp_path: Path) -> None:
    files = {name: f"content of {name}".encode() for name in ODD_NAMES}
    async with file_server(files, prefix=prefix) as (url, seen), httpx.AsyncClient() as http:
        client = AsyncDatalore("tok", url, http_client=http if backend == "httpx" else None)
        run = await client.runs.get(RUN_ID)
        assert [artifact.name for artifact in run.artifacts] == ODD_NAMES
        for artifact in run.artifacts:
            path = await artifact.download(tmp_path)
            assert path == tmp_path / artifact.name
            assert path.read_bytes() == files[artifact.name]
        await client.aclose()
    assert set(seen) == {"Bearer tok"}
    assert names_in(tmp_path) == sorted(ODD_NAMES)


async def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_text("mine")
    async with file_server({"a.ipynb": b"new"}) as (url, _seen), AsyncDatalore("tok", url) as client:
        (artifact,) = (await client.runs.get(RUN_ID)).artifacts
        paths = [await artifact.download(tmp_path) for _ in range(2)]
        paths.append(await artifact.download(str(tmp_path), name="other.ipynb"))
    assert [path.name for path in paths] == ["a (2).ipynb", "a (3).ipynb", "other.ipynb"]
    assert (tmp_path / "a.ipynb").read_text() == "mine"


async def test_many_downloads_at_once_get_names_of_their_own(tmp_path: Path) -> None:
    async with file_server({"a.ipynb": b"new"}) as (url, _seen), AsyncDatalore("tok", url) as client:
        (artifact,) = (await client.runs.get(RUN_ID)).artifacts
        paths = await asyncio.gather(*(artifact.download(tmp_path) for _ in range(10)))
    assert len(set(paths)) == len(names_in(tmp_path)) == 10


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "a/b", "/etc/passwd", "..\\x", "C:\\x", "C:x", "a\nb", "a\0b", "a\x85b", "x" * 256, "a\ud800"],
)
async def test_names_that_are_no_file_names_are_refused(name: str, tmp_path: Path) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        raise AssertionError("a request was sent")

    with pytest.raises(ValueError, match="pass a name of your own"):
        safe_name(name)
    async with client_of(answer) as client:
        source = client.runs._service
        with pytest.raises(ValueError, match="pass a name of your own"):
            await Artifact(name=name, path="/x", source=source).download(tmp_path)
    assert names_in(tmp_path) == []


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/notebook/a",
        "HTTPS://evil.example/a",
        "http://datalore.example.test/a",
        "https://datalore.example.test:444/a",
        "https://datalore.example.test@evil.example/a",
        "ftp://datalore.example.test/a",
        "//evil.example/a",
        "https://datalore.example.test//evil.example/a",
        "/notebook/../../api/run/v1/x",
        "/notebook/./x",
    ],
)
async def test_the_token_goes_nowhere_else(path: str, tmp_path: Path) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        raise AssertionError("a request was sent")

    async with client_of(answer) as client:
        with pytest.raises(ValueError, match="artifact path"):
            await Artifact(name="a", path=path, source=client.runs._service).download(tmp_path)


def test_paths_are_taken_as_they_come() -> None:
    assert artifact_url("/a b/ü", BASE_URL) == "/a%20b/%C3%BC"
    assert artifact_url("a/b", BASE_URL) == "/a/b"
    assert artifact_url(f"{BASE_URL}:443/a#b", BASE_URL) == "/a%23b"
    assert artifact_url(f"{BASE_URL}/sub/a", f"{BASE_URL}/sub") == "/a"
    assert artifact_url("q1: x.ipynb", BASE_URL) == "/q1%3A%20x.ipynb"


async def download(behaviour: bytes, tmp_path: Path, **options: float) -> None:
    """Download from a server that sends these bytes and then breaks or hangs."""

    async def behave(connection: Connection) -> None:
        await connection.read_request()
        await connection.send(behaviour)
        if options:
            await asyncio.sleep(60)

    async with raw_server(behave) as server, AsyncDatalore("tok", server.url) as client:
        artifact = Artifact(name="a.bin", path="/a.bin", source=client.runs._service)
        await artifact.download(tmp_path, **options)  # type: ignore[arg-type]


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        HEAD + b"Content-Length: 100\r\n\r\nhalf",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nhalf",
    ],
)
async def test_a_broken_download_leaves_nothing(answer: bytes, tmp_path: Path) -> None:
    with pytest.raises(ConnectionLostError) as caught:
        await download(answer, tmp_path)
    assert caught.value.path == "/notebook/{user_id}/{notebook_id}/artifacts/{run_id}/{name}"
    assert caught.value.sent == "yes"
    assert names_in(tmp_path) == []


async def test_a_download_that_hangs_ends_with_its_deadline(tmp_path: Path) -> None:
    with pytest.raises(DeadlineExceededError, match="the answer had begun"):
        await download(HEAD + b"Content-Length: 100\r\n\r\nhalf", tmp_path, timeout=0.3)
    assert names_in(tmp_path) == []


async def test_cancelling_a_download_leaves_nothing(tmp_path: Path) -> None:
    task = asyncio.create_task(download(HEAD + b"Content-Length: 100\r\n\r\nhalf", tmp_path, timeout=60))
    with anyio.fail_after(30):
        while not names_in(tmp_path):
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert names_in(tmp_path) == []


async def test_cancelling_while_the_file_is_being_made_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening = Path.open
    reached, go, made = threading.Event(), threading.Event(), threading.Event()

    def slow(path: Path, mode: str) -> object:
        reached.set()
        go.wait(30)
        file = opening(path, mode)
        made.set()
        return file

    async with file_server({"a.ipynb": b"new"}) as (url, _seen), AsyncDatalore("tok", url) as client:
        (artifact,) = (await client.runs.get(RUN_ID)).artifacts
        monkeypatch.setattr(Path, "open", slow)
        task = asyncio.create_task(artifact.download(tmp_path))
        await asyncio.to_thread(reached.wait, 30)
        task.cancel()
        for _ in range(10):  # let the clean-up begin while the file is still being opened
            await asyncio.sleep(0)
        go.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.to_thread(made.wait, 30)
    assert names_in(tmp_path) == []


async def test_a_folder_that_is_missing_and_a_disk_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with file_server({"a.ipynb": b"new"}) as (url, _seen), AsyncDatalore("tok", url) as client:
        (artifact,) = (await client.runs.get(RUN_ID)).artifacts
        with pytest.raises(FileNotFoundError):
            await artifact.download(tmp_path / "missing")

        def full(_source: object, _target: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("deepnote_async.transport.files.os.link", full)
        with pytest.raises(OSError, match="No space left"):
            await artifact.download(tmp_path)
        assert names_in(tmp_path) == []

        def unsupported(_source: object, _target: object) -> None:
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr("deepnote_async.transport.files.os.link", unsupported)
        assert [(await artifact.download(tmp_path)).name for _ in range(2)] == ["a.ipynb", "a (2).ipynb"]


@pytest.mark.parametrize(("status", "kind"), [(404, NotFoundError), (403, PermissionDeniedError)])
async def test_refusals_of_a_download(status: int, kind: type[Exception], tmp_path: Path) -> None:
    async with client_of(lambda _: httpx.Response(status, json={"error": "because"})) as client:
        with pytest.raises(kind, match="because"):
            await Artifact(name="a", path="/a", source=client.runs._service).download(tmp_path)
    assert names_in(tmp_path) == []


async def test_a_login_page_is_not_saved(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if "artifacts" in request.url.path:
            return httpx.Response(200, html="<html>login</html>")
        return httpx.Response(200, json=run_json(artifacts=[artifact_json("a.csv"), artifact_json("report.html")]))

    async with client_of(answer) as client:
        table, report = (await client.runs.get(RUN_ID)).artifacts
        with pytest.raises(DecodeError, match=r"A web page came instead of the file 'a\.csv'"):
            await table.download(tmp_path)
        assert (await report.download(tmp_path)).read_text() == "<html>login</html>"
    assert names_in(tmp_path) == ["report.html"]


async def test_a_large_file_takes_constant_memory(tmp_path: Path) -> None:
    piece, pieces = b"x" * (1 << 20), 96

    async def body() -> AsyncIterator[bytes]:
        for _ in range(pieces):
            yield piece

    async with client_of(lambda _: httpx.Response(200, content=body())) as client:
        artifact = Artifact(name="big.bin", path="/big.bin", source=client.runs._service)
        tracemalloc.start()
        try:
            path = await artifact.download(tmp_path)
            _now, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert path.stat().st_size == pieces << 20
    assert peak < 16 << 20
