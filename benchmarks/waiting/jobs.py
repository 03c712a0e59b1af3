"""Simulations on all cores: each is one process's work, and what they find does not depend on how long they take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen

from benchmarks.elsewhere import cores, run_elsewhere
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
        processes: how many others to use; None for one on each core that this process may use, 0 for none but this.
    """
    count = cores() if processes is None else processes
    if not count:
        return {job: play_one(job) for job in jobs}
    return dict(zip(jobs, run_elsewhere(play_one, jobs, count), strict=True))


def play_one(job: Job) -> Figures:
    """Simulate here."""
    return simulate(job.rule.make(), job.scenario, job.seed)
