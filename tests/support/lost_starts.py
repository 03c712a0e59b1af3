"""A model of the service that loses answers to starts: it knows what really happened, so a test can count it."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.to_thread
import httpx
import pytest
from attrs import frozen

from deepnote_async import AsyncDeepnote
from tests.support.service import BASE_URL, body_of, notebook_json

FAULTS = (
    "reset before",
    "reset after",
    "close after",
    "truncated 200",
    "truncated 202",
    "broken body",
    "late",
    "502 before",
    "502 after",
)
LATENCY = 0.05
CALL_SECONDS = 10.0
"""Total time of a start in these tests; a late answer comes after it."""
KEY_INPUT = "run_key"
LARGEST_PAGE = 30
"""A page may hold less than was asked for."""


@frozen(kw_only=True)
class ModelRun:
    """A run: which start it came from, what it was given, and when it began and ends in virtual time."""

    run_id: str
    intent: str
    inputs: dict[str, Any]
    created: float
    ends: float

    def row(self) -> dict[str, Any]:
        """Give it as the list tells it."""
        return {"runId": self.run_id, "status": "success" if anyio.current_time() >= self.ends else "running"}

    def snapshot(self) -> str | None:
        """Give the document it left; None while it goes on."""
        if anyio.current_time() < self.ends:
            return None
        notebooks = [{"id": "nb", "name": "N", "blocks": []}]
        execution = {"inputs": self.inputs}
        return json.dumps({"version": "1.0.0", "execution": execution, "project": {"notebooks": notebooks}})


class LossyService:
    """Answers requests, and loses a part of the answers to starts.

    Args:
        seed: makes the faults repeatable.
        rate: part of the starts that meet a fault, from 0 to 1.
    """

    def __init__(self, seed: int, rate: float = 0.45) -> None:
        self._rng = random.Random(seed)  # noqa: S311  (a test wants it repeatable)
        self._rate = rate
        self.runs: list[ModelRun] = []
        self.by_id: dict[str, ModelRun] = {}
        self.faults: Counter[str] = Counter()
        self.requests: Counter[str] = Counter()
        self.faulted: Counter[str] = Counter()

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer as the service does."""
        self.requests[request.method] += 1
        if request.method == "POST":
            return await self._start(body_of(request)["inputs"])
        await anyio.sleep(LATENCY)
        run_id = request.url.path.rpartition("/")[2]
        if request.url.path == "/v2/notebooks/nb":
            return httpx.Response(200, json=notebook_json("nb", "intent"))
        if run_id != "runs":
            run = self.by_id[run_id]
            status = {"snapshotStatus": "available", "snapshotContent": run.snapshot()}
            return httpx.Response(200, json={"run": run.row() | status})
        size = min(int(request.url.params["pageSize"]), LARGEST_PAGE)
        begin = int(request.url.params.get("pageToken", "0"))
        rows = [run.row() for run in self.runs[len(self.runs) - 1 - begin :: -1][:size]]
        following = str(begin + size) if begin + size < len(self.runs) else None
        pagination = {"hasMore": following is not None, "pageSize": size, "nextPageToken": following}
        return httpx.Response(200, json={"runs": rows, "pagination": pagination})

    def add(self, inputs: dict[str, Any]) -> ModelRun:
        """Begin a run, as a start that arrives does, or the editor."""
        now = asyncio.get_running_loop().time()  # also called by the loop itself, outside of any task
        run = ModelRun(
            run_id=f"{self._rng.getrandbits(128):032x}",
            intent=inputs.get("intent", ""),
            inputs=inputs,
            created=now,
            ends=now + self._rng.uniform(0.2, 1.5),
        )
        self.runs.append(run)
        self.by_id[run.run_id] = run
        return run

    @property
    def duplicates(self) -> int:
        """Count the runs that came of a start which had one already."""
        return sum(count - 1 for intent, count in Counter(run.intent for run in self.runs).items() if intent)

    async def _start(self, inputs: dict[str, Any]) -> httpx.Response:
        fault = self._rng.choice(FAULTS) if self._rng.random() < self._rate else None
        await anyio.sleep(LATENCY * self._rng.uniform(0.5, 1.5))
        if fault is None:
            return httpx.Response(202, json=_started(self.add(inputs)))
        self.faults[fault] += 1
        self.faulted[inputs["intent"]] += 1
        if fault == "late":
            # It takes effect whatever becomes of the connection, perhaps after the client has given up.
            asyncio.get_running_loop().call_later(self._rng.uniform(0.0, CALL_SECONDS + 3.0), self.add, inputs)
            await anyio.sleep(CALL_SECONDS + 5.0)
        if fault == "reset before":
            raise httpx.ReadError("reset")
        if fault == "502 before":
            return httpx.Response(502, html="<html>bad gateway</html>")
        return _lost(fault, _started(self.add(inputs)))


def _started(run: ModelRun) -> dict[str, Any]:
    return {"runId": run.run_id, "status": "pending", "createdAt": "2026-01-01T00:00:00.000Z"}


def _lost(fault: str, body: dict[str, Any]) -> httpx.Response:
    half = json.dumps(body).encode()[:20]
    match fault:
        case "reset after":
            raise httpx.ReadError("reset")
        case "close after":
            raise httpx.RemoteProtocolError("closed without an answer")
        case "truncated 200" | "truncated 202":
            return httpx.Response(int(fault[-3:]), content=half, headers={"content-type": "application/json"})
        case "broken body":
            return httpx.Response(202, stream=_Breaking(half))
        case "502 after":
            return httpx.Response(502, html="<html>bad gateway</html>")
        case _:
            raise AssertionError(fault)


class _Breaking(httpx.AsyncByteStream):
    def __init__(self, begun: bytes) -> None:
        self._begun = begun

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._begun
        raise httpx.ReadError("reset in the middle")


@asynccontextmanager
async def client_over(service: LossyService) -> AsyncIterator[AsyncDeepnote]:
    """Make a client of the model."""
    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(service.answer)) as backend,
        AsyncDeepnote("tok", BASE_URL, http_client=backend) as client,
    ):
        yield client


def without_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let work for threads be done at once: virtual time does not wait for a thread."""

    async def at_once(work: Any, *arguments: Any, **_options: Any) -> Any:
        return work(*arguments)

    monkeypatch.setattr(anyio.to_thread, "run_sync", at_once)
