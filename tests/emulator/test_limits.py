"""What clients are held to: a rate of requests, a number of runs at once."""

from __future__ import annotations

import math
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import frozen

from deepnote_emulator import Emulator, ParallelLimit, RateLimit, SimulatedEngine
from deepnote_emulator.limits import TokenBucket
from tests.emulator.support import Api

SLOWLY = 0.001  # requests per second: within a test none comes free


@frozen
class Limited:
    """An emulator with limits, and what speaks to it."""

    emulator: Emulator
    api: Api
    notebook_id: str

    async def start(self, status: int = 202) -> Any:
        return await self.api(status, "POST", "/v2/runs", json={"notebookId": self.notebook_id})

    async def refused_start(self) -> httpx.Response:
        return await self.api.http.post("/v2/runs", json={"notebookId": self.notebook_id})


@asynccontextmanager
async def limited(notebooks: Path, **options: Any) -> AsyncIterator[Limited]:
    options.setdefault("engine", "simulated")
    async with Emulator(notebooks, **options) as emulator:
        headers = {"authorization": f"Bearer {emulator.token}"}
        async with httpx.AsyncClient(base_url=emulator.url, headers=headers, timeout=60) as http:
            yield Limited(emulator, Api(http, emulator), emulator.notebook_id("score.ipynb"))


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    bucket = TokenBucket(RateLimit(2, burst=3), now=100.0)
    assert [bucket.take(100.0) for _ in range(4)] == [0, 0, 0, 0.5]
    assert bucket.take(100.25) == 0.25
    assert bucket.take(100.5) == 0
    assert bucket.take(100.5) == 0.5
    assert [bucket.take(999.0) for _ in range(4)] == [0, 0, 0, 0.5]


@pytest.mark.parametrize(("per_second", "burst"), [(10, 10), (2.5, 2), (0.1, 1)])
def test_the_burst_is_what_comes_in_a_second(per_second: float, burst: int) -> None:
    assert RateLimit(per_second).burst == burst


async def test_what_is_over_the_rate_gets_429_and_a_time(notebooks: Path) -> None:
    async with limited(notebooks, rate_limit=RateLimit(0.01, burst=3)) as it:
        for _ in range(3):
            await it.api(200, "GET", "/v2/me")
        assert (await it.api(429, "POST", "/v2/runs", json={}))["message"] == "Rate limit exceeded"
        refused = await it.api.http.get("/v2/me")
        assert 1 <= int(refused.headers["retry-after"]) <= 100
        assert it.emulator.limited == {"createRun": 1, "getMe": 1}
        assert it.emulator.calls == {"createRun": 1, "getMe": 4}


async def test_a_server_that_does_not_tell_when(notebooks: Path) -> None:
    async with limited(notebooks, rate_limit=RateLimit(SLOWLY, retry_after=False)) as it:
        await it.api(200, "GET", "/v2/me")
        refused = await it.api.http.get("/v2/me")
    assert refused.status_code == 429
    assert "retry-after" not in refused.headers


@pytest.mark.parametrize(
    ("scope", "me", "start", "session"), [("all", 429, 429, 429), ("reads", 429, 202, 202), ("starts", 200, 429, 429)]
)
async def test_what_counts(notebooks: Path, scope: Any, me: int, start: int, session: int) -> None:
    async with limited(notebooks, rate_limit=RateLimit(SLOWLY, scope=scope)) as it:
        await it.api(me if scope == "starts" else 200, "GET", "/v2/me")
        await it.start(202 if scope != "all" else 429)
        for _ in range(2):
            await it.api(me, "GET", "/v2/me")
            await it.start(start)
            await it.api(session, "POST", "/v2/sessions", json={"notebookId": it.notebook_id})


async def test_it_can_be_changed_at_any_time(notebooks: Path) -> None:
    async with limited(notebooks) as it:
        assert it.emulator.rate_limit is None
        for _ in range(30):
            await it.api(200, "GET", "/v2/me")
        it.emulator.rate_limit = RateLimit(SLOWLY, burst=2)
        statuses = [(await it.api.http.get("/v2/me")).status_code for _ in range(3)]
        it.emulator.parallel_limit = ParallelLimit(9)  # which gives back no token
        statuses += [(await it.api.http.get("/v2/me")).status_code]
        it.emulator.rate_limit = RateLimit(SLOWLY, burst=3)
        statuses += [(await it.api.http.get("/v2/me")).status_code for _ in range(4)]
        it.emulator.rate_limit = None
        statuses += [(await it.api.http.get("/v2/me")).status_code]
    assert statuses == [200, 200, 429, 429, 200, 200, 200, 429, 200]


async def test_what_is_never_limited(notebooks: Path) -> None:
    async with limited(notebooks) as it:
        run = await it.api.ended((await it.start())["runId"])
        address = (await it.api(200, "GET", f"/v2/runs/{run['runId']}"))["run"]["snapshotDownloadUrl"]
        it.emulator.rate_limit = RateLimit(SLOWLY)
        strangers = [await it.api.http.get("/v2/me", headers={"authorization": "Bearer x"}) for _ in range(3)]
        assert [stranger.status_code for stranger in strangers] == [401] * 3
        await it.api(200, "GET", "/v2/me")
        await it.api(429, "GET", "/v2/me")
        assert (await it.api.http.get("/_emulator/coverage")).status_code == 200
        async with httpx.AsyncClient() as stranger:
            assert (await stranger.get(address)).status_code == 200


