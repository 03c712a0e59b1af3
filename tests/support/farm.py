"""A service that runs whatever it is asked to, for as long as a test says; in virtual time on asyncio and trio."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import anyio
import httpx
import pytest
import trio.testing

from tests.support.service import body_of, notebook_json, run_json
from tests.support.virtual_time import run_virtually

T = TypeVar("T")
Refusal = Callable[[int], httpx.Response | Awaitable[httpx.Response | None] | None]

both = pytest.mark.parametrize("library", ["asyncio", "trio"])


def run_on(library: str, main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a function to its end in virtual time."""
    if library == "asyncio":
        return run_virtually(main())
    clock = trio.testing.MockClock(autojump_threshold=0)
    return anyio.run(main, backend="trio", backend_options={"clock": clock})


class Farm:
    """Runs of one notebook. The input `n` tells which is which.

    Attributes:
        started: the `n` of every run that was started, in order.
        posts: how many starts were asked for, the refused ones among them.
        most: how many runs went on at once at most.
        fetched: ids of the runs whose snapshot was asked for.
    """

    def __init__(
        self,
        lasts: Callable[[int], float] = lambda _n: 2.0,
        ends: Callable[[int], str] = lambda _n: "success",
        refuse: Refusal = lambda _n: None,
    ) -> None:
        self._lasts, self._ends, self._refuse = lasts, ends, refuse
        self._ends_at: dict[str, float] = {}
        self.started: list[int] = []
        self.posts = self.most = 0
        self.fetched: list[str] = []

    @property
    def running(self) -> int:
        """How many runs go on."""
        return sum(moment > anyio.current_time() for moment in self._ends_at.values())

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        if request.method == "POST":
            return await self._start(int(body_of(request).get("inputs", {}).get("n", -1)))
        run_id = request.url.path.rpartition("/")[2]
        if request.url.path.startswith("/v2/notebooks/") and run_id != "runs":
            return httpx.Response(200, json=notebook_json(run_id, "n"))
        if run_id == "runs":
            rows = [self._row(known) for known in reversed(self._ends_at)][:100]
            pagination = {"hasMore": False, "pageSize": 100, "nextPageToken": None}
            return httpx.Response(200, json={"runs": rows, "pagination": pagination})
        if b"inline" in request.url.query.lower():
            self.fetched.append(run_id)
        return httpx.Response(200, json={"run": self._row(run_id)})

    async def _start(self, number: int) -> httpx.Response:
        self.posts += 1
        refusal = self._refuse(number)
        refusal = await refusal if isinstance(refusal, Awaitable) else refusal
        if refusal is not None:
            return refusal
        run_id = f"run-{number}"
        assert run_id not in self._ends_at or number == -1, f"run {number} was started twice"
        self.started.append(number)
        self._ends_at[run_id] = anyio.current_time() + self._lasts(number)
        self.most = max(self.most, self.running)
        return httpx.Response(202, json={"runId": run_id, "status": "pending", "createdAt": "2026-01-01T00:00:00.000Z"})

    def _row(self, run_id: str) -> dict[str, Any]:
        number = int(run_id.removeprefix("run-"))
        has_ended = anyio.current_time() >= self._ends_at[run_id]
        row: dict[str, Any] = run_json(self._ends(number) if has_ended else "running", runId=run_id)["run"]
        return row


def said(status: int, message: str, **headers: str) -> httpx.Response:
    """Make a refusal."""
    return httpx.Response(status, json={"message": message}, headers=headers)


def numbers(count: int) -> list[dict[str, int]]:
    """Make the inputs of that many runs."""
    return [{"n": n} for n in range(count)]
