"""The whole chain: facade, generated client, HTTP, emulator, a real kernel, and the result."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from deepnote_async import AsyncDeepnote, NotFoundError, RunFailedError, RunTimeoutError
from deepnote_async.datalore import AsyncDatalore, DataloreRun
from deepnote_async.datalore.arguments import Json
from deepnote_emulator import Emulator


def of(emulator: Emulator, file: str) -> str:
    return f"somebody/{emulator.notebook_id(file)}"


async def test_a_run_gets_its_parameters_and_gives_its_outputs(datalore: AsyncDatalore, emulator: Emulator) -> None:
    notebook_id = of(emulator, "score.deepnote")
    parameters: dict[str, Json] = {"region": "US", "n": "4", "show_table": False, "unknown": 1}
    result = await datalore.runs.run(notebook_id, parameters, "on success", direct_file_storage_write=True, timeout=60)
    assert result.status == "success"
    assert result.text == "region=US n=4 total=104\ntable hidden\n"
    assert (result.failure, result.snapshot) == (None, None)
    assert result.blocks[0].type == "markdown"
    assert [block.status for block in result.blocks][1:] == ["succeeded"] * 5
    run = result.run
    assert isinstance(run, DataloreRun)
    assert (run.user_id, run.read_only, run.update_report) == ("somebody", False, "on success")
    assert run.direct_file_storage_write is True
    assert run.start_time is not None
    assert run.end_time is not None
    assert (run.created_at, run.completed_at) == (run.start_time, run.end_time)
    assert result.duration == (run.end_time - run.start_time).total_seconds()
    assert result.handle.notebook_id == notebook_id


async def test_parameters_may_be_named_by_label(datalore: AsyncDatalore, emulator: Emulator) -> None:
    labels: dict[str, Json] = {
        block.metadata["deepnote_input_label"]: "US"
        for notebook in emulator.notebooks
        for block in notebook.blocks
        if block.metadata.get("deepnote_variable_name") == "region" and "deepnote_input_label" in block.metadata
    }
    result = await datalore.runs.run(of(emulator, "score.deepnote"), labels or {"region": "US"}, timeout=60)
    assert result.text.startswith("region=US")


async def test_a_failing_notebook_is_diagnosed_from_its_artifact(
    datalore: AsyncDatalore, emulator: Emulator, tmp_path: Path
) -> None:
    with pytest.raises(RunFailedError) as caught:
        await datalore.runs.run(of(emulator, "fails.ipynb"), timeout=60)
    error = caught.value
    assert error.failure is not None
    assert (error.failure.ename, error.failure.evalue, error.failure.position) == ("ValueError", "bad region", 1)
    assert "raise ValueError" in error.failure.traceback
    assert error.run_id == error.result.run.run_id
    assert [block.status for block in error.result.blocks] == ["succeeded", "failed", "not_reached"]
    (artifact,) = error.result.artifacts
    path = await artifact.download(tmp_path)
    assert json.loads(path.read_text())["cells"][1]["outputs"][-1]["evalue"] == "bad region"
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301  (made right here)
    assert copy.result.artifacts == error.result.artifacts
    with pytest.raises(RuntimeError, match="another process"):
        await copy.result.artifacts[0].download(tmp_path)


async def test_a_handle_is_saved_and_resumed_by_another_client(emulator: Emulator) -> None:
    async with AsyncDatalore(emulator.token, emulator.url) as first:
        handle = await first.runs.create(of(emulator, "score.ipynb"))
        assert handle.status == "running"
        saved = json.loads(json.dumps(handle.to_dict()))
    assert saved["service"] == "datalore"
    async with AsyncDatalore(emulator.token, emulator.url) as second:
        resumed = second.runs.from_dict(saved)
        result = await resumed.result(timeout=60)
        assert result.text.startswith("region=EU n=3")
        assert await resumed.snapshot() is None
        by_id = second.runs.handle(handle.id)
        assert (await by_id.refresh()).status == "success"
    async with AsyncDeepnote(emulator.token, emulator.url) as other:
        with pytest.raises(ValueError, match="belongs to 'datalore', not to 'deepnote'"):
            other.runs.from_dict(saved)


async def test_a_wait_that_ends_leaves_the_run_going(datalore: AsyncDatalore, emulator: Emulator) -> None:
    handle = await datalore.runs.create(of(emulator, "slow.ipynb"))
    with pytest.raises(RunTimeoutError) as caught:
        await handle.wait(timeout=0.2)
    assert (caught.value.run_id, caught.value.status) == (handle.id, "running")
    run = await datalore.runs.get(handle.id)
    assert run.extra["status"] in {"pending", "running"}
    assert run.artifacts == ()
    assert (await handle.wait(timeout=60)).status == "success"


async def test_an_interactive_run_has_no_id(datalore: AsyncDatalore, emulator: Emulator) -> None:
    await datalore.runs.run_interactive(f"{emulator.url}/notebook/{of(emulator, 'score.ipynb')}/")
    with pytest.raises(NotFoundError, match="Notebook not found"):
        await datalore.runs.run_interactive("somebody/nothing")


async def test_the_generated_client_works_under_the_same_policy(datalore: AsyncDatalore, emulator: Emulator) -> None:
    from datalore_async_api.api.runs import get_run
    from datalore_async_api.models import NotebookRun

    handle = await datalore.runs.create(of(emulator, "score.ipynb"))
    run = await get_run.asyncio(handle.id, client=datalore.generated)
    assert isinstance(run, NotebookRun)
    assert run.run_id == handle.id
    with pytest.raises(NotFoundError):
        await get_run.asyncio("nothing", client=datalore.generated)
