"""The whole chain: facade, generated client, HTTP, emulator, a real kernel, and the result."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import anyio
import pytest

from deepnote_async import (
    AsyncDeepnote,
    AuthenticationError,
    BadRequestError,
    NotFoundError,
    RunFailedError,
    RunHandle,
    RunTimeoutError,
)
from deepnote_emulator import Emulator
from tests.support.processes import kernels_of


async def test_me(client: AsyncDeepnote) -> None:
    me = await client.me.get()
    assert me.access_level == "editor"
    assert me.workspace.id == "emulator"


async def test_notebook_with_its_inputs(client: AsyncDeepnote, emulator: Emulator) -> None:
    notebook = await client.notebooks.get(emulator.notebook_id("score.deepnote"))
    assert notebook.name == "Score"
    assert [block.type for block in notebook.blocks][:2] == ["markdown", "input-text"]
    region, items, table = notebook.inputs
    assert (region.name, region.type, region.value) == ("region", "input-text", "EU")
    assert (items.name, items.value, items.min, items.max, items.step) == ("n", "3", 1, 10, 1)
    assert (table.name, table.value) == ("show_table", True)


async def test_a_run_gets_its_inputs_and_gives_its_outputs(client: AsyncDeepnote, emulator: Emulator) -> None:
    notebook_id = emulator.notebook_id("score.deepnote")
    result = await client.runs.run(notebook_id, inputs={"region": "US", "n": 4.0, "show_table": False}, timeout=60)
    assert result.status == "success"
    assert result.text == "region=US n=4 total=104\ntable hidden\n"
    assert result.failure is None
    assert result.run.notebook_id == notebook_id
    assert result.duration is not None
    assert result.duration > 0
    assert [block.status for block in result.blocks] == ["not_reached", *["succeeded"] * 5]
    assert result.handle.id == result.run.run_id


async def test_rich_outputs_arrive(client: AsyncDeepnote, emulator: Emulator) -> None:
    result = await client.runs.run(emulator.notebook_id("score.ipynb"), timeout=60)
    assert [output.output_type for output in result.outputs] == ["stream", "display_data"]
    assert "<td>item-1</td><td>12</td>" in result.outputs[1].data["text/html"]


async def test_a_failing_notebook_is_diagnosed(client: AsyncDeepnote, emulator: Emulator) -> None:
    with pytest.raises(RunFailedError) as caught:
        await client.runs.run(emulator.notebook_id("fails.ipynb"), timeout=60)
    error = caught.value
    assert error.run_id == error.result.run.run_id
    assert error.failure is not None
    assert (error.failure.ename, error.failure.evalue) == ("ValueError", "bad region")
    assert (error.failure.block_type, error.failure.position) == ("code", 1)
    assert error.failure.block_id == error.result.blocks[1].id
    assert "raise ValueError" in error.failure.traceback
    assert [block.status for block in error.result.blocks] == ["succeeded", "failed", "not_reached"]
    assert "never reached" not in error.result.text
    for part in (str(error.failure.block_id), "ValueError: bad region", str(error.run_id)):
        assert part in str(error)


async def test_check_false_returns_a_failed_result(client: AsyncDeepnote, emulator: Emulator) -> None:
    handle = await client.runs.create(emulator.notebook_id("fails.ipynb"))
    result = await handle.result(timeout=60, check=False)
    assert result.status == "error"
    assert result.status.is_failed


async def test_a_wait_that_ends_leaves_the_run_going(client: AsyncDeepnote, emulator: Emulator) -> None:
    handle = await client.runs.create(emulator.notebook_id("slow.ipynb"))
    with pytest.raises(RunTimeoutError) as caught:
        await handle.wait(timeout=0.3)
    assert caught.value.run_id == handle.id
    assert caught.value.status in {"pending", "running"}
    again = client.runs.handle(handle.id)
    assert (await again.wait(timeout=60)).status == "success"


async def test_a_handle_survives_as_json(client: AsyncDeepnote, emulator: Emulator) -> None:
    handle = await client.runs.create(emulator.notebook_id("score.ipynb"))
    saved = json.loads(json.dumps(handle.to_dict()))
    result = await client.runs.from_dict(saved).result(timeout=60)
    assert result.text.startswith("region=EU n=3")


async def test_many_runs_at_once_keep_their_own_inputs(client: AsyncDeepnote, emulator: Emulator) -> None:
    texts: dict[str, str] = {}

    async def one(region: str) -> None:
        result = await client.runs.run(emulator.notebook_id("score.deepnote"), inputs={"region": region}, timeout=120)
        texts[region] = result.text.splitlines()[0]

    async with anyio.create_task_group() as group:
        for number in range(6):
            group.start_soon(one, f"R{number}")
    assert texts == {f"R{number}": f"region=R{number} n=3 total=60" for number in range(6)}


async def test_live_run_of_single_blocks(client: AsyncDeepnote, emulator: Emulator) -> None:
    notebook_id = emulator.notebook_id("score.ipynb")
    first, *_rest = (await client.notebooks.get(notebook_id)).blocks
    result = await client.runs.run(notebook_id, detached=False, block_ids=[first.id], timeout=60)
    assert [block.status for block in result.blocks] == ["succeeded", *["not_reached"] * 3]


# Trouble: each ends in one clear error, of the right type, that names what and where.


async def test_wrong_token(emulator: Emulator) -> None:
    async with AsyncDeepnote("not-the-token", emulator.url) as client:
        with pytest.raises(AuthenticationError, match=r"401 Unauthorized: .*API key \(GET /v2/me\)") as caught:
            await client.me.get()
        assert "not-the-token" not in f"{caught.value!r} {caught.value}"
        with pytest.raises(AuthenticationError):
            await client.runs.create(emulator.notebook_id("score.ipynb"))


async def test_unknown_notebook(client: AsyncDeepnote) -> None:
    with pytest.raises(NotFoundError, match=r"Notebook not found \(GET /v2/notebooks/\{notebook_id\}\)"):
        await client.notebooks.get("no-such-notebook")
    with pytest.raises(BadRequestError, match="Notebook not found"):
        await client.runs.run("no-such-notebook", timeout=10)


async def test_unknown_input(client: AsyncDeepnote, emulator: Emulator) -> None:
    notebook_id = emulator.notebook_id("score.deepnote")
    with pytest.raises(ValueError, match="input 'regoin' is not declared by the notebook: did you mean 'region'"):
        await client.runs.create(notebook_id, inputs={"regoin": "EU"})
    with pytest.raises(BadRequestError, match='Input "regoin" is not defined'):
        await client.runs.create(notebook_id, inputs={"regoin": "EU"}, check_inputs=False)


async def test_unknown_run(client: AsyncDeepnote) -> None:
    run_id = "00000000-0000-4000-8000-000000000000"
    with pytest.raises(NotFoundError) as caught:
        await client.runs.handle(run_id).wait(timeout=30)
    assert caught.value.run_id == run_id


def _notebook(folder: Path, name: str, *sources: str) -> None:
    cells = [{"cell_type": "code", "metadata": {}, "source": source, "outputs": []} for source in sources]
    (folder / name).write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))


@pytest.mark.parametrize("code", ["import os; os._exit(3)", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"])
async def test_a_kernel_that_dies_mid_run(tmp_path: Path, code: str) -> None:
    _notebook(tmp_path, "dies.ipynb", "print('alive', flush=True)", code, "print('never')")
    async with Emulator(tmp_path) as emulator, AsyncDeepnote(emulator.token, emulator.url) as client:
        with pytest.raises(RunFailedError, match="the kernel died while it ran block") as caught:
            await client.runs.run(emulator.notebook_id("dies.ipynb"), timeout=60)
        assert caught.value.result.text == "alive\n"
        assert caught.value.run_id
        assert kernels_of() == []
        # The emulator itself is alive and well.
        _notebook(tmp_path, "other.ipynb", "print(1)")
        assert (await client.me.get()).access_level == "editor"


async def test_leaving_the_emulator_ends_running_kernels(tmp_path: Path) -> None:
    _notebook(tmp_path, "long.ipynb", "import time\ntime.sleep(600)")
    async with Emulator(tmp_path) as emulator, AsyncDeepnote(emulator.token, emulator.url) as client:
        handles = [await client.runs.create(emulator.notebook_id("long.ipynb")) for _ in range(3)]
        with anyio.fail_after(60):
            while {(await handle.refresh()).status for handle in handles} != {"running"}:
                await anyio.sleep(0.05)
            while len(kernels_of()) < 3:
                await anyio.sleep(0.05)
    assert kernels_of() == []


def test_a_killed_emulator_leaves_no_kernel(tmp_path: Path) -> None:
    _notebook(tmp_path, "long.ipynb", "while True: pass")
    script = (
        "import asyncio, sys\n"
        "from deepnote_async import AsyncDeepnote\n"
        "from deepnote_emulator import Emulator\n"
        "async def main():\n"
        "    async with Emulator(sys.argv[1]) as emulator, AsyncDeepnote(emulator.token, emulator.url) as client:\n"
        "        handle = await client.runs.create(emulator.notebook_id('long.ipynb'))\n"
        "        while (await handle.refresh()).status != 'running': await asyncio.sleep(0.02)\n"
        "        print('running', flush=True)\n"
        "        await handle.wait()\n"
        "asyncio.run(main())\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "running\n"
        deadline = time.monotonic() + 60
        while not (kernels := kernels_of(process.pid)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(kernels) == 1
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
    kernels[0].wait(timeout=60)


async def test_the_base_url_may_carry_a_version(emulator: Emulator) -> None:
    for suffix in ("", "/", "/v2", "/v2/", "/v1"):
        async with AsyncDeepnote(emulator.token, emulator.url + suffix) as client:
            assert (await client.me.get()).access_level == "editor"


@pytest.fixture
async def opened_elsewhere(emulator: Emulator) -> RunHandle:
    """Start a run with a client that nobody enters, in the fixture's own task."""
    client = AsyncDeepnote(emulator.token, emulator.url)
    handle = await client.runs.create(emulator.notebook_id("score.ipynb"))
    await client.aclose()
    return handle


async def test_a_client_opened_in_one_task_closes_in_another(emulator: Emulator) -> None:
    client = AsyncDeepnote(emulator.token, emulator.url)

    async def use() -> None:
        await client.me.get()

    async with anyio.create_task_group() as group:
        group.start_soon(use)
    async with anyio.create_task_group() as group:
        group.start_soon(client.aclose)
    with pytest.raises(RuntimeError, match="this client is closed"):
        await client.me.get()


async def test_a_handle_of_a_closed_client_says_so(opened_elsewhere: RunHandle) -> None:
    with pytest.raises(RuntimeError, match="this client is closed"):
        await opened_elsewhere.refresh()
