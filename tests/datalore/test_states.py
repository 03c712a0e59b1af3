"""The state of a run, and what is read from the notebook it left."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from deepnote_async import Failure, RunFailedError, RunResult, SnapshotError
from deepnote_async.datalore import DataloreRun
from deepnote_async.snapshot import read_ipynb
from tests.datalore.service import RUN_ID, artifact_json, cell, client_of, notebook, run_json
from tests.support.virtual_time import run_virtually

END = "2026-05-15T10:00:02.500Z"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"endTime": END, "success": True}, "success"),
        ({"endTime": END, "success": False}, "error"),
        ({"endTime": END, "success": None}, "error"),
        ({"endTime": END}, "error"),
        ({"endTime": END, "success": "true"}, "error"),
        ({"endTime": END, "success": 1}, "error"),
        ({"endTime": "soon", "success": True}, "success"),
        ({"endTime": 1700000000, "success": True}, "success"),
        ({"endTime": None, "success": True}, "running"),
        ({"endTime": "", "success": True}, "running"),
        ({"success": False, "status": "Calculating"}, "running"),
        ({"status": "success"}, "running"),
        ({"runId": RUN_ID}, "running"),
        ({"startTime": "2026-05-15T10:00:00Z", "updateReport": 5, "artifacts": "none"}, "running"),
    ],
)
async def test_the_state_model(body: dict[str, Any], status: str) -> None:
    async with client_of(lambda _: httpx.Response(200, json=body)) as client:
        run = await client.runs.get(RUN_ID)
    assert (run.run_id, run.status) == (RUN_ID, status)
    assert run.extra.get("status") == body.get("status")


async def test_every_field_is_read() -> None:
    body = run_json(newField=[1], artifacts=[artifact_json("a.ipynb"), {"name": "no path"}, None])
    async with client_of(lambda _: httpx.Response(200, json=body)) as client:
        run = await client.runs.get(RUN_ID)
    start = dt.datetime(2026, 5, 15, 10, tzinfo=dt.UTC)
    (artifact,) = run.artifacts
    assert (artifact.name, artifact.path) == ("a.ipynb", artifact_json("a.ipynb")["path"])
    assert run == DataloreRun(
        run_id=RUN_ID,
        notebook_id="notebook456",
        status=run.status,
        created_at=start,
        completed_at=start + dt.timedelta(seconds=2.5),
        snapshot_status="available",
        user_id="user123",
        start_time=start,
        end_time=start + dt.timedelta(seconds=2.5),
        read_only=False,
        update_report="never",
        direct_file_storage_write=False,
        artifacts=run.artifacts,
        extra={"newField": [1]},
    )
    assert "tok" not in repr(run.artifacts)


def result_of(answer: Callable[[httpx.Request], httpx.Response], *, check: bool = True) -> RunResult:
    async def main() -> RunResult:
        async with client_of(answer) as client:
            return await client.runs.handle(RUN_ID).result(check=check)

    return run_virtually(main())


def leaving(content: str | bytes, **fields: Any) -> Callable[[httpx.Request], httpx.Response]:
    """Answer with a run that ended and left one notebook."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == artifact_json("a.ipynb")["path"]:
            return httpx.Response(200, content=content)
        return httpx.Response(200, json=run_json(artifacts=[artifact_json("a.ipynb")], **fields))

    return answer


def test_the_executed_notebook_gives_blocks_and_text() -> None:
    outputs: list[dict[str, Any]] = [
        {"output_type": "stream", "name": "stdout", "text": ["one\n", "two\n"]},
        {"output_type": "stream", "name": "stderr", "text": "oops"},
        {"output_type": "execute_result", "data": {"text/plain": "42"}, "metadata": {}, "execution_count": 1},
    ]
    made = notebook({"cell_type": "markdown", "source": ["# Hi"]}, cell("x", *outputs, id="c1"))
    result = result_of(leaving("\ufeff" + made))
    assert result.text == "one\ntwo\n42\n"
    assert [(block.id, block.type, block.content) for block in result.blocks] == [
        ("cell-0", "markdown", "# Hi"), ("c1", "code", "x"),
    ]  # fmt: skip
    assert result.artifacts[0].name == "a.ipynb"


def test_the_reason_of_a_failure_is_the_first_error_of_the_notebook() -> None:
    error = {"output_type": "error", "ename": "ValueError", "evalue": "bad", "traceback": ["\x1b[31m1\x1b[0m", "2"]}
    later = error | {"evalue": "later"}
    made = notebook(cell("fine"), cell("raise", error), cell("raise again", later))
    with pytest.raises(RunFailedError, match=f"Run {RUN_ID} ended as error: code block 1") as caught:
        result_of(leaving(made, success=False))
    assert caught.value.failure == Failure(
        message="ValueError: bad", block_id="cell-1", block_type="code", position=1,
        ename="ValueError", evalue="bad", traceback="1\n2",
    )  # fmt: skip


def test_a_failed_run_without_a_notebook_gives_no_reason() -> None:
    with pytest.raises(RunFailedError, match="ended as error, and gave no reason") as caught:
        result_of(lambda _: httpx.Response(200, json=run_json(success=False)))
    assert (caught.value.failure, caught.value.result.blocks) == (None, ())


def test_a_notebook_that_is_gone_is_no_error() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if "artifacts" in request.url.path:
            return httpx.Response(404, json={"error": "expired"})
        return httpx.Response(200, json=run_json(artifacts=[artifact_json("a.ipynb")]))

    result = result_of(answer)
    assert (result.status, result.blocks, len(result.artifacts)) == ("success", (), 1)


@pytest.mark.parametrize("content", [b"", b"null", b"[]", b"{", b'{"cells": 1}', b"\xff\xfe", b"<html>login</html>"])
def test_what_is_no_notebook_says_so(content: bytes) -> None:
    if content == b"":  # an empty file has nothing to say, and nothing to complain about
        assert result_of(leaving(content)).blocks == ()
        return
    with pytest.raises(SnapshotError, match="executed notebook") as caught:
        result_of(leaving(content))
    assert caught.value.run_id == RUN_ID


def test_a_notebook_elsewhere_is_not_asked_for() -> None:
    body = run_json(artifacts=[{"name": "a.ipynb", "path": "https://evil.example/a.ipynb"}])

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.host == "datalore.example.test"
        return httpx.Response(200, json=body)

    with pytest.raises(SnapshotError, match="another host"):
        result_of(answer)


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(SnapshotError, match="not JSON"):
        read_ipynb("[" * 200_000)


def test_the_bytes_of_a_notebook_are_read_and_others_are_told() -> None:
    text = '{"cells": [{"cell_type": "code", "source": "€"}]}'
    for content in (text, text.encode(), text.encode("utf-8-sig")):
        assert [block.content for block in read_ipynb(content)] == ["€"]
    with pytest.raises(SnapshotError, match="not UTF-8"):
        read_ipynb(text.encode("cp1252"))