async def test_datalore_has_its_own_form_of_both_refusals(notebooks: Path) -> None:
    body = {"notebookId": "user/{}"}
    async with limited(notebooks, engine=SimulatedEngine(3600), parallel_limit=ParallelLimit(0)) as it:
        body = {"notebookId": f"user/{it.notebook_id}"}
        full = await it.api.http.post("/api/run/v1/notebook", json=body)
        it.emulator.rate_limit = RateLimit(SLOWLY, scope="starts")
        await it.api.http.post("/api/run/v1/notebook", json=body)
        fast = await it.api.http.post("/api/run/v1/notebook", json=body)
        assert it.emulator.limited == {"datalore.runNotebook": 3}
    assert (full.status_code, full.json()) == (409, {"error": "Parallel run limit reached"})
    assert (fast.status_code, fast.json()) == (429, {"error": "Rate limit exceeded"})
    assert int(fast.headers["retry-after"]) > 1


async def test_a_start_beyond_the_parallel_limit_starts_nothing(notebooks: Path) -> None:
    async with limited(notebooks, engine=SimulatedEngine(3600), parallel_limit=ParallelLimit(2)) as it:
        ids = [(await it.start())["runId"] for _ in range(2)]
        refused = await it.refused_start()
        assert (refused.status_code, refused.json()) == (409, {"message": "Parallel run limit reached"})
        assert (await it.refused_start()).status_code == 409
        rows = (await it.api(200, "GET", f"/v2/notebooks/{it.notebook_id}/runs"))["runs"]
        assert [row["runId"] for row in rows] == ids[::-1]
        it.emulator.parallel_limit = ParallelLimit(2, status=429, message="Too many runs")
        assert (await it.start(429)) == {"message": "Too many runs"}
        assert it.emulator.limited == {"createRun": 3}
        it.emulator.parallel_limit = None
        await it.start()


async def test_a_run_that_ended_makes_room(notebooks: Path) -> None:
    async with limited(notebooks, parallel_limit=ParallelLimit(1)) as it:
        for _ in range(3):
            await it.api.ended((await it.start())["runId"])


async def test_runs_of_sessions_take_room_and_are_not_refused(notebooks: Path) -> None:
    async with limited(notebooks, engine=SimulatedEngine(3600), parallel_limit=ParallelLimit(1)) as it:
        body = {"notebookId": it.notebook_id}
        session = (await it.api(202, "POST", "/v2/sessions", json=body))["session"]["id"]
        assert (await it.refused_start()).status_code == 409
        await it.api(202, "POST", "/v2/sessions", json=body)
        await it.api(204, "DELETE", f"/v2/sessions/{session}")
        it.emulator.parallel_limit = ParallelLimit(2)
        await it.start()
        assert (await it.refused_start()).status_code == 409


def test_the_limits_can_be_changed_from_many_threads(notebooks: Path) -> None:
    with Emulator(notebooks, engine="simulated") as emulator:

        def change(number: int) -> None:
            emulator.rate_limit = RateLimit(number)
            emulator.parallel_limit = ParallelLimit(number)

        threads = [threading.Thread(target=change, args=(number,)) for number in range(1, 9)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        applied = emulator._on_loop(lambda state: (state.bucket and state.bucket.limit, state.parallel_limit))
        assert applied == (emulator.rate_limit, emulator.parallel_limit)


def test_what_is_set_before_the_start_holds_from_the_start(notebooks: Path) -> None:
    emulator = Emulator(notebooks, engine="simulated")
    emulator.rate_limit = RateLimit(SLOWLY)
    for _ in range(2):  # the second time with a full bucket again
        with emulator:
            headers = {"authorization": f"Bearer {emulator.token}"}
            statuses = [httpx.get(f"{emulator.url}/v2/me", headers=headers).status_code for _ in range(2)]
        assert statuses == [200, 429]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: RateLimit(0), "per_second must be a finite number above 0, not 0"),
        (lambda: RateLimit(math.nan), "per_second must be a finite number above 0, not nan"),
        (lambda: RateLimit(-1, burst=1), "per_second must be a finite number above 0, not -1"),
        (lambda: RateLimit(1, burst=0), "burst must be a whole number from 1 on, not 0"),
        (lambda: RateLimit(1, scope="x"), "scope must be one of all, reads, starts, not 'x'"),  # type: ignore[arg-type]
        (lambda: ParallelLimit(-1), "runs must be a whole number from 0 on, not -1"),
        (lambda: ParallelLimit(1, status=200), "status must be a whole number from 400 to 599, not 200"),
        (lambda: Emulator(".", rate_limit=10), "rate_limit must be a RateLimit or None, not 10"),  # type: ignore[arg-type]
    ],
)
def test_impossible_limits_are_refused(make: Any, says: str) -> None:
    with pytest.raises(ValueError, match="must") as refused:
        make()
    assert str(refused.value) == says


def test_a_wrong_value_leaves_the_right_one(notebooks: Path) -> None:
    emulator = Emulator(notebooks, parallel_limit=ParallelLimit(3))
    with pytest.raises(ValueError, match="parallel_limit must be a ParallelLimit or None, not 5"):
        emulator.parallel_limit = 5  # type: ignore[assignment]
    assert emulator.parallel_limit == ParallelLimit(3)
