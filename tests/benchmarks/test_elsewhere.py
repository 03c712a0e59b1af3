"""Work in other processes comes back in order, fails loudly and leaves nothing behind."""

from __future__ import annotations

import operator
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from benchmarks.elsewhere import run_elsewhere

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize("processes", [1, 2, 9])
def test_results_come_in_the_order_of_the_arguments(processes: int) -> None:
    assert run_elsewhere(abs, [-1, 2, -3, 4, -5], processes) == [1, 2, 3, 4, 5]


def test_nothing_to_do_is_done_at_once() -> None:
    assert run_elsewhere(abs, [], 2) == []


def test_a_text_has_the_same_hash_in_all_of_them() -> None:
    assert len(set(run_elsewhere(hash, ["a text"] * 3, 3))) == 1


def test_a_failure_is_told_with_what_was_written() -> None:
    with pytest.raises(RuntimeError, match="IndexError"):
        run_elsewhere(operator.itemgetter(5), [[1, 2]])


def test_an_interrupt_ends_the_others() -> None:
    program = "from benchmarks.elsewhere import run_elsewhere\nimport time\nrun_elsewhere(time.sleep, [60, 60], 2)\n"
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        workers = _workers_of(process.pid)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
    _, alive = psutil.wait_procs(workers, timeout=30)
    assert alive == []


def test_they_end_with_whoever_started_them() -> None:
    program = "from benchmarks.elsewhere import run_elsewhere\nimport time\nrun_elsewhere(time.sleep, [60, 60], 2)\n"
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT) as process:
        workers = _workers_of(process.pid)
        process.kill()
    _, alive = psutil.wait_procs(workers, timeout=30)
    assert alive == []


def _workers_of(pid: int) -> list[psutil.Process]:
    for _ in range(3000):
        workers = psutil.Process(pid).children()
        if len(workers) == 2:
            return workers
        time.sleep(0.01)
    raise AssertionError(f"process {pid} of {os.getpid()} started no two others")
