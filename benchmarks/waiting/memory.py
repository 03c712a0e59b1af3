"""Ten thousand runs that go on for hours: what each wait keeps in memory, and how much of a core all of them take."""

from __future__ import annotations

import asyncio
import gc
import math
import os
import time
import tracemalloc
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from attrs import evolve, frozen

from benchmarks.elsewhere import run_elsewhere
from benchmarks.targets import Target
from benchmarks.virtual_time import run_virtually
from benchmarks.waiting.ways import our_client
from benchmarks.waiting.world import Rules, World, WorldBackend
from deepnote_async import AsyncDeepnote, RunHandle

NOTEBOOKS = 10
BOUND_BYTES = 3 * 1024
_HOURS = 1e6
"""How long the runs take, in seconds: nothing ends while it is measured."""
_STEP_SECONDS = 0.01
"""How long virtual time goes on before it is asked again whether something holds; there is no event for it."""
_QUIET_WITHIN_SECONDS = 60.0
_WATCHED_SECONDS = 600.0
_CPU_PER_WAIT_SECONDS = 0.0004
"""When so much processor time was spent on them, the waits have been watched for long enough."""
_STATM = Path("/proc/self/statm")


@frozen(kw_only=True)
class Waits:
    """What so many waits cost.

    Attributes:
        runs: how many there were.
        traced: bytes of a wait that Python has allocated: its task, the coroutines and the handle, and what the client
            keeps of it.
        resident: bytes by which the process has grown for each wait; None where the system does not say.
        simulated: for how many virtual seconds they were watched after that.
        cpu: seconds of processor time this took, the simulated service's part included.
        requests: looks and pages in that time.
    """

    runs: int
    traced: float
    resident: float | None
    simulated: float
    cpu: float
    requests: int

    @property
    def share(self) -> float:
        """Share of one core that they take."""
        return self.cpu / self.simulated

    @property
    def target(self) -> Target:
        """Hold them to the bound."""
        name = f"{self.runs} waits: bytes each"
        return Target(name, [self.traced], BOUND_BYTES, at_most=True)

    def __str__(self) -> str:
        resident = (
            ""
            if self.resident is None
            else f" (the process has grown by {self.resident:.0f}, what the first looks took included)"
        )
        return (
            f"{self.runs} waits on {NOTEBOOKS} notebooks keep {self.traced:.0f} bytes each{resident}. In "
            f"the {self.simulated:.1f} s that follow they send {self.requests / self.simulated:.1f} req/s and take "
            f"{self.share:.1%} of a core, the simulated service's part included"
        )


def measure_waits(runs: int) -> Waits:
    """Measure in processes of their own, which have done nothing else before."""
    [traced] = run_elsewhere(trace, [runs])
    [waits] = run_elsewhere(watch, [runs])
    return evolve(waits, traced=traced)


def trace(runs: int) -> float:
    """Measure here what each of so many waits keeps, in bytes."""
    return run_virtually(_trace(runs))


def watch(runs: int) -> Waits:
    """Measure here what so many waits cost, but for the bytes that Python knows of."""
    return run_virtually(_watch(runs))


async def _trace(runs: int) -> float:
    world, ids = _world(runs)
    async with _client(world) as client:
        gc.collect()
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            async with _waiting(client, ids) as handles:
                await _quiet(world, handles)
                gc.collect()
                after, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    return (after - before) / runs


async def _watch(runs: int) -> Waits:
    loop, (world, ids), budget = asyncio.get_running_loop(), _world(runs), _CPU_PER_WAIT_SECONDS * runs
    async with _client(world) as client:
        gc.collect()
        before = _resident()
        async with _waiting(client, ids) as handles:
            await _quiet(world, handles)
            gc.collect()
            resident = _resident()
            cpu, virtual, requests = time.process_time(), loop.time(), world.counts.waiting
            while loop.time() - virtual < _WATCHED_SECONDS and time.process_time() - cpu < budget:  # noqa: ASYNC110
                await asyncio.sleep(_STEP_SECONDS)
            return Waits(
                runs=runs,
                traced=math.nan,
                resident=None if resident is None or before is None else (resident - before) / runs,
                simulated=loop.time() - virtual,
                cpu=time.process_time() - cpu,
                requests=world.counts.waiting - requests,
            )


def _world(runs: int) -> tuple[World, Sequence[tuple[str, str]]]:
    """Make a world in which so many runs go on, and give their ids and those of their notebooks."""
    world = World(1, Rules(duration=lambda _chance: _HOURS))
    begun = [world.begin(f"notebook-{number % NOTEBOOKS}") for number in range(runs)]
    for run in begun:
        run.row(0.0)  # the service keeps the text of a row, which is not to be taken for the client's
    return world, [(run.id, run.notebook_id) for run in begun]


@asynccontextmanager
async def _client(world: World) -> AsyncIterator[AsyncDeepnote]:
    """Open a client, and let it do once what it does at its first call only."""
    async with httpx.AsyncClient(transport=WorldBackend(world)) as backend, our_client(backend, 1.0) as client:
        await client.runs.get(next(iter(world.runs)))
        yield client


@asynccontextmanager
async def _waiting(client: AsyncDeepnote, ids: Sequence[tuple[str, str]]) -> AsyncIterator[Sequence[RunHandle]]:
    """Wait for all of the runs, each in a task of its own as a program would."""
    # The text of an id would belong to the wait as well, had it come out of an answer.
    handles = [client.runs.handle("".join([*run_id]), notebook_id) for run_id, notebook_id in ids]
    tasks = [asyncio.create_task(handle.wait()) for handle in handles]
    try:
        yield handles
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _quiet(world: World, handles: Sequence[RunHandle]) -> None:
    """Go on until every run was looked at and no request is on its way: what is left then is what a wait keeps.

    Raises:
        TimeoutError: that does not come.
    """
    async with asyncio.timeout(_QUIET_WITHIN_SECONDS):
        while world.counts.in_flight or any(handle.status is None for handle in handles):  # noqa: ASYNC110
            await asyncio.sleep(_STEP_SECONDS)


def _resident() -> int | None:
    try:
        return int(_STATM.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return None
