"""Lost starts over real sockets: the emulator really starts the runs, and the answers really break."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from deepnote_async import AsyncDeepnote, RunHandle, RunStartUnknownError
from deepnote_async.runs import registry, search
from deepnote_emulator import Emulator
from tests.support.losing import LOSING

pytestmark = pytest.mark.long

STARTS = 1000


@pytest.fixture
def emulator(notebooks: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    # The emulator lists a run at once; the service may take its time, and this test need not.
    for module in (registry, search):
        monkeypatch.setattr(module, "APPEARANCE_SECONDS", 0.1)
    with Emulator(notebooks, engine="simulated") as emulator:
        emulator.faults.set(LOSING, seed=5)
        yield emulator


async def made(emulator: Emulator, client: AsyncDeepnote) -> set[str]:
    return {run.run_id async for run in client.notebooks.runs(emulator.notebook_id("score.deepnote"), page_size=100)}


async def test_reconciling_finds_the_lost_runs_of_a_single_writer(emulator: Emulator) -> None:
    notebook_id = emulator.notebook_id("score.deepnote")
    handles: list[RunHandle] = []
    unknown = 0
    async with AsyncDeepnote(emulator.token, emulator.url) as client:
        for _ in range(STARTS):
            try:
                handles.append(await client.runs.create(notebook_id, on_unknown="reconcile"))
            except RunStartUnknownError:
                unknown += 1
        runs = await made(emulator, client)
    assert len(emulator.faults.journal) > 0.4 * STARTS
    assert len(handles) == len({handle.id for handle in handles})
    assert {handle.id for handle in handles} <= runs
    assert unknown <= 0.005 * STARTS
    assert len(runs) - len(handles) <= unknown  # no run that nobody holds, but perhaps of those that were told
    assert sum(handle.adopted for handle in handles) > 0.2 * STARTS


async def test_a_run_key_finds_the_lost_runs_of_eight_writers(emulator: Emulator) -> None:
    notebook_id = emulator.notebook_id("score.deepnote")
    handles: list[RunHandle] = []

    async def write(client: AsyncDeepnote, starts: int) -> None:
        for _ in range(starts):
            handles.append(await client.runs.create(notebook_id, run_key_input="region"))  # noqa: PERF401

    async def write_with_one_client(writers: int) -> None:
        async with AsyncDeepnote(emulator.token, emulator.url) as client, anyio.create_task_group() as group:
            for _ in range(writers):
                group.start_soon(write, client, STARTS // 8)

    async with anyio.create_task_group() as group:
        for writers in (6, 1, 1):
            group.start_soon(write_with_one_client, writers)
    async with AsyncDeepnote(emulator.token, emulator.url) as client:
        runs = await made(emulator, client)
    assert len(emulator.faults.journal) > 0.4 * STARTS
    assert len(handles) == STARTS
    assert Counter(handle.id for handle in handles).most_common(1)[0][1] == 1
    assert {handle.id for handle in handles} == runs  # each start made one run, and holds it
