"""A service of which a test decides everything: how runs go, what a look tells, and what is wrong with the lists."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import httpx
import trio
from attrs import define, field, frozen

from deepnote_async import AsyncDeepnote, Run
from deepnote_async.runs import Watcher
from tests.support.service import client_of, run_json
from tests.support.virtual_time import VirtualLoop

LATENCY = 0.1
LATEST = 33.5
"""No run is left unseen for longer: 30 s, a tenth more for the jitter, and the look itself."""
_MOST_REQUESTS = 30_000
_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)

Answer = httpx.Response | None


@frozen(kw_only=True)
class Lists:
    """How the runs of a notebook are listed.

    Attributes:
        order: "newest" first, "oldest" first, or "shuffled".
        rows: how many a page has at most, whatever was asked for.
        tokens: what they tell: the run after which a page begins ("keyset"), or how many come before it ("offset").
        repeats: "rows": a page begins with the last row of the one before; "pages": every token is the same and leads
            to the first page; "fresh": the same with another token each time; "end": the last page has a token too.
        row: makes of a row what is sent; None leaves it out.
        body: makes of the answer what is sent.
        lag: by how many seconds the rows are behind.
    """

    order: str = "newest"
    rows: int = 100
    tokens: str = "keyset"
    repeats: str | None = None
    row: Callable[[dict[str, Any]], Any] = lambda row: row
    body: Callable[[dict[str, Any]], Any] = lambda body: body
    lag: float = 0.0


@frozen
class Waited:
    """How a wait ended.

    Attributes:
        number: which run it was for.
        at: when it ended.
        run: what it gave.
        error: what it raised.
    """

    number: int
    at: float
    run: Run | None
    error: Exception | None


@define
class Site:
    """Runs that go as they are told to. The run with the number n has the id "run-n"; all began at the time 0.

    Attributes:
        count: how many there are.
        lasts: seconds that one takes.
        states: its status at a time; by default "running" until it has lasted, then "success".
        notebooks: over how many notebooks they are spread: "nb-0" and so on.
        lists: how they are listed.
        look: answers a look in place of the service, given the run and the time.
        page: answers a page in place of the service, given the time.
        look_row: makes of a run that is looked at what is sent.
        hangs: whether nothing answers for a run at all.
        others: how many runs of other people each notebook has on top of ours, one more each second.
        latency: seconds that an answer takes.
        looks: when which run was looked at.
        pages: when which page was asked for.
    """

    count: int
    lasts: Callable[[int], float] = lambda _number: 60.0
    states: Callable[[int, float], str] | None = None
    notebooks: int = 1
    lists: Lists = field(factory=Lists)
    look: Callable[[int, float], Answer | Exception] = lambda _number, _now: None
    page: Callable[[float], Answer | Exception] = lambda _now: None
    look_row: Callable[[dict[str, Any]], dict[str, Any]] = lambda row: row
    hangs: Callable[[int], bool] = lambda _number: False
    others: int = 0
    latency: float = LATENCY
    looks: list[tuple[float, int]] = field(factory=list)
    pages: list[tuple[float, str | None]] = field(factory=list)

    @property
    def requests(self) -> int:
        """How many requests there were."""
        return len(self.looks) + len(self.pages)

    @property
    def moments(self) -> list[float]:
        """When they came."""
        return sorted([moment for moment, _what in [*self.looks, *self.pages]])

    def looks_at(self, number: int) -> list[float]:
        """Give the moments at which a run was looked at alone."""
        return [moment for moment, which in self.looks if which == number]

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        assert self.requests < _MOST_REQUESTS, "so many requests will never end"
        now, path = anyio.current_time(), request.url.path.split("/")
        if path[-1] == "runs":
            notebook, token = int(path[-2].removeprefix("nb-")), request.url.params.get("pageToken")
            size = min(self.lists.rows, int(request.url.params["pageSize"]))
            self.pages.append((now, token))
            return await self._give(self.page(now), lambda: self._page(notebook, token, size))
        number = int(path[-1].removeprefix("run-"))
        self.looks.append((now, number))
        if self.hangs(number):
            await anyio.sleep(1e6)
        return await self._give(
            self.look(number, now), lambda: {"run": self.look_row(self._row(number, anyio.current_time()))}
        )

    async def _give(self, instead: Answer | Exception, tell: Callable[[], Any]) -> httpx.Response:
        """Give what the test wants instead, else what was true halfway."""
        await anyio.sleep(self.latency / 2)
        if isinstance(instead, Exception):
            raise instead
        answer = instead if instead is not None else httpx.Response(200, json=tell())
        await anyio.sleep(self.latency / 2)
        return answer

    def status(self, number: int, now: float) -> str:
        """Give the status of a run."""
        if self.states is not None:
            return self.states(number, now)
        return "success" if now >= self.lasts(number) else "running"

    def _row(self, number: int, now: float) -> dict[str, Any]:
        status = self.status(number, now)
        row: dict[str, Any] = run_json(
            status,
            runId=f"run-{number}",
            notebookId=f"nb-{number % self.notebooks}",
            createdAt=_written(0.0),
            completedAt=_written(self.lasts(number)) if status not in {"pending", "running"} else None,
        )["run"]
        return row

    def _page(self, notebook: int, token: str | None, size: int) -> Any:
        lists, now = self.lists, anyio.current_time() - self.lists.lag
        ours = range(self.count - 1 - (self.count - 1 - notebook) % self.notebooks, -1, -self.notebooks)
        rows = [*[f"other-{n}" for n in range(self.others + int(now) if self.others else 0, 0, -1)], *ours]
        if lists.order == "oldest":
            rows.reverse()
        elif lists.order == "shuffled":
            random.Random(1).shuffle(rows)  # noqa: S311  (no secret)
        first = self._first(rows, token)
        shown, last = rows[first : first + size], first + size >= len(rows)
        if lists.repeats in {"pages", "fresh", "end"}:
            last = False
        following = None if last else self._token(rows, first, size)
        told = [self._row(row, now) if isinstance(row, int) else _other(row, notebook) for row in shown]
        changed = [row for row in map(lists.row, told) if row is not None]
        pagination = {"hasMore": not last, "pageSize": size, "nextPageToken": following}
        return lists.body({"runs": changed, "pagination": pagination})

    def _first(self, rows: list[int | str], token: str | None) -> int:
        if token is None or self.lists.repeats in {"pages", "fresh"}:
            return 0
        if self.lists.tokens == "offset":
            return int(token)
        after = int(token) if token.isdecimal() else token
        return rows.index(after) + (0 if self.lists.repeats == "rows" else 1)

    def _token(self, rows: list[int | str], first: int, size: int) -> str:
        match self.lists.repeats, self.lists.tokens:
            case "pages", _:
                return "again"
            case "fresh", _:
                return f"again-{len(self.pages)}"
            case _, "offset":
                return str(first + size)
        return str(rows[min(first + size, len(rows)) - 1])


async def wait_for(
    client: AsyncDeepnote,
    site: Site,
    numbers: Iterable[int] | None = None,
    *,
    timeout: float | None = None,
    knows_notebook: bool = True,
) -> list[Waited]:
    """Wait for runs, each in a task of its own; gives how the waits ended, in the order in which they did."""
    ended: list[Waited] = []

    async def wait(number: int) -> None:
        handle = client.runs.handle(f"run-{number}", f"nb-{number % site.notebooks}" if knows_notebook else None)
        run = failure = None
        try:
            run = await handle.wait(timeout)
        except Exception as error:  # noqa: BLE001  (the test looks at it)
            failure = error
        ended.append(Waited(number, anyio.current_time(), run, failure))

    async with anyio.create_task_group() as group:
        for number in range(site.count) if numbers is None else numbers:
            group.start_soon(wait, number)
    return ended


@asynccontextmanager
async def waiting_at(site: Site, **options: Any) -> AsyncIterator[AsyncDeepnote]:
    """Open a client of a site, and look afterwards whether its watcher has left anything."""
    before = living_tasks()
    async with client_of(site.answer, **options) as client:
        yield client
        await anyio.sleep(2 * LATENCY)
        assert_idle(watcher_of(client))
        assert living_tasks() == before
    assert living_tasks() == before


def assert_all_well(ended: Sequence[Waited], site: Site, *, latest: float = LATEST) -> None:
    """Assert that every wait ended with its run, and not much later than that."""
    assert sorted(waited.number for waited in ended) == list(range(site.count))
    for waited in ended:
        assert waited.error is None, waited
        assert waited.run is not None
        assert waited.run.run_id == f"run-{waited.number}"
        assert waited.run.status == "success"
        assert 0 <= waited.at - site.lasts(waited.number) <= latest, waited


def watcher_of(client: AsyncDeepnote) -> Watcher:
    """Give the watcher of a client."""
    return client.runs._service.watcher


def assert_idle(watcher: Watcher) -> None:
    """Assert that nobody waits and that nothing is kept for those who did."""
    assert watcher._runs == {}
    assert watcher._notebooks == {}, {k: (n.tracked, list(n.top.runs)) for k, n in watcher._notebooks.items()}
    assert watcher._waiting == 0
    assert all(gone is None for gone in (watcher._task, watcher._scope, watcher._ended, watcher._wakeup))
    assert watcher._looks._under_way == 0


def living_tasks() -> int:
    """Count the tasks of the event loop, this one included."""
    try:
        return len(asyncio.all_tasks())
    except RuntimeError:
        return trio.lowlevel.current_statistics().tasks_living


def new_loop() -> VirtualLoop:
    """Make an event loop with virtual time, for tests that end it in ways of their own."""
    return VirtualLoop()


def _written(seconds: float) -> str:
    moment = _BEGAN + timedelta(seconds=min(seconds, 1e8))
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _other(run_id: str, notebook: int) -> dict[str, Any]:
    row: dict[str, Any] = run_json("running", runId=run_id, notebookId=f"nb-{notebook}", createdAt=_written(0.0))["run"]
    return row


def through(*steps: tuple[float, str]) -> Callable[[int, float], str]:
    """Give states by the time from which on they hold."""

    def state(_number: int, now: float) -> str:
        return [status for since, status in steps if now >= since][-1]

    return state


LONG_WAY = through((0, "pending"), (20, "running"), (40, "pending"), (60, "queued"), (80, "running"), (100, "success"))
