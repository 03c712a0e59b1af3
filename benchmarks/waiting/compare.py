"""Our client beside the rules of others: where something was promised, and along everybody's knob."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence

from attrs import evolve, frozen

from benchmarks.targets import Target
from benchmarks.waiting.jobs import Job, Results
from benchmarks.waiting.plot import Curve
from benchmarks.waiting.rules import (
    EXPONENTIAL,
    FIXED,
    LISTS,
    LISTS_PROPORTIONAL,
    OURS,
    PROPORTIONAL,
    TEXTS,
    VENDOR,
    Rule,
)
from benchmarks.waiting.scenario import Figures, Scenario
from benchmarks.waiting.ways import FACTORS


@frozen(kw_only=True)
class Promise:
    """What is promised of one scenario: upper bounds, None where nothing was said.

    Attributes:
        requests: looks and pages per run.
        mean: mean delay in seconds.
        p95: delay that 95 of 100 runs stay below, in seconds.
        refused: share of looks and pages answered 429.
        aim_requests: what one would like to see of the requests.
        aim_mean: what one would like to see of the mean delay.
    """

    requests: float
    mean: float
    p95: float | None = None
    refused: float | None = None
    aim_requests: float | None = None
    aim_mean: float | None = None


_FEW = Promise(requests=1.5, mean=2.2, p95=7, aim_requests=1.2, aim_mean=2.0)
PROMISES: Mapping[Scenario, Promise] = {
    Scenario(notebooks=1): _FEW,
    Scenario(notebooks=10): _FEW,
    Scenario(notebooks=100): Promise(requests=6, mean=3, p95=10),
    Scenario(notebooks=10, limit=10): Promise(requests=1.0, mean=4, refused=0.005),
}
ALONE = Scenario(notebooks=1000)
"""A run per notebook, so that there is nothing a list could save; for information."""
RIVALS = (Rule(VENDOR), Rule(EXPONENTIAL, 10), Rule(LISTS, 1))
FRONTIER = Scenario(notebooks=10)
KNOBS: Mapping[str, Sequence[float]] = {
    OURS: FACTORS,
    FIXED: (1, 2, 5, 10, 20),
    EXPONENTIAL: (2, 5, 10, 20),
    PROPORTIONAL: (0.03, 0.1, 0.3),
    LISTS: (1, 2, 5, 10, 20),
    LISTS_PROPORTIONAL: (0.03, 0.1, 0.3),
}
"""What the knob of each rule is turned to."""
SEEDS = 3
_QUICK_RUNS = 12

COMPARISON_HEAD = (
    "median of the seeds", "req/run", "mean s", "p50 s", "p95 s", "max s", "429", "given up", "peak req/s", "pages",
    "started in s", "simulated in s",
)  # fmt: skip
FRONTIER_HEAD = ("rule", "knob", "req/run", "mean s", "p95 s")


@frozen
class Comparison:
    """What to simulate, and how to tell of it.

    Args:
        seed: the first of the seeds.
        quick: few runs and one seed.
    """

    seed: int
    quick: bool

    @property
    def jobs(self) -> list[Job]:
        """Everything that the tables need, once each."""
        table = [job for scenario in self._scenarios for rule in self._rules for job in self._cell(scenario, rule)]
        return list(dict.fromkeys([*table, *(job for jobs in self._frontier.values() for job in jobs)]))

    def rows(self, results: Results) -> list[list[str]]:
        """Write every scenario and rule as a row under COMPARISON_HEAD."""
        return [
            figures_row(f"{scenario.name}: {rule.name}", self._seen(results, scenario, rule))
            for scenario in self._scenarios
            for rule in self._rules
        ]

    def targets(self, results: Results) -> list[Target]:
        """Hold our client to what was promised, one figure for each seed."""
        found = []
        for scenario, promise in PROMISES.items():
            seen = self._seen(results, self._sized(scenario), Rule(OURS))
            bounds: Sequence[tuple[str, Callable[[Figures], float], float | None, float | None]] = (
                ("requests per run", lambda figures: figures.requests, promise.requests, promise.aim_requests),
                ("mean delay, s", lambda figures: figures.mean, promise.mean, promise.aim_mean),
                ("p95 delay, s", lambda figures: figures.delay(0.95), promise.p95, None),
                ("429 in %", lambda figures: 100 * figures.refused, _percent(promise.refused), None),
            )
            found += [
                Target(f"{scenario.name}: {name}", [value(figures) for figures in seen], bound, at_most=True, aim=aim)
                for name, value, bound, aim in bounds
                if bound is not None
            ]
        return found

    def frontier_rows(self, results: Results) -> list[list[str]]:
        """Write what each turn of a knob gave as a row under FRONTIER_HEAD."""
        return [
            [TEXTS[job.rule.kind].format("k"), f"{job.rule.knob:g}"]
            + [f"{value:.2f}" for value in (results[job].requests, results[job].mean, results[job].delay(0.95))]
            for jobs in self._frontier.values()
            for job in jobs
        ]

    def curves(self, results: Results) -> list[Curve]:
        """Give mean delay and requests per run of each rule as its knob is turned."""
        return [
            Curve(TEXTS[kind].format("k"), [(results[job].mean, results[job].requests) for job in jobs])
            for kind, jobs in self._frontier.items()
        ]

    @property
    def _scenarios(self) -> list[Scenario]:
        return [self._sized(scenario) for scenario in (*PROMISES, ALONE)]

    @property
    def _rules(self) -> Sequence[Rule]:
        return Rule(OURS), *RIVALS

    @property
    def _frontier(self) -> dict[str, list[Job]]:
        return {
            kind: [Job(Rule(kind, knob), self._sized(FRONTIER), self.seed) for knob in knobs]
            for kind, knobs in KNOBS.items()
        }

    def _cell(self, scenario: Scenario, rule: Rule) -> list[Job]:
        """Give the jobs of one row; a rule that knows no lists does the same however the runs are spread."""
        if not rule.uses_lists and scenario.limit is None:
            scenario = evolve(scenario, notebooks=1)
        seeds = SEEDS if rule.kind == OURS and scenario.notebooks < scenario.runs and not self.quick else 1
        return [Job(rule, scenario, self.seed + number) for number in range(seeds)]

    def _seen(self, results: Results, scenario: Scenario, rule: Rule) -> list[Figures]:
        return [results[job] for job in self._cell(scenario, rule)]

    def _sized(self, scenario: Scenario) -> Scenario:
        return evolve(scenario, runs=_QUICK_RUNS) if self.quick else scenario


def figures_row(name: str, seen: Sequence[Figures]) -> list[str]:
    """Write what the seeds saw as a row under COMPARISON_HEAD."""
    times: Sequence[Callable[[Figures], float]] = (
        lambda figures: figures.requests,
        lambda figures: figures.mean,
        lambda figures: figures.delay(0.5),
        lambda figures: figures.delay(0.95),
        lambda figures: figures.delay(1.0),
    )
    shares: Sequence[Callable[[Figures], float]] = (lambda figures: figures.refused, lambda figures: figures.given_up)
    counts: Sequence[Callable[[Figures], float]] = (
        lambda figures: figures.counts.peak,
        lambda figures: figures.counts.pages,
        lambda figures: figures.starting,
    )
    return [
        name,
        *(f"{statistics.median(map(value, seen)):.2f}" for value in times),
        *(f"{statistics.median(map(value, seen)):.1%}" for value in shares),
        *(f"{statistics.median(map(value, seen)):.0f}" for value in counts),
        f"{statistics.median(figures.wall for figures in seen):.1f}",
    ]


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
