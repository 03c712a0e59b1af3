"""The benchmarks run, print every row, tell met from missed, and leave no server behind. No figure is judged here."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from benchmarks.http.measure import Scenario, Window, Windows, plan
from benchmarks.http.report import targets
from benchmarks.http.server import serving
from benchmarks.http.stacks import FACADE, RAW_AIOHTTP, RAW_HTTPX, STOCK, STOCK_SNIFFIO
from benchmarks.targets import Target

ROOT = Path(__file__).resolve().parent.parent.parent
COMMAND = [sys.executable, "-m", "benchmarks", "http", "--quick"]


@pytest.mark.long
def test_a_quick_run_prints_every_row_and_writes_the_figures(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    done = subprocess.run(
        [*COMMAND, "--json", str(file)], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    for scenario in ("1 in flight", "32 in flight", "48 in flight", "48 in flight, 100 ms latency"):
        few = [STOCK_SNIFFIO] if scenario.startswith(("1 ", "32 ")) else []
        for stack in (FACADE, RAW_HTTPX, STOCK, RAW_AIOHTTP, *few):
            assert sum(line.startswith(f"{scenario}: {stack}  ") for line in lines) == 1, (scenario, stack)
    verdicts = [line for line in lines if line.startswith(FACADE) and ("met" in line or "MISSED" in line)]
    assert len(verdicts) == 7
    figures = json.loads(file.read_text())
    assert len(figures["http"]["windows"]) == 18
    assert [len(target["ratios"]) for target in figures["http"]["targets"]] == [1] * 7


@pytest.mark.long
def test_a_profile_names_the_layers_of_both_stacks() -> None:
    done = subprocess.run([*COMMAND, "--profile"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for layer in ("transport/policy", "resources and records", "httpx: addresses", "aiohttp and yarl", "together"):
        assert f"\n{layer}  " in done.stdout


def test_an_interrupted_run_leaves_no_server() -> None:
    with subprocess.Popen(COMMAND, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = next(line for line in process.stdout if "pid" in line)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 130
        assert errors.strip() == "Interrupted; the server is gone."
    assert not psutil.pid_exists(int(line.split()[-1]))


def test_the_server_ends_with_whoever_started_it() -> None:
    starter = (
        "from benchmarks.http.server import serving\n"
        "import os\n"
        "with serving([0.0], None) as server:\n"
        "    print(server.pid, flush=True)\n"
        "    os._exit(0)\n"
    )
    done = subprocess.run([sys.executable, "-c", starter], cwd=ROOT, capture_output=True, text=True, check=True)
    try:
        psutil.Process(int(done.stdout)).wait(timeout=30)
    except psutil.NoSuchProcess:
        return


def test_a_server_that_does_not_start_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="did not start"), serving([0.0], core=10**6):
        pass


def test_every_stack_of_a_scenario_is_measured_in_every_repetition_in_a_seeded_order() -> None:
    one, two = Scenario(1, 0.0, 1.0), Scenario(32, 0.0, 1.0)
    scenarios = {one: ["a", "b", "c", "d"], two: ["a", "b"]}
    order = list(plan(scenarios, 3, seed=1))
    assert order == list(plan(scenarios, 3, seed=1))
    assert order != list(plan(scenarios, 3, seed=2))
    assert sorted(order[:6], key=str) == sorted(
        [(0, one, name) for name in "abcd"] + [(0, two, name) for name in "ab"], key=str
    )
    assert len(order) == 18


def test_ratios_are_taken_per_repetition_from_processor_time() -> None:
    scenario = Scenario(32, 0.0, 1.0)
    windows: Windows = {
        (scenario, FACADE): [_window(100, cpu=0.5), _window(100, cpu=1.0)],
        (scenario, RAW_HTTPX): [_window(200, cpu=0.5), _window(100, cpu=1.0)],
        (scenario, STOCK): [_window(10, cpu=1.0), _window(50, cpu=1.0)],
    }
    httpx, stock = targets(windows)
    assert (list(httpx.ratios), list(httpx.beside)) == ([0.5, 1.0], [0.5, 1.0])
    assert (list(stock.ratios), list(stock.beside)) == ([20.0, 2.0], [10.0, 2.0])


def test_with_latency_the_clock_counts() -> None:
    scenario = Scenario(300, 0.1, 2.0)
    windows: Windows = {
        (scenario, FACADE): [_window(2400, cpu=0.5, p99=0.15)],
        (scenario, RAW_HTTPX): [_window(3000, cpu=0.1)],
    }
    assert [list(target.ratios) for target in targets(windows)] == [[0.8], [0.8], [pytest.approx(1.5)]]
    assert [target.met for target in targets(windows)] == [True, False, True]


@pytest.mark.parametrize(
    ("ratios", "at_most", "verdict"),
    [
        ([0.5, 0.7, 0.9], False, "met"),
        ([0.5, 0.69, 0.9], False, "MISSED"),
        ([0.5, 0.81, 0.9], False, "met, aim too"),
        ([0.5, 0.6, 0.9], True, "met"),
        ([0.5, 0.5, 0.9], True, "met, aim too"),
        ([0.5, 0.8, 0.9], True, "MISSED"),
    ],
)
def test_the_median_decides(ratios: list[float], at_most: bool, verdict: str) -> None:  # noqa: FBT001
    aim = 0.55 if at_most else 0.8
    assert Target("a / b", ratios, 0.7, at_most=at_most, aim=aim).verdict == verdict


def _window(answers: int, *, cpu: float, p99: float = 0.1) -> Window:
    return Window(answers, 0, 1.0, cpu, p50=0.1, p99=p99)
