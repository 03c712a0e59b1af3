"""The rules that other clients wait by, without any HTTP: only what they ask, and when, is compared."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from typing import TypeAlias

from attrs import define, field

from benchmarks.waiting.ways import GaveUpError, RunToEnd, Way
from benchmarks.waiting.world import RETRY_AFTER_SECONDS, Answer, World

VENDOR_SECONDS = 2.0
TOLERATED = 5
"""So many failures in a row the vendor's clients bear; their budget of 600 s in all is not held against them here."""
LONGEST_BACKOFF = 30.0
PULLED_IN = 0.25
"""Runs that are due within this part of their interval are looked at together with those that are due."""

_REFUSED = 429

Interval: TypeAlias = Callable[[float, int], float]
"""Gives the seconds to the next look, from the age of a run in seconds and the number of looks it has had."""


def fixed(seconds: float) -> Interval:
    """Look every so many seconds."""
    return lambda _age, _looks: seconds


def exponential(first: float, factor: float, longest: float) -> Interval:
    """Look after a pause that grows with every look."""
    return lambda _age, looks: min(longest, first * factor ** min(looks - 1, 50))


def proportional(share: float, shortest: float = 1.0, longest: float = 30.0) -> Interval:
    """Look after a share of a run's age."""
    return lambda age, _looks: min(longest, max(shortest, share * age))


@asynccontextmanager
async def vendor(world: World) -> AsyncIterator[RunToEnd]:
    """Wait as the vendor's clients do: a look every 2 s; after failures 4, 8, 16, 30, 30 s, and then no more."""

    async def run_to_end(notebook_id: str) -> str:
        run_id, failures = await _started(world, notebook_id), 0
        while not _has_ended(answer := await world.look(run_id)):
            failures = failures + 1 if answer.status == _REFUSED else 0
            if failures > TOLERATED:
                raise GaveUpError(run_id)
            await asyncio.sleep(min(LONGEST_BACKOFF, VENDOR_SECONDS * 2.0**failures))
        return run_id

    yield run_to_end


def looking(interval: Interval) -> Way:
    """Look at each run by itself; what is refused is tried again after the pause that was asked for."""

    @asynccontextmanager
    async def opened(world: World) -> AsyncIterator[RunToEnd]:
        clock = asyncio.get_running_loop().time

        async def run_to_end(notebook_id: str) -> str:
            run_id, looks = await _started(world, notebook_id), 0
            began = clock()
            while not _has_ended(answer := await world.look(run_id)):
                looks += 1
                refused = answer.status == _REFUSED
                await asyncio.sleep(RETRY_AFTER_SECONDS if refused else interval(clock() - began, looks))
            return run_id

        yield run_to_end

    return opened


def listing(interval: Interval) -> Way:
    """Walk the list of each notebook page by page, as far down as the deepest run that is due."""

    @asynccontextmanager
    async def opened(world: World) -> AsyncIterator[RunToEnd]:
        walkers: dict[str, _Walker] = {}
        async with asyncio.TaskGroup() as group:

            async def run_to_end(notebook_id: str) -> str:
                run_id = await _started(world, notebook_id)
                walker = walkers.setdefault(notebook_id, _Walker(world, notebook_id, interval))
                row = walker.add(run_id)
                if walker.task is None or walker.task.done():
                    walker.task = group.create_task(walker.walk())
                await row.ended.wait()
                return run_id

            yield run_to_end

    return opened


@define
class _Row:
    """A run that is waited for.

    Attributes:
        born: when it was started.
        due: when it is to be looked at again.
        soon: when it may be looked at again, if somebody looks anyway.
        looks: how often it was looked at.
        ended: told when it has ended.
    """

    born: float
    due: float
    soon: float
    looks: int = 1
    ended: asyncio.Event = field(factory=asyncio.Event)


@define
class _Walker:
    """Looks at the list of one notebook until no run of it is waited for."""

    world: World
    notebook_id: str
    interval: Interval
    task: asyncio.Task[None] | None = None
    rows: dict[str, _Row] = field(factory=dict)

    def add(self, run_id: str) -> _Row:
        now = _now()
        row = self.rows[run_id] = _Row(now, 0.0, 0.0)
        self._plan(row, now)
        return row

    async def walk(self) -> None:
        while self.rows:
            pause = min(row.due for row in self.rows.values()) - _now()
            if pause > 0:
                await asyncio.sleep(min(pause, 1.0))  # a run that came meanwhile may be due before
                continue
            now = _now()
            await self._walk_once({run_id for run_id, row in self.rows.items() if row.soon <= now})

    async def _walk_once(self, wanted: Collection[str]) -> None:
        left, token = set(wanted), None
        while left:
            answer = await self.world.page(self.notebook_id, token)
            if answer.status == _REFUSED:
                await asyncio.sleep(RETRY_AFTER_SECONDS)
                continue
            page = json.loads(answer.body)
            for row in page["runs"]:
                left.discard(row["runId"])
                self._saw(row["runId"], ended=row["completedAt"] is not None)
            token = page["pagination"]["nextPageToken"]
            if token is None:
                return

    def _saw(self, run_id: str, *, ended: bool) -> None:
        row = self.rows.get(run_id)
        if row is None:
            return
        if ended:
            del self.rows[run_id]
            row.ended.set()
        else:
            row.looks += 1
            self._plan(row, _now())

    def _plan(self, row: _Row, now: float) -> None:
        pause = self.interval(now - row.born, row.looks)
        row.due, row.soon = now + pause, now + (1 - PULLED_IN) * pause


async def _started(world: World, notebook_id: str) -> str:
    return str(json.loads((await world.start(notebook_id)).body)["runId"])


def _has_ended(answer: Answer) -> bool:
    return answer.status != _REFUSED and '"completedAt":null' not in answer.body


def _now() -> float:
    return asyncio.get_running_loop().time()
