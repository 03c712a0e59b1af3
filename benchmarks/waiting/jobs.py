"""Simulations on all cores: each is one process's work, and what they find does not depend on how long they take."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from attrs import frozen

from benchmarks.waiting.rules import Rule
from benchmarks.waiting.scenario import Figures, Scenario, simulate


@frozen
class Job:
    """One simulation."""

    rule: Rule
    scenario: Scenario
    seed: int


Results = Mapping[Job, Figures]


def play(jobs: Sequence[Job], *, processes: int | None = None) -> Results:
    """Simulate, and give what each simulation saw.

    Args:
        jobs: what to simulate.
        processes: how many to use; None for one on each core that this process may use, 1 for none but this.
    """
    processes = _cores() if processes is None else processes
    if processes == 1:
        return {job: _play(job) for job in jobs}
    # A text's hash, which clients may take for a seed, is the same in all of them, and so every run of the benchmark
    # finds the same.
    with (
        _environment("PYTHONHASHSEED", "0"),
        multiprocessing.get_context("spawn").Pool(processes, ignore_interrupts) as pool,
    ):
        return dict(zip(jobs, pool.imap(_play, jobs), strict=True))


def _play(job: Job) -> Figures:
    return simulate(job.rule.make(), job.scenario, job.seed)


def ignore_interrupts() -> None:
    """Leave an interrupt to the process that started this one, which ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
