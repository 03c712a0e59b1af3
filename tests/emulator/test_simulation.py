"""How simulated runs go: their durations, their ends, and what they leave."""

from __future__ import annotations

import asyncio
import gc
import json
import math
import random
import statistics
import tracemalloc
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from deepnote_async import AsyncDeepnote, RunFailedError
from deepnote_emulator import Emulator, Lognormal, SimulatedEngine
from deepnote_emulator.documents import load_folder
from deepnote_emulator.execution import Plan, RunRecord, Step
from deepnote_emulator.execution.simulated import Simulation
from deepnote_emulator.execution.simulation import FAILURE, MACHINE_FAILURE, printed
from deepnote_emulator.state import State
from tests.emulator.support import api_of
from tests.support.virtual_time import run_virtually

PLAN = Plan(steps=(Step(block_id="b", code="x"),))
SAID = "simulated: this block was not executed\n"


def virtually(folder: Path, engine: SimulatedEngine, work: Callable[[State], Awaitable[None]]) -> None:
    """Do something with the state of an emulator in virtual time, without its server."""

    async def main() -> None:
        state = State.of(load_folder(folder), lambda _keeper: Simulation(engine), "token")
        try:
            await work(state)
        finally:
            await state.close()

    run_virtually(main())


def starts_of(state: State, *names: str) -> list[RunRecord]:
    """Start a run of each notebook, in that order."""
    by_name = {notebook.name: notebook for project in state.projects.all() for notebook in project.notebooks}
    return [state.start_run(by_name[name], {}) for name in names]


async def all_ended(runs: Sequence[RunRecord]) -> None:
    for run in runs:
        while not run.is_terminal:
            await asyncio.sleep(1)


def test_ten_thousand_runs_at_once_take_a_timer_each(notebooks: Path) -> None:
    async def work(state: State) -> None:
        runs = starts_of(state, *["score"] * 10_000)
        await asyncio.sleep(0.5)
        assert {run.status for run in runs} == {"running"}
        assert state.runs.active == len(runs)
        assert len(asyncio.all_tasks()) == 1
        await all_ended(runs)
        assert state.runs.active == 0
        assert {run.status for run in runs} == {"success"}
        assert not any(run.saved or run.executed for run in runs)

    virtually(notebooks, SimulatedEngine(duration=Lognormal(median=600)), work)


def test_a_run_that_goes_on_takes_little_memory(notebooks: Path) -> None:
    async def work(state: State) -> None:
        await all_ended(starts_of(state, "score"))
        tracemalloc.start()
        try:
            runs = starts_of(state, *["score"] * 1000)
            await asyncio.sleep(0.5)
            gc.collect()
            held = tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()
        assert held / len(runs) < 1536  # bytes

    virtually(notebooks, SimulatedEngine(duration=Lognormal(median=600)), work)


def test_runs_end_when_their_duration_is_over(notebooks: Path) -> None:
    async def work(state: State) -> None:
        loop = asyncio.get_running_loop()
        accepted = loop.time()
        runs = starts_of(state, *["score"] * 200)
        assert {run.status for run in runs} == {"pending"}
        await asyncio.sleep(0)
        assert {run.status for run in runs} == {"running"}
        while loop.time() < 1000:
            for run in runs:
                assert run.foretold is not None
                assert run.is_terminal == (loop.time() - accepted > run.foretold.seconds)
            await asyncio.sleep(5)
        assert all(run.is_terminal for run in runs)

    virtually(notebooks, SimulatedEngine(duration=Lognormal(median=60), error=0.3, seed=5), work)


def test_durations_and_outcomes_are_those_that_were_asked_for(notebooks: Path) -> None:
    seen: list[RunRecord] = []

    async def work(state: State) -> None:
        seen.extend(starts_of(state, *["score"] * 2000))
        await all_ended(seen)

    virtually(notebooks, SimulatedEngine(duration=Lognormal(60, 1), error=0.2, stopped=0.1, internal_error=0.05), work)
    seconds = [run.foretold.seconds for run in seen if run.foretold is not None]
    logarithms = [math.log(one) for one in seconds]
    assert statistics.median(seconds) == pytest.approx(60, rel=0.1)
    assert statistics.stdev(logarithms) == pytest.approx(1, rel=0.1)
    shares = Counter(run.status for run in seen)
    assert shares["error"] == pytest.approx(400, rel=0.15)
    assert shares["stopped"] == pytest.approx(200, rel=0.2)
    assert shares["internal_error"] == pytest.approx(100, rel=0.3)


