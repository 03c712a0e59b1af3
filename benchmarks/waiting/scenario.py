"""Many runs are started and waited for all at once: what that costs, and how late it tells."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from attrs import frozen

from benchmarks.virtual_time import run_virtually
from benchmarks.waiting.runs import lognormal
from benchmarks.waiting.ways import GaveUpError, RunToEnd, Way
from benchmarks.waiting.world import MEDIAN_SECONDS, Counts, Rules, World

STARTS_PER_SECOND = 50
_PATIENCE_SECONDS = 7 * 24 * 3600.0
"""Of virtual time. Whoever waits for something that never comes is told so at once, since nothing else is to do."""


@frozen(kw_only=True)
class Scenario:
    """What is waited for.

    Attributes:
        notebooks: how many notebooks the runs are spread over, evenly.
        runs: how many there are.
        limit: looks and pages per second that the service answers, unknown to who waits; None for all of them.
        others: runs per second that other people start on each notebook.
        median: of the runs' durations, in seconds.
        names_notebook: whether a look tells which notebook a run is of.
    """

    notebooks: int
    runs: int = 1000
    limit: float | None = None
    others: float = 0.0
    median: float = MEDIAN_SECONDS
    names_notebook: bool = True

    @property
    def name(self) -> str:
        """The scenario as text."""
        text = f"{self.notebooks} notebook" + ("s" if self.notebooks > 1 else "")
        return text + (f", {self.limit:g} req/s" if self.limit is not None else "")

    def notebook_of(self, run: int) -> str:
        """Give the notebook of a run by its number."""
        return f"notebook-{run % self.notebooks}"

    @property
    def rules(self) -> Rules:
        """The service's part of it."""
        return Rules(
            duration=lognormal(self.median), limit=self.limit, others=self.others, names_notebook=self.names_notebook
        )


@frozen(kw_only=True)
class Figures:
    """What a simulation saw. Times are seconds, virtual but for the last.

    Attributes:
        runs: how many there were.
        delays: from the true end of each run to the moment the wait for it returned, the smallest first; a run whose
            wait was given up has none.
        counts: what was asked.
        starting: how long starting all runs took; longer than their number says where a limit holds the starts up too.
        wall: how long the simulation took.
    """

    runs: int
    delays: Sequence[float]
    counts: Counts
    starting: float
    wall: float

    @property
    def requests(self) -> float:
        """Looks and pages per run."""
        return self.counts.waiting / self.runs

    @property
    def given_up(self) -> float:
        """Share of the runs whose wait was given up."""
        return 1 - len(self.delays) / self.runs

    @property
    def mean(self) -> float:
        """Mean delay."""
        return sum(self.delays) / len(self.delays) if self.delays else math.nan

    @property
    def refused(self) -> float:
        """Share of looks and pages that were answered 429."""
        return self.counts.refused / max(1, self.counts.waiting)

    def delay(self, share: float) -> float:
        """Give the delay that so many of all runs stay below: 0.5 for the median, 1 for the largest."""
        return self.delays[round(share * (len(self.delays) - 1))] if self.delays else math.nan


def simulate(way: Way, scenario: Scenario, seed: int) -> Figures:
    """Play a scenario through.

    The pauses of clients that draw them from Python's shared generator are seeded too; what depends on the hash of a
    text differs from process to process, unless PYTHONHASHSEED is set.

    Args:
        way: who waits.
        scenario: what for.
        seed: decides everything that chance decides.

    Raises:
        TimeoutError: somebody waits for what does not come.
    """
    began = time.perf_counter()
    with _seeded(seed):
        delays, counts, starting = run_virtually(_play(way, scenario, seed))
    wall = time.perf_counter() - began
    return Figures(runs=scenario.runs, delays=sorted(delays), counts=counts, starting=starting, wall=wall)


async def _play(way: Way, scenario: Scenario, seed: int) -> tuple[Sequence[float], Counts, float]:
    world = World(seed, scenario.rules)
    delays: list[float] = []
    async with asyncio.timeout(_PATIENCE_SECONDS), way(world) as run_to_end, asyncio.TaskGroup() as group:
        for number in range(scenario.runs):
            group.create_task(_one(world, run_to_end, scenario.notebook_of(number), delays))
            await asyncio.sleep(1 / STARTS_PER_SECOND)
    return delays, world.counts, max(run.created for run in world.runs.values())


async def _one(world: World, run_to_end: RunToEnd, notebook_id: str, delays: list[float]) -> None:
    try:
        run_id = await run_to_end(notebook_id)
    except GaveUpError:
        return
    delays.append(asyncio.get_running_loop().time() - world.runs[run_id].ends)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Seed the shared generator for a while."""
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)
