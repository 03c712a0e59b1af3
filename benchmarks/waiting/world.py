"""A simulated service in virtual time: runs that end when chance says so, and a count of everything that is asked.

The assumptions are those that the project's targets were set under: a look takes 50 to 150 ms and a page of a list of
runs 100 to 300 ms, both tell what was true halfway; lists are newest first with 100 rows on a page; no answer is stale.
A limit, where there is one, is a token bucket over looks and pages, and starts do not count.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable

import httpx
from attrs import define, field, frozen

from benchmarks.waiting.bucket import TokenBucket
from benchmarks.waiting.runs import Duration, NotebookRuns, SimulatedRun, lognormal, moment, new_id

MEDIAN_SECONDS = 60.0
PAGE_ROWS = 100
LOOK_SECONDS = (0.05, 0.15)
PAGE_SECONDS = (0.1, 0.3)
RETRY_AFTER_SECONDS = 1


@frozen(kw_only=True)
class Rules:
    """How the service behaves.

    Attributes:
        duration: how long runs take.
        limit: looks and pages per second that are answered; None for all of them.
        others: runs per second that other people start on each notebook.
        names_notebook: whether a look tells which notebook a run is of.
    """

    duration: Duration = field(factory=lambda: lognormal(MEDIAN_SECONDS))
    limit: float | None = None
    others: float = 0.0
    names_notebook: bool = True


@define
class Counts:
    """What was asked of the service.

    Attributes:
        starts: runs that were started through it.
        looks: single runs asked for, refusals included.
        pages: pages of lists asked for, refusals included.
        refused: looks and pages answered 429.
        in_flight: looks and pages that are on their way.
        per_second: looks and pages sent within each second of the clock.
    """

    starts: int = 0
    looks: int = 0
    pages: int = 0
    refused: int = 0
    in_flight: int = 0
    per_second: Counter[int] = field(factory=Counter)

    @property
    def waiting(self) -> int:
        """What waiting has cost: every request that is no start."""
        return self.looks + self.pages

    @property
    def peak(self) -> int:
        """The most looks and pages that were sent within one second."""
        return max(self.per_second.values(), default=0)


@frozen
class Answer:
    """What the service says, before any HTTP: a status, a JSON body, and the pause that a refusal asks for."""

    status: int
    body: str
    retry_after: int | None = None


class World:
    """The service. To be made within the event loop by whose clock it goes.

    Args:
        seed: decides ids, durations and latencies. Each has a stream of its own, so that the runs are the same whoever
            waits for them, and however.
        rules: how it behaves.

    Attributes:
        counts: what was asked so far.
        runs: the runs that were started through it, by id.
    """

    def __init__(self, seed: int, rules: Rules) -> None:
        self.counts = Counts()
        self.runs: dict[str, SimulatedRun] = {}
        self._rules = rules
        self._seed = seed
        self._clock = asyncio.get_running_loop().time
        self._bucket = None if rules.limit is None else TokenBucket(rules.limit, self._clock)
        self._notebooks: dict[str, NotebookRuns] = {}
        self._new_runs, self._start_latency, self._latency = map(self._chance, ("runs", "starts", "looks"))

    def begin(self, notebook_id: str) -> SimulatedRun:
        """Let a run begin now."""
        now = self._clock()
        run = SimulatedRun(new_id(self._new_runs), notebook_id, now, now + self._rules.duration(self._new_runs))
        self.runs[run.id] = run
        self._runs_of(notebook_id).add(run)
        return run

    async def start(self, notebook_id: str) -> Answer:
        """Answer POST /v2/runs."""
        self.counts.starts += 1
        half = self._start_latency.uniform(*LOOK_SECONDS) / 2
        await asyncio.sleep(half)
        run = self.begin(notebook_id)
        await asyncio.sleep(half)
        return Answer(202, f'{{"runId":"{run.id}","status":"pending","createdAt":"{moment(run.created)}"}}')

    async def look(self, run_id: str) -> Answer:
        """Answer GET /v2/runs/{runId}."""
        self.counts.looks += 1
        return await self._answer(LOOK_SECONDS, lambda: self._run(run_id))

    async def page(self, notebook_id: str, token: str | None = None, rows: int = PAGE_ROWS) -> Answer:
        """Answer GET /v2/notebooks/{notebookId}/runs."""
        self.counts.pages += 1
        return await self._answer(PAGE_SECONDS, lambda: self._page(notebook_id, min(rows, PAGE_ROWS), token))

    async def _answer(self, latency: tuple[float, float], tell: Callable[[], Answer]) -> Answer:
        counts, half = self.counts, self._latency.uniform(*latency) / 2
        counts.per_second[int(self._clock())] += 1
        counts.in_flight += 1
        try:
            await asyncio.sleep(half)
            if self._bucket is None or self._bucket.take():
                answer = tell()
            else:
                counts.refused += 1
                answer = _error(429, "Too many requests", RETRY_AFTER_SECONDS)
            await asyncio.sleep(half)
        finally:
            counts.in_flight -= 1
        return answer

    def _run(self, run_id: str) -> Answer:
        run = self.runs.get(run_id)
        if run is None:
            return _error(404, "Run not found")
        return Answer(200, run.alone(self._clock(), names_notebook=self._rules.names_notebook))

    def _page(self, notebook_id: str, rows: int, token: str | None) -> Answer:
        return Answer(200, self._runs_of(notebook_id).page(self._clock(), rows, token))

    def _runs_of(self, notebook_id: str) -> NotebookRuns:
        if notebook_id not in self._notebooks:
            chance = self._chance(f"others/{notebook_id}")
            self._notebooks[notebook_id] = NotebookRuns(notebook_id, chance, self._rules.others, self._rules.duration)
        return self._notebooks[notebook_id]

    def _chance(self, what: str) -> random.Random:
        return random.Random(f"{self._seed}/{what}")  # noqa: S311  (a simulation)


class WorldBackend(httpx.AsyncBaseTransport):
    """Puts the service under an httpx client."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer the three calls that starting and waiting take; anything else is not found."""
        answer = await self._route(request)
        headers = {"content-type": "application/json"}
        if answer.retry_after is not None:
            headers["retry-after"] = str(answer.retry_after)
        return httpx.Response(answer.status, headers=headers, content=answer.body.encode())

    async def _route(self, request: httpx.Request) -> Answer:
        match request.method, request.url.raw_path.decode().partition("?")[0].split("/")[1:]:
            case "POST", ["v2", "runs"]:
                return await self._world.start(json.loads(await request.aread())["notebookId"])
            case "GET", ["v2", "runs", run_id]:
                return await self._world.look(run_id)
            case "GET", ["v2", "notebooks", notebook_id, "runs"]:
                query = request.url.params
                return await self._world.page(notebook_id, query.get("pageToken"), int(query.get("pageSize", 20)))
        return _error(404, "Not found")


def _error(status: int, message: str, retry_after: int | None = None) -> Answer:
    return Answer(status, f'{{"message":"{message}"}}', retry_after)
