"""Few runs on a notebook that others flood with theirs: where a list may cost more than it tells."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from benchmarks.targets import Target
from benchmarks.waiting.jobs import Job, Results
from benchmarks.waiting.rules import OURS, OURS_LOOKING, Rule
from benchmarks.waiting.scenario import Scenario

MEDIAN_SECONDS = 600.0
OTHERS = (0.0, 0.1, 1.0, 5.0)
"""Runs per second that other people start on the notebook."""
SEEDS = {1: 12, 2: 6, 5: 3, 20: 1, 100: 1}
"""How many times to wait for so many runs."""
BOUND = 1.2
"""One run alone never costs more than so many times what it costs without lists."""


@frozen
class Lone:
    """What to simulate, and how to tell of it.

    Plain looks are those of our own client, following the same schedule, by handles that do not know their notebook in
    a world that does not tell it.

    Args:
        seed: the first of the seeds.
        quick: one seed, and few runs only.
    """

    seed: int
    quick: bool

    @property
    def head(self) -> list[str]:
        """The head of the table."""
        return ["runs of ours", "plain looks", *(f"{others:g}/s of others" for others in OTHERS)]

    @property
    def jobs(self) -> list[Job]:
        """Everything that the table needs."""
        return [
            job
            for runs in self._numbers
            for jobs in (self._plain(runs), *(self._flooded(runs, others) for others in OTHERS))
            for job in jobs
        ]

    def rows(self, results: Results) -> list[list[str]]:
        """Write the looks and pages per run as a row for each number of runs."""
        return [
            [str(runs), f"{_requests(results, self._plain(runs)):.1f}"]
            + [f"{_requests(results, self._flooded(runs, others)):.1f}" for others in OTHERS]
            for runs in self._numbers
        ]

    def targets(self, results: Results) -> list[Target]:
        """Hold a run alone to the bound."""
        plain = _requests(results, self._plain(1))
        return [
            Target(
                f"one run, {others:g}/s of others: requests / plain looks",
                [_requests(results, self._flooded(1, others)) / plain],
                BOUND,
                at_most=True,
            )
            for others in OTHERS
        ]

    @property
    def _numbers(self) -> Sequence[int]:
        return (1, 5) if self.quick else tuple(SEEDS)

    def _plain(self, runs: int) -> list[Job]:
        scenario = Scenario(notebooks=1, runs=runs, median=MEDIAN_SECONDS, names_notebook=False)
        return self._seeded(Rule(OURS_LOOKING), scenario)

    def _flooded(self, runs: int, others: float) -> list[Job]:
        scenario = Scenario(notebooks=1, runs=runs, median=MEDIAN_SECONDS, others=others)
        return self._seeded(Rule(OURS), scenario)

    def _seeded(self, rule: Rule, scenario: Scenario) -> list[Job]:
        return [Job(rule, scenario, self.seed + number) for number in range(1 if self.quick else SEEDS[scenario.runs])]


def _requests(results: Results, jobs: Sequence[Job]) -> float:
    """Give looks and pages per run, over all seeds."""
    return sum(results[job].counts.waiting for job in jobs) / sum(results[job].runs for job in jobs)
