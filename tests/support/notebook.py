"""A notebook whose starts go as a test says."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import httpx

from deepnote_async import RunHandle
from tests.support.service import body_of, client_of, notebook_json
from tests.support.virtual_time import run_virtually

Outcome = Callable[["Notebook"], Any]
OLD = ("old-2", "old-1")


class Notebook:
    """A notebook whose starts go as a test says; the runs stand newest first."""

    def __init__(self, *outcomes: Outcome, runs: tuple[str, ...] = OLD) -> None:
        self.outcomes = list(outcomes)
        self.runs = list(runs)
        self.statuses: dict[str, str] = {}
        self.documents: dict[str, str | None] = {}
        self.posts: list[dict[str, Any]] = []
        self.lists = self.reads = 0
        self.list_fails = False

    async def answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.posts.append(body_of(request))
            outcome = self.outcomes.pop(0)(self)
            response: httpx.Response = await outcome if isinstance(outcome, Awaitable) else outcome
            return response
        run_id = request.url.path.rpartition("/")[2]
        if request.url.path == "/v2/notebooks/nb":
            return httpx.Response(200, json=notebook_json("nb", "a"))
        if run_id == "runs":
            self.lists += 1
            if self.list_fails:
                return httpx.Response(503, json={"message": "down"})
            pagination = {"hasMore": False, "pageSize": 100, "nextPageToken": None}
            return httpx.Response(200, json={"runs": [self.row(run) for run in self.runs], "pagination": pagination})
        self.reads += 1
        status = "available" if run_id in self.documents else "unavailable"
        snapshot = {"snapshotStatus": status, "snapshotContent": self.documents.get(run_id)}
        return httpx.Response(200, json={"run": self.row(run_id) | snapshot})

    def row(self, run_id: str) -> dict[str, Any]:
        return {"runId": run_id, "status": self.statuses.get(run_id, "success"), "createdAt": "2026-01-01T00:00:00Z"}

    def show(self, *run_ids: str) -> None:
        for run_id in run_ids:
            self.runs.insert(0, run_id)

    def later(self, seconds: float, change: Callable[[], object]) -> None:
        asyncio.get_running_loop().call_later(seconds, change)


def ok(run_id: str) -> Outcome:
    def outcome(notebook: Notebook) -> httpx.Response:
        notebook.runs.insert(0, run_id)
        return httpx.Response(202, json={"runId": run_id, "status": "pending", "createdAt": "2026-01-01T00:00:00Z"})

    return outcome


def lost(*run_ids: str, after: float = 0.0, status: int | None = None) -> Outcome:
    """Lose the answer; these runs show after some seconds."""

    def outcome(notebook: Notebook) -> httpx.Response:
        if after:
            notebook.later(after, lambda: notebook.show(*run_ids))
        else:
            notebook.show(*run_ids)
        if status is None:
            raise httpx.ReadError("reset")
        return httpx.Response(status, content=b"{")

    return outcome


def refused(_notebook: Notebook) -> httpx.Response:
    """Refuse the start."""
    return httpx.Response(400, json={"message": "no"})


def started(notebook: Notebook, **options: Any) -> tuple[RunHandle | BaseException, float]:
    """Start a run in virtual time; gives the handle or the error, and the seconds it took."""

    async def main() -> tuple[RunHandle | BaseException, float]:
        async with client_of(notebook.answer) as client:
            began = anyio.current_time()
            try:
                handle: RunHandle | BaseException = await client.runs.create("nb", **options)
            except Exception as error:  # noqa: BLE001  (the tests look at its kind)
                handle = error
            return handle, anyio.current_time() - began

    return run_virtually(main())
