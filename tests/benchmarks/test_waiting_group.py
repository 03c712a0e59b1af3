"""The group `waiting` prints what it should, and its plots show every point. No figure is judged here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks.waiting.compare import PROMISES, RIVALS, Comparison
from benchmarks.waiting.lone import OTHERS, Lone
from benchmarks.waiting.plot import Axis, Curve, ascii_plot, svg_plot
from benchmarks.waiting.rules import FIXED, LISTS, OURS, Rule

ROOT = Path(__file__).resolve().parent.parent.parent
CURVES = [Curve("a <rule>", [(1, 100), (10, 1)]), Curve("another", [(10, 100), (10, 1)])]


def test_letters_stand_where_the_points_lie() -> None:
    lines = ascii_plot(CURVES, "delay", "requests").splitlines()
    assert lines[0] == "requests"
    assert lines[1] == "   100 |A" + " " * 63 + "B"
    assert lines[21] == "     1 |" + " " * 64 + "A"  # the curve named first is seen
    assert lines[11].startswith("    10 |")
    assert lines[23].split() == ["1", "2", "5", "10"]
    assert lines[-3:] == [" " * 68 + "delay", "  A  a <rule>", "  B  another"]


def test_an_svg_has_every_point_and_name() -> None:
    root = ET.fromstring(svg_plot(CURVES, "title", "delay & co", "requests"))  # noqa: S314  (our own text)
    name = "{http://www.w3.org/2000/svg}"
    circles = [(float(circle.get("cx", 0)), float(circle.get("cy", 0))) for circle in root.findall(f"{name}circle")]
    assert len(circles) == 4 + 2  # and the legend
    assert circles[:2] == [(70, 40), (710, 460)]
    assert len(root.findall(f"{name}polyline")) == 2
    texts = {text.text for text in root.iter(f"{name}text")}
    assert {"title", "delay & co", "requests", "a <rule>", "another", "1", "100"} <= texts


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [([0.6, 30], 0.5, 50), ([1, 10], 1, 10), ([3, 3], 2, 5), ([5, 5], 5, 50), ([0.004, 1200], 0.002, 2000)],
)
def test_an_axis_reaches_to_the_next_numbers(values: list[float], low: float, high: float) -> None:
    axis = Axis.around(values)
    assert (axis.low, axis.high) == (low, high)
    assert 0 <= axis.place(min(values)) <= axis.place(max(values)) <= 1
    assert (axis.place(low), axis.place(high)) == (0, 1)


def test_what_was_promised_is_simulated_with_three_seeds_and_rules_that_know_no_lists_once() -> None:
    jobs = Comparison(7, quick=False).jobs
    assert len(jobs) == len(set(jobs))
    for scenario in PROMISES:
        assert [job.seed for job in jobs if (job.rule, job.scenario) == (Rule(OURS), scenario)] == [7, 8, 9]
        assert [job.seed for job in jobs if (job.rule, job.scenario) == (Rule(LISTS, 1), scenario)] == [7]
    assert len([job for job in jobs if job.rule == RIVALS[0]]) == 2  # with a limit and without


def test_few_runs_are_compared_with_looks_at_the_same_runs() -> None:
    jobs = Lone(1, quick=True).jobs
    alone = [job for job in jobs if job.scenario.runs == 1]
    assert len(alone) == 1 + len(OTHERS)
    assert {job.scenario.others for job in alone} == set(OTHERS)
    assert [job.scenario.names_notebook for job in alone] == [False, True, True, True, True]


def test_one_scenario_is_one_row() -> None:
    command = [
        sys.executable, "-m", "benchmarks.waiting", "--notebooks", "2", "--runs", "10", "--seed", "1", "2",
        "--limit", "10", "--rule", FIXED, "--knob", "5", "--processes", "0",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    _, *rows = done.stdout.splitlines()
    assert [row[:42] for row in rows] == [
        f"2 notebooks, 10 req/s: each run every 5 s, seed {seed}"[:42] for seed in "12"
    ]


@pytest.mark.long
def test_a_quick_run_prints_every_row_and_draws_the_frontier(tmp_path: Path) -> None:
    figures, plot = tmp_path / "figures.json", tmp_path / "frontier.svg"
    command = [sys.executable, "-m", "benchmarks", "waiting", "--quick", "--json", str(figures), "--plot", str(plot)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    for scenario in ("1 notebook", "10 notebooks", "100 notebooks", "10 notebooks, 10 req/s", "1000 notebooks"):
        for rule in (Rule(OURS), *RIVALS):
            assert sum(line.startswith(f"{scenario}: {rule.name}  ") for line in lines) == 1, (scenario, rule)
    assert len([line for line in lines if line.endswith(("met", "met, aim too", "MISSED"))]) == 12 + 4 + 1
    assert any("waits on 10 notebooks keep" in line for line in lines)
    assert any(line.startswith("Over sockets, 20 runs") for line in lines)
    ET.fromstring(plot.read_text(encoding="utf-8"))  # noqa: S314  (our own text)
    told = json.loads(figures.read_text(encoding="utf-8"))["waiting"]
    assert len(told["targets"]) == 12 + 4 + 1
    assert len(told["sockets"]["delays"]) == 20
