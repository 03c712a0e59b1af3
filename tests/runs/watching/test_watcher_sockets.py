"""The watcher over real sockets, against lists that are not what they should be, limits and failures."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from deepnote_async import AsyncDeepnote
from deepnote_emulator import Emulator, Fault, FaultStep, Listing, RateLimit, SimulatedEngine
from deepnote_emulator.faults.model import Kind
from tests.runs.watching.site import assert_idle, watcher_of

pytestmark = pytest.mark.long

RUNS = 50
LONG_TEST = pytest.mark.long

LISTINGS = {
    "newest": Listing(),
    "oldest": Listing("oldest"),
    "shuffled": Listing("shuffled", seed=3),
    "rows come twice": Listing(repeats="rows"),
    "the first page for ever": Listing(repeats="pages"),
    "oldest, the first page for ever": Listing("oldest", repeats="pages"),
    "no createdAt": Listing("shuffled", seed=5, created_at=False),
}


async def all_end(emulator: Emulator, count: int = RUNS) -> Counter[str]:
    """Start runs, wait for each in a task of its own; gives the requests that waiting took."""
    async with asyncio.timeout(30), AsyncDeepnote(emulator.token, emulator.url, retry=None) as client:
        notebook_id = emulator.notebook_id("score.ipynb")
        handles = await asyncio.gather(*[client.runs.create(notebook_id) for _ in range(count)])
        saved = [client.runs.handle(handle.id, notebook_id) for handle in handles]
        before = emulator.calls
        runs = await asyncio.gather(*[handle.wait() for handle in (*handles, *saved)])
        assert [run.run_id for run in runs] == [handle.id for handle in handles] * 2
        assert {run.status.value for run in runs} == {"success"}
        await asyncio.sleep(0)
        assert_idle(watcher_of(client))
        return emulator.calls - before


QUICK = {"oldest", "no createdAt"}


@pytest.mark.parametrize("name", [pytest.param(name, marks=() if name in QUICK else LONG_TEST) for name in LISTINGS])
async def test_no_wait_is_lost_whatever_the_list_is_like(notebooks: Path, name: str) -> None:
    engine = SimulatedEngine(duration=lambda chance: 0.1 + 0.4 * chance.random(), seed=1)
    with Emulator(notebooks, engine=engine, listing=LISTINGS[name]) as emulator:
        calls = await all_end(emulator)
    assert calls["getRun"] + calls["listNotebookRuns"] <= 4 * RUNS
    if "first page" not in name:
        assert calls["getRun"] <= RUNS


async def test_no_wait_is_lost_in_a_list_of_several_pages(notebooks: Path) -> None:
    engine = SimulatedEngine(duration=lambda chance: 0.3 + 0.4 * chance.random(), seed=1)
    with Emulator(notebooks, engine=engine, listing=Listing("newest", repeats="pages")) as emulator:
        calls = await all_end(emulator, 130)
    assert calls["getRun"] + calls["listNotebookRuns"] <= 4 * 130


async def test_no_wait_is_lost_to_a_limit(notebooks: Path) -> None:
    engine = SimulatedEngine(duration=lambda chance: 0.1 + 0.4 * chance.random(), seed=1)
    with Emulator(notebooks, engine=engine, rate_limit=RateLimit(10, scope="reads")) as emulator:
        calls = await all_end(emulator)
        refused = emulator.limited
    assert refused["getRun"] + refused["listNotebookRuns"] <= 10
    assert calls["getRun"] + calls["listNotebookRuns"] <= 2 * RUNS


@pytest.mark.parametrize(
    "kind", ["html", *[pytest.param(kind, marks=LONG_TEST) for kind in ("reset", "truncated_json", "null", "empty")]]
)
async def test_no_wait_is_lost_to_broken_answers(notebooks: Path, kind: Kind) -> None:
    engine = SimulatedEngine(duration=lambda chance: 0.1 + 0.4 * chance.random(), seed=1)
    with Emulator(notebooks, engine=engine) as emulator:
        emulator.faults.set(
            [
                FaultStep("listNotebookRuns", Fault(kind), probability=0.3, count=1000),
                FaultStep("getRun", Fault("status", status=503), probability=0.1, count=3),
            ],
            seed=1,
        )
        await all_end(emulator)