def test_the_nth_run_of_a_notebook_is_always_the_same(notebooks: Path) -> None:
    def fates(order: Sequence[str], **options: Any) -> dict[tuple[str, int], tuple[str, float]]:
        seen: dict[tuple[str, int], tuple[str, float]] = {}

        async def work(state: State) -> None:
            runs = starts_of(state, *order)
            await all_ended(runs)
            for run in runs:
                assert run.foretold is not None
                seen[run.notebook.name, run.number] = (run.status, run.foretold.seconds)

        virtually(notebooks, SimulatedEngine(duration=Lognormal(60), **options), work)
        return seen

    one = fates(["score", "slow"] * 20, error=0.5, seed=1)
    assert fates(["slow"] * 20 + ["score"] * 20, error=0.5, seed=1) == one
    assert {status for status, _ in one.values()} == {"success", "error"}
    assert len({seconds for _, seconds in one.values()}) == 40
    calm = fates(["score", "slow"] * 20, seed=1)
    assert {key: seconds for key, (_, seconds) in calm.items()} == {key: seconds for key, (_, seconds) in one.items()}
    other = fates(["score", "slow"] * 20, error=0.5, seed=2)
    assert not {seconds for _, seconds in one.values()} & {seconds for _, seconds in other.values()}


def test_a_law_of_ones_own_and_one_without_spread() -> None:
    assert Lognormal(60, 0)(random.Random(1)) == 60  # noqa: S311  (no secret)
    drawn = [SimulatedEngine(duration=lambda draw: draw.uniform(3, 4)).foretell(PLAN, "n", n) for n in range(1, 50)]
    assert all(3 <= fate.seconds <= 4 for fate in drawn)
    assert len({fate.seconds for fate in drawn}) == len(drawn)


async def test_a_drawn_error_is_the_exception_of_a_block(tmp_path: Path) -> None:
    seen = set()
    cells = [{"cell_type": "code", "metadata": {}, "source": f"{name} = 1"} for name in "abc"]
    (tmp_path / "abc.ipynb").write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}))
    async with api_of(tmp_path, engine=SimulatedEngine(error=1)) as api:  # a file's notebook has always the same id
        (project,) = (await api(200, "GET", "/v2/projects"))["projects"]
        notebook_id = project["notebooks"][0]["id"]
        for _ in range(12):
            run = await api.run(notebook_id)
            assert (run["status"], run["error"]) == ("error", None)
            outputs = [block["outputs"] for block in run["snapshotBlocks"]]
            failing = next(number for number, said in enumerate(outputs) if said and said[0]["output_type"] == "error")
            assert [said[0]["text"] for said in outputs[:failing]] == [SAID] * failing
            assert outputs[failing + 1 :] == [[]] * (2 - failing)
            (error,) = outputs[failing]
            assert (error["ename"], error["evalue"]) == ("RuntimeError", FAILURE)
            assert any("----> " in line and f"{'abc'[failing]} = " in line for line in error["traceback"])
            assert error["traceback"][-1].endswith(f": {FAILURE}")
            seen.add(failing)
    assert seen == {0, 1, 2}


async def test_the_client_reads_a_drawn_error_out_of_the_snapshot(notebooks: Path) -> None:
    async with (
        Emulator(notebooks, engine=SimulatedEngine(error=1)) as emulator,
        AsyncDeepnote(emulator.token, emulator.url) as client,
    ):
        with pytest.raises(RunFailedError, match=f"RuntimeError: {FAILURE}"):
            await client.runs.run(emulator.notebook_id("score.deepnote"), timeout=60)


async def test_a_lost_machine_and_a_stop(tmp_path: Path) -> None:
    async with api_of(tmp_path, engine=SimulatedEngine(internal_error=1)) as api:
        lost = await api.run(await api.notebook("1"))
    async with api_of(tmp_path, engine=SimulatedEngine(stopped=1)) as api:
        stopped = await api.run(await api.notebook("1"))
    assert (lost["status"], lost["error"], lost["snapshotBlocks"][0]["outputs"]) == (
        "internal_error",
        MACHINE_FAILURE,
        [],
    )
    assert (stopped["status"], stopped["error"]) == ("stopped", None)
    assert stopped["snapshotBlocks"][0]["outputs"][0]["ename"] == "KeyboardInterrupt"


async def test_without_code_only_the_run_can_tell(tmp_path: Path) -> None:
    async with api_of(tmp_path, engine=SimulatedEngine(error=1)) as api:
        run = await api.run(await api.notebook())
    assert (run["status"], run["error"], run["snapshotBlocks"]) == ("error", FAILURE, [])


@pytest.mark.parametrize(
    ("shares", "names"), [({}, [None, "EmulatorUnsupported"]), ({"error": 1}, ["RuntimeError", None])]
)
async def test_a_run_comes_no_further_than_a_block_that_cannot_be_executed(
    tmp_path: Path, shares: Any, names: list[str | None]
) -> None:
    async with api_of(tmp_path, engine=SimulatedEngine(**shares)) as api:
        notebook_id = await api.notebook("1")
        await api.block(notebook_id, "SELECT 1", type="sql")
        await api.block(notebook_id, "never")
        run = await api.run(notebook_id)
    ends = [[output.get("ename") for output in block["outputs"]] for block in run["snapshotBlocks"]]
    assert run["status"] == "error"
    assert ends == [[name] if name or number == 0 else [] for number, name in enumerate(names)] + [[]]


