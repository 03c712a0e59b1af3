"""The engine that executes nothing."""

from __future__ import annotations

import asyncio
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest

from deepnote_emulator import Emulator, SimulatedEngine
from deepnote_emulator.clock import now
from deepnote_emulator.documents import BlockRecord
from deepnote_emulator.execution import EngineError, Step
from deepnote_emulator.execution.simulated import SimulatedKernel
from tests.emulator.support import Api, api_of, text_of

SAID = "simulated: this block was not executed\n"


async def session_of(api: Api, *sources: str) -> tuple[str, Any]:
    notebook_id = await api.notebook(*sources)
    return notebook_id, await api(202, "POST", "/v2/sessions", json={"notebookId": notebook_id})


async def test_every_code_block_says_that_it_was_simulated_and_inputs_say_nothing(notebooks: Path) -> None:
    async with api_of(notebooks, engine="simulated") as api:
        projects = (await api(200, "GET", "/v2/projects?pageSize=100"))["projects"]
        ids = [notebook["id"] for project in projects for notebook in project["notebooks"]]
        runs = [await api.run(notebook_id) for notebook_id in ids]
    blocks = [block for run in runs for block in run["snapshotBlocks"]]
    assert {run["status"] for run in runs} == {"success"}
    assert {block["type"] for block in blocks} >= {"code", "markdown", "input-slider"}
    for block in blocks:
        expected = [{"name": "stdout", "output_type": "stream", "text": SAID}] if block["type"] == "code" else []
        assert block["outputs"] == expected


async def test_a_block_that_cannot_be_executed_fails_as_on_a_kernel(tmp_path: Path) -> None:
    async with api_of(tmp_path, engine="simulated") as api:
        notebook_id = await api.notebook()
        await api.block(notebook_id, "SELECT 1", type="sql")
        run = await api.run(notebook_id)
    assert run["status"] == "error"
    assert "does not execute sql blocks" in str(run["snapshotBlocks"])


async def test_a_thousand_runs_finish(tmp_path: Path) -> None:
    async with api_of(tmp_path, engine="simulated") as api:
        notebook_id = await api.notebook("print(1)")
        started = [await api(202, "POST", "/v2/runs", json={"notebookId": notebook_id}) for _ in range(1000)]
        with anyio.fail_after(60):
            while (rows := await runs_of(api, notebook_id)).count("success") < len(started):
                assert set(rows) <= {"pending", "running", "success"}
    assert len(rows) == len(started)


async def runs_of(api: Api, notebook_id: str) -> list[str]:
    rows: list[str] = []
    query = {"pageSize": "100"}
    while True:
        page = await api(200, "GET", f"/v2/notebooks/{notebook_id}/runs", params=query)
        rows += [row["status"] for row in page["runs"]]
        if not page["pagination"]["hasMore"]:
            return rows
        query["pageToken"] = page["pagination"]["nextPageToken"]


async def test_there_are_more_sessions_than_kernels_would_be(tmp_path: Path) -> None:
    async with api_of(tmp_path, engine="simulated", max_kernels=1) as api:
        opened = [await session_of(api, "print(1)") for _ in range(3)]
        for notebook_id, session in opened:
            assert text_of(await api.ended(session["run"]["runId"])) == SAID
            path = f"/v2/sessions/{session['session']['id']}"
            said = await api(200, "POST", f"{path}/execute", json={"notebookId": notebook_id, "code": "1/0"})
            assert [output["text"] for output in said["outputs"]] == [SAID]
            await api(204, "DELETE", path)


async def test_time_passes_until_an_interrupt_or_a_timeout(tmp_path: Path) -> None:
    async with api_of(tmp_path, engine=SimulatedEngine(seconds=3600)) as api:
        notebook_id, session = await session_of(api, "print(1)")
        run_id, path = session["run"]["runId"], f"/v2/sessions/{session['session']['id']}"
        with anyio.fail_after(30):
            while (await status_of(api, path, notebook_id)).get("executingBlock") is None:
                await anyio.sleep(0.005)
        await api(200, "POST", f"{path}/interrupt", json={"notebookId": notebook_id})
        assert (await api.ended(run_id))["status"] == "stopped"
        body = {"notebookId": notebook_id, "code": "1", "timeoutMs": 10}
        await api(408, "POST", f"{path}/execute", json=body)
        assert (await status_of(api, path, notebook_id))["state"] == "idle"


async def status_of(api: Api, path: str, notebook_id: str) -> Any:
    return (await api(200, "GET", f"{path}/status", params={"notebookId": notebook_id}))["kernel"]


async def going_on() -> tuple[SimulatedKernel, BlockRecord, asyncio.Task[None]]:
    kernel, record = SimulatedEngine(seconds=3600).kernel([]), BlockRecord(started_at=now())
    await kernel.start()
    task = asyncio.create_task(kernel.run(Step(block_id="b", code="x"), record))
    for _ in range(5):
        await asyncio.sleep(0)
    assert kernel.executing == Step(block_id="b", code="x")
    return kernel, record, task


async def test_closing_fails_what_is_going_on_and_what_comes_later() -> None:
    kernel, record, task = await going_on()
    await kernel.close()
    with pytest.raises(EngineError, match="it was closed"):
        await task
    with pytest.raises(EngineError, match="it was closed"):
        await kernel.run(Step(code="x"), record)
    assert kernel.is_dead
    assert kernel.executing is None


async def test_an_interrupt_between_two_steps_does_nothing() -> None:
    kernel, record = SimulatedEngine().kernel([]), BlockRecord(started_at=now())
    await kernel.interrupt()
    await kernel.run(Step(code="x"), record)
    assert not record.failed
    assert record.execution_count == 1


@pytest.mark.parametrize("seconds", [-1, math.inf, math.nan])
def test_impossible_times_are_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="seconds must be a finite number from 0 on"):
        SimulatedEngine(seconds)


def test_an_unknown_engine_is_refused(notebooks: Path) -> None:
    with pytest.raises(ValueError, match="engine must be one of kernel, simulated, not 'x'"):
        Emulator(notebooks, engine="x")  # type: ignore[arg-type]


def test_it_needs_no_extra(notebooks: Path) -> None:
    script = (
        "import sys\nsys.modules['jupyter_client'] = sys.modules['ipykernel'] = None\n"
        "from deepnote_emulator import Emulator\n"
        f"with Emulator({str(notebooks)!r}, engine='simulated') as emulator: print(emulator.url)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.startswith("http://127.0.0.1:")
    assert done.stderr == ""
