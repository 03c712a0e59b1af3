"""What real kernels see and leave: inputs with their types, a clean environment, odd code, single blocks."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import yaml

from deepnote_async import AsyncDeepnote, BadRequestError, RunFailedError
from deepnote_emulator import Emulator, EmulatorError
from tests.support.processes import kernels_of

PROJECT = "5b0f6a52-7c3e-4d0c-9a41-3f2c8e1d7a12"


def write_deepnote(folder: Path, *blocks: dict[str, Any], **project: Any) -> None:
    numbered = [
        {"id": f"b{number}", "blockGroup": f"g{number}", "sortingKey": f"a{number}", "metadata": {}, "content": ""}
        | block
        for number, block in enumerate(blocks)
    ]
    notebook = {"id": "main", "name": "Main", "executionMode": "block", "isModule": False, "blocks": numbered}
    document = {
        "version": "1.0.0",
        "metadata": {"createdAt": "2026-01-01T00:00:00.000Z"},
        "project": {"id": PROJECT, "name": "P", "notebooks": [notebook], "settings": {}} | project,
    }
    (folder / "main.deepnote").write_text(yaml.safe_dump(document, sort_keys=False))


def declared(kind: str, name: str, value: Any, **metadata: Any) -> dict[str, Any]:
    return {
        "type": f"input-{kind}",
        "metadata": {"deepnote_variable_name": name, "deepnote_variable_value": value} | metadata,
    }


def code(source: str) -> dict[str, Any]:
    return {"type": "code", "content": source}


async def run_folder(folder: Path, **arguments: Any) -> str:
    async with Emulator(folder) as emulator, AsyncDeepnote(emulator.token, emulator.url) as client:
        return (await client.runs.run(emulator.notebooks[-1].id, timeout=60, **arguments)).text


INPUTS = (
    declared("text", "a", "saved"),
    declared("textarea", "b", "two\nlines"),
    declared("slider", "c", "5"),
    declared("checkbox", "d", value=False),
    declared("select", "e", "x", deepnote_variable_options=["x", "y"]),
    declared("select", "f", ["x"], deepnote_variable_options=["x", "y"], deepnote_allow_multiple_values=True),
    declared("date", "g", "2026-01-31T00:00:00.000Z", deepnote_input_date_version=2),
    declared("date-range", "h", ["2026-01-01", ""]),
    declared("file", "i", ""),
)
SHOW = code("for name in 'abcdefghi': print(name, repr(globals()[name]))")


async def test_saved_values_reach_the_kernel_with_their_types(tmp_path: Path) -> None:
    write_deepnote(tmp_path, *INPUTS, SHOW)
    assert (await run_folder(tmp_path)).splitlines() == [
        "a 'saved'", r"b 'two\nlines'", "c 5", "d False", "e 'x'", "f ['x']",
        "g datetime.date(2026, 1, 31)", "h [datetime.date(2026, 1, 1), None]", "i None",
    ]  # fmt: skip


async def test_values_of_the_run_take_their_place(tmp_path: Path) -> None:
    write_deepnote(tmp_path, *INPUTS, SHOW)
    inputs = {
        "a": "it's", "b": "", "c": 7.5, "d": True, "e": "y", "f": ["x", "y"], "g": "", "h": ["", "2026-02-01"],
        "i": "data.csv",
    }  # fmt: skip
    assert (await run_folder(tmp_path, inputs=inputs, check_inputs=False)).splitlines() == [
        '''a "it's"''', "b ''", "c 7.5", "d True", "e 'y'", "f ['x', 'y']",
        "g None", "h [None, datetime.date(2026, 2, 1)]", "i 'data.csv'",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [("c", "5.0"), ("c", "1e3"), ("c", "nan"), ("c", "1e21"), ("c", "x"), ("d", "true"), ("f", "x"),
     ("h", ["2026-01-01"]), ("h", ["x", "y"]), ("h", "someday"),
     ("h", "customDays99999999999"), ("a", True), ("e", ["x"])],
)  # fmt: skip
async def test_values_of_the_wrong_kind_are_refused(tmp_path: Path, name: str, value: Any) -> None:
    write_deepnote(tmp_path, *INPUTS)
    with pytest.raises(BadRequestError, match=f'Input "{name}" takes '):
        await run_folder(tmp_path, inputs={name: value}, check_inputs=False)


async def test_the_kernel_sees_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DEEPNOTE_TOKEN", "DEEPNOTE_API_KEY", "MY_TOKEN", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "hidden-value")
    write_deepnote(tmp_path, code("import os; print([n for n, v in os.environ.items() if 'hidden-value' in v])"))
    assert await run_folder(tmp_path) == "[]\n"


async def test_the_init_notebook_runs_first(tmp_path: Path) -> None:
    init, main = (
        {"id": name, "name": name, "blocks": [{"id": f"{name}-0", "metadata": {}, **code(source)}]}
        for name, source in (("init", "base = 40"), ("main", "print(base + 2)"))
    )
    write_deepnote(tmp_path, notebooks=[init, main], initNotebookId="init")
    assert await run_folder(tmp_path) == "42\n"


@pytest.mark.parametrize(
    ("source", "ename", "evalue"),
    [
        ("def (:", "SyntaxError", "invalid syntax"),
        ("1/0", "ZeroDivisionError", "division by zero"),
        ("input('name?')", "StdinNotImplementedError", "input"),
        ("raise SystemExit(3)", "SystemExit", "3"),
        (
            "import os; os.write(1, b'\\xff\\xfe'); raise ValueError('after bytes')",
            "ValueError",
            "after bytes",
        ),
        ("raise ValueError('\\x00 odd text')", "ValueError", "odd text"),
        ("raise ValueError('\\ud800')", "UnicodeEncodeError", "surrogates not allowed"),
    ],
)
async def test_code_that_fails_is_told_as_it_is(tmp_path: Path, source: str, ename: str, evalue: str) -> None:
    write_deepnote(tmp_path, code(source), code("print('never')"))
    with pytest.raises(RunFailedError) as caught:
        await run_folder(tmp_path)
    assert caught.value.failure is not None
    assert caught.value.failure.ename == ename
    assert evalue in (caught.value.failure.evalue or "")
    assert "never" not in caught.value.result.text


async def test_a_block_that_cannot_run_here_says_so(tmp_path: Path) -> None:
    write_deepnote(tmp_path, code("print(1)"), {"type": "sql", "content": "select 1"}, code("print('never')"))
    with pytest.raises(RunFailedError, match=r"sql block 1 \(b1\): .*the emulator does not execute sql blocks"):
        await run_folder(tmp_path)


def own_kernels() -> set[int]:
    """List the kernels this process started; what a kernel forks looks like one until it executes its own program."""
    pids = set()
    for kernel in kernels_of():
        with contextlib.suppress(psutil.NoSuchProcess):
            if kernel.ppid() == os.getpid():
                pids.add(kernel.pid)
    return pids


async def test_more_runs_than_kernels_wait_their_turn(tmp_path: Path) -> None:
    write_deepnote(tmp_path, code("import time; time.sleep(0.2)"))
    others = own_kernels()  # of the emulator that other tests share
    async with Emulator(tmp_path, max_kernels=1) as emulator, AsyncDeepnote(emulator.token, emulator.url) as client:
        handles = [await client.runs.create("main") for _ in range(3)]
        most = 0
        statuses = ["pending"]
        while set(statuses) != {"success"}:
            rows = (await client.request("GET", "/v2/notebooks/main/runs")).json()["runs"]
            statuses = [row["status"] for row in rows]
            assert len(statuses) == len(handles)
            assert statuses.count("running") <= 1
            most = max(most, len(own_kernels() - others))
        assert most == 1


async def use_a_download_address(folder: Path) -> None:
    async with (
        Emulator(folder) as emulator,
        AsyncDeepnote(emulator.token, emulator.url) as client,
        httpx.AsyncClient() as stranger,
    ):
        result = await client.runs.run("main", timeout=60)
        body = (await client.request("GET", f"/v2/runs/{result.run.run_id}")).json()
        url = body["run"]["snapshotDownloadUrl"]
        assert (await stranger.get(url)).status_code == 200
        other_end = url[:-1] + ("0" if url[-1] != "0" else "1")
        for changed in (other_end, url.partition("?")[0], url.replace("expires=", "expires=9")):
            assert (await stranger.get(changed)).status_code == 403
        assert (await stranger.get(url, headers={"authorization": "Bearer x"})).status_code == 400


async def test_a_snapshot_is_behind_a_signed_address_and_no_token_belongs_there(tmp_path: Path) -> None:
    write_deepnote(tmp_path, code("print(1)"))
    with pytest.raises(EmulatorError, match="a client sent its token along with the download"):
        await use_a_download_address(tmp_path)


async def test_an_empty_notebook_succeeds(tmp_path: Path) -> None:
    (tmp_path / "empty.ipynb").write_text(json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    assert await run_folder(tmp_path) == ""


async def test_a_failing_init_notebook_is_the_reason(tmp_path: Path) -> None:
    init, main = (
        {"id": name, "name": name, "blocks": [{"id": f"{name}-0", "metadata": {}, **code(source)}]}
        for name, source in (("init", "raise ValueError('no base')"), ("main", "print('never')"))
    )
    write_deepnote(tmp_path, notebooks=[init, main], initNotebookId="init")
    expected = r"code block 0 \(init-0\) of the init notebook 'init', which runs first: ValueError: no base"
    with pytest.raises(RunFailedError, match=expected):
        await run_folder(tmp_path)


async def test_copied_cells_keep_their_own_outputs(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "code", "metadata": {"cell_id": "same"}, "source": f"print({number})", "outputs": []}
        for number in (1, 2)
    ]
    (tmp_path / "copies.ipynb").write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}))
    assert await run_folder(tmp_path) == "1\n2\n"


async def test_a_snapshot_that_cannot_be_written_is_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_options: object) -> str:
        raise OSError("disk full")

    monkeypatch.setattr("deepnote_emulator.execution.runs.write_snapshot", fail)
    write_deepnote(tmp_path, code("print(1)"))
    async with Emulator(tmp_path) as emulator, AsyncDeepnote(emulator.token, emulator.url) as client:
        result = await client.runs.run("main", timeout=60)
    assert (result.status, result.run.snapshot_status, result.snapshot) == ("success", "unavailable", None)


@pytest.mark.parametrize("name", ["my var", "x = 1; import os", "1a", "class x"])
async def test_an_input_whose_name_is_no_variable_says_so(tmp_path: Path, name: str) -> None:
    write_deepnote(tmp_path, declared("text", name, "v"), code("print('never')"))
    with pytest.raises(RunFailedError, match="cannot be the name of one"):
        await run_folder(tmp_path)
