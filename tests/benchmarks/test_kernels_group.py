"""The group `kernels` runs and leaves nothing; no figure of time is judged here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.group import Settings
from benchmarks.kernels.group import NONE, SPARE, measure
from tests.support.processes import kernels_of

ROOT = Path(__file__).resolve().parent.parent.parent


def test_a_quick_run_starts_runs_and_sessions_in_both_ways(capsys: pytest.CaptureFixture[str]) -> None:
    figures: Any = measure(Settings(quick=True, profile=False, seed=1))
    rows = {f"{start}: {kernel}" for start in ("run", "session") for kernel in (SPARE, NONE)}
    assert set(figures["seconds"]) == rows
    assert all(len(seconds) == 1 and seconds[0] > 0 for seconds in figures["seconds"].values())
    printed = capsys.readouterr().out
    assert all(f"\n{name} " in printed for name in rows)
    assert printed.count(" met") + printed.count("MISSED") == len(figures["targets"]) == 4
    assert kernels_of() == []


def test_it_is_one_of_the_groups_and_finds_its_kernels_there() -> None:
    """The command hides a package, and nothing else."""
    command = [sys.executable, "-m", "benchmarks", "kernels", "--quick"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    assert done.stderr == ""
    assert done.stdout.startswith("kernels: ")