async def test_the_snapshot_is_the_same_whenever_it_is_asked_for(notebooks: Path) -> None:
    async with api_of(notebooks, engine=SimulatedEngine(duration=lambda _draw: 0.05)) as api:
        notebook_id = next(
            notebook["id"]
            for project in (await api(200, "GET", "/v2/projects"))["projects"]
            for notebook in project["notebooks"]
            if notebook["name"] == "score"
        )
        run_id = (await api.run(notebook_id))["runId"]
        path = f"/v2/runs/{run_id}?snapshotDelivery=inline"
        one, two = [(await api(200, "GET", path))["run"]["snapshotContent"] for _ in range(2)]
        assert one == two
        assert "blocksFailed: 0" in one
        address = (await api(200, "GET", f"/v2/runs/{run_id}"))["run"]["snapshotDownloadUrl"]
        async with httpx.AsyncClient() as stranger:
            assert (await stranger.get(address)).text == one


async def test_a_snapshot_that_cannot_be_written_is_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_options: object) -> str:
        raise OSError("disk full")

    monkeypatch.setattr("deepnote_emulator.execution.runs.write_snapshot", fail)
    async with api_of(tmp_path, engine="simulated") as api:
        run_id = (await api.run(await api.notebook("1")))["runId"]
        run = (await api(200, "GET", f"/v2/runs/{run_id}?snapshotDelivery=inline"))["run"]
    assert (run["status"], run["snapshotStatus"], run["snapshotContent"]) == ("success", "unavailable", None)


@pytest.mark.parametrize("gives", [-1.0, math.inf, math.nan])
async def test_a_law_that_gives_no_duration_is_named(tmp_path: Path, gives: float) -> None:
    async with api_of(tmp_path, engine=SimulatedEngine(duration=lambda _draw: gives)) as api:
        run = await api.run(await api.notebook("1"))
    assert (run["status"], run["snapshotStatus"]) == ("internal_error", "unavailable")
    assert run["error"].startswith(
        "the emulator failed: ValueError: what duration gives must be a finite number from 0"
    )


def test_the_end_of_the_emulator_stops_what_is_going_on(notebooks: Path) -> None:
    runs: list[RunRecord] = []

    async def work(state: State) -> None:
        runs.extend(starts_of(state, "score"))
        await asyncio.sleep(1)
        runs.extend(starts_of(state, "score"))

    virtually(notebooks, SimulatedEngine(duration=lambda _draw: 10), work)
    assert [(run.status, run.snapshot_status) for run in runs] == [("stopped", "unavailable")] * 2


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"duration": 60}, "duration must be a function such as Lognormal(median=60), not 60"),
        ({"error": 1.5}, "error must be a number from 0 to 1, not 1.5"),
        ({"stopped": -0.1}, "stopped must be a number from 0 to 1, not -0.1"),
        ({"internal_error": "x"}, "internal_error must be a number from 0 to 1, not 'x'"),
        ({"error": 0.6, "stopped": 0.5}, "error, internal_error and stopped must not be more than 1 together, got 1.1"),
        ({"seed": 0.5}, "seed must be a whole number from 0 on, not 0.5"),
    ],
)
def test_impossible_simulations_are_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match="must") as refused:
        SimulatedEngine(**options)
    assert str(refused.value) == says


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((0,), "median must be a finite number above 0, not 0"),
        ((math.inf,), "median must be a finite number above 0, not inf"),
        ((60, -1), "sigma must be a finite number from 0 on, not -1"),
    ],
)
def test_impossible_laws_are_refused(arguments: tuple[float, ...], says: str) -> None:
    with pytest.raises(ValueError, match="must") as refused:
        Lognormal(*arguments)
    assert str(refused.value) == says


def test_shares_may_add_up_to_one() -> None:
    assert repr(SimulatedEngine(error=0.7, stopped=0.2, internal_error=0.1)).startswith("SimulatedEngine(seconds=0.0")


def test_a_run_that_is_stopped_before_it_came_to_anything_has_ended(notebooks: Path) -> None:
    async def work(state: State) -> None:
        notebook = next(notebook for project in state.projects.all() for notebook in project.notebooks)
        session, run = await state.sessions.open(state.projects.owner(notebook), notebook, {}, 60)
        await state.sessions.end(session)
        assert (run.status, run.snapshot_status, state.runs.active) == ("stopped", "unavailable", 0)

    virtually(notebooks, SimulatedEngine(), work)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("print('a', 1, -2.5, None)", "a 1 -2.5 None\n"),
        ("print()\nprint([1, 'x'])", "\n[1, 'x']\n"),
        ("print('é\\n')", "é\n\n"),
        *(
            (code, "")
            for code in ("", "1/0", "print(x)", "print('a', end='')", "print(*'ab')", "x = 1\nprint(1)", "def (:")
        ),
        *((code, "") for code in ("print({[]: 1})", "print(" + "(" * 5000, "print('\0')", f"print('{'x' * 10_000}')")),
    ],
)
def test_code_that_prints_literals_and_no_other_is_told(code: str, text: str) -> None:
    assert printed(code) == text
