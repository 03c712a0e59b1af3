"""What a run produced is fetched for as long as that is the rate limit's fault, and is never made up."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest

from deepnote_async import (
    AsyncDeepnote,
    ConnectError,
    DeadlineExceededError,
    DeepnoteError,
    Outcome,
    RateLimitError,
    Retry,
    RunResult,
    RunTimeoutError,
    ServerError,
)
from tests.support.farm import Farm, numbers, run_on, said
from tests.support.service import RUN_ID, client_of, run_json
from tests.support.virtual_time import run_virtually

DOCUMENT = json.dumps(
    {
        "version": "1.0.0",
        "project": {"id": "p", "name": "P", "notebooks": [{"id": "nb", "name": "N", "blocks": []}]},
    }
)
Trouble = Callable[[], httpx.Response | None]


class Reader:
    """Answers for a run that has ended; its document cannot be had as long as there is trouble."""

    def __init__(self, trouble: Trouble, **fields: Any) -> None:
        self._trouble = trouble
        self._fields: dict[str, Any] = {"snapshotStatus": "available", "snapshotContent": DOCUMENT} | fields
        self.looks = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        if b"inline" not in request.url.query:
            return httpx.Response(200, json=run_json())
        self.looks += 1
        return self._trouble() or httpx.Response(200, json=run_json(**self._fields))


def until(moment: float, trouble: Trouble) -> Trouble:
    return lambda: trouble() if anyio.current_time() < moment else None


def no_network() -> httpx.Response:
    raise httpx.ConnectError("network is unreachable")


async def error_of(client: AsyncDeepnote, timeout: float | None = None) -> tuple[DeepnoteError, float]:
    """Ask for a result that cannot be had; gives the error, and the seconds it took."""
    began = anyio.current_time()
    with pytest.raises(DeepnoteError) as caught:
        await client.runs.handle(RUN_ID).result(timeout=timeout)
    return caught.value, anyio.current_time() - began


@pytest.mark.parametrize("retry", [None, Retry()])
@pytest.mark.parametrize("hint", [{}, {"retry-after": "1"}, {"retry-after": "50"}, {"retry-after": "600"}])
def test_refusals_for_the_rate_take_nothing_of_its_time(retry: Retry | None, hint: dict[str, str]) -> None:
    async def main() -> tuple[RunResult, float]:
        async with client_of(reader, retry=retry) as client:
            return await client.runs.handle(RUN_ID).result(), anyio.current_time()

    reader = Reader(until(100, lambda: said(429, "slow down", **hint)))
    result, seconds = run_virtually(main())
    assert result.snapshot is not None
    assert 100 <= seconds <= 200
    assert reader.looks <= 100


def test_waiting_for_the_own_rate_gate_takes_nothing_of_its_time() -> None:
    """Twenty runs, and a request in twenty seconds: the last document comes after 13 minutes."""
    results: list[RunResult] = []

    async def main() -> None:
        async def read() -> None:
            results.append(await client.runs.handle(RUN_ID).result())

        async with client_of(Reader(lambda: None), rate=0.05, timeout=30) as client, anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(read)

    run_virtually(main())
    assert [result.snapshot is not None for result in results] == [True] * 20


@pytest.mark.parametrize(("timeout", "seconds"), [(0.0, 30), (10.0, 30), (100.0, 100)])
def test_the_timeout_of_a_result_bounds_refusals_too(timeout: float, seconds: float) -> None:
    async def main() -> tuple[DeepnoteError, float]:
        async with client_of(Reader(lambda: said(429, "slow down"))) as client:
            handle = client.runs.handle(RUN_ID)
            await handle.refresh()
            began = anyio.current_time()
            with pytest.raises(RunTimeoutError) as caught:
                await handle.result(timeout=timeout)
            return caught.value, anyio.current_time() - began

    error, took = run_virtually(main())
    assert took == pytest.approx(seconds)
    assert isinstance(error.__cause__, RateLimitError)


def test_a_document_that_hangs_is_no_empty_result() -> None:
    async def main() -> tuple[DeepnoteError, float]:
        async def answer(request: httpx.Request) -> httpx.Response:
            if b"inline" in request.url.query:
                await anyio.sleep(3600)
            return httpx.Response(200, json=run_json())

        async with client_of(answer, timeout=None) as client:
            return await error_of(client)

    error, seconds = run_virtually(main())
    assert isinstance(error, RunTimeoutError)
    assert isinstance(error.__cause__, DeadlineExceededError)
    assert 30 <= seconds <= 31
    assert (error.run_id, error.status) == (RUN_ID, "success")
    assert f"Run {RUN_ID} ended as success, but its document could not be fetched within 30" in str(error)
    assert "Not done within 30 s" in str(error)
    assert "handle.result() reads it later" in str(error)


@pytest.mark.parametrize(
    ("trouble", "cause"), [(lambda: httpx.Response(500, json={}), ServerError), (no_network, ConnectError)]
)
def test_a_document_that_only_failures_tell_of_is_no_empty_result(trouble: Trouble, cause: type[Exception]) -> None:
    async def main() -> tuple[DeepnoteError, float]:
        async with client_of(reader) as client:
            return await error_of(client)

    reader = Reader(trouble)
    error, seconds = run_virtually(main())
    assert isinstance(error, RunTimeoutError)
    assert isinstance(error.__cause__, cause)
    assert 30 <= seconds <= 36
    assert reader.looks <= 15


def test_what_the_service_has_answered_is_given_when_it_falls_silent() -> None:
    async def main() -> tuple[RunResult, float]:
        async with client_of(reader) as client:
            return await client.runs.handle(RUN_ID).result(), anyio.current_time()

    reader = Reader(
        lambda: httpx.Response(500, json={}) if anyio.current_time() > 3 else None,
        snapshotStatus="pending",
        snapshotContent=None,
    )
    result, seconds = run_virtually(main())
    assert (str(result.status), result.snapshot) == ("success", None)
    assert 30 <= seconds <= 40


def mapped(trouble: Trouble, **options: float) -> tuple[Outcome, float]:
    """Run one input whose document is troubled; gives its outcome, and the seconds it took."""

    async def main() -> tuple[Outcome, float]:
        async def answer(request: httpx.Request) -> httpx.Response:
            troubled = trouble() if b"inline" in request.url.query else None
            return troubled or await farm.answer(request)

        farm = Farm(lasts=lambda _n: 1.0)
        async with client_of(answer) as client:
            async with client.runs.map("nb", numbers(1), **options) as outcomes:  # type: ignore[arg-type]
                (outcome,) = [outcome async for outcome in outcomes]
            return outcome, anyio.current_time()

    return run_on("asyncio", main)


@pytest.mark.parametrize("trouble", [lambda: said(429, "slow down"), no_network])
def test_a_map_fetches_until_its_total_timeout(trouble: Trouble) -> None:
    outcome, seconds = mapped(until(1000, trouble))
    assert outcome.error is None
    assert 1000 <= seconds <= 1100
    outcome, seconds = mapped(trouble, total_timeout=700)
    assert isinstance(outcome.error, RunTimeoutError)
    assert "had not been read when the 700 s of total_timeout were up" in str(outcome.error)
    assert (outcome.status, outcome.result, seconds) == ("success", None, 700)


def test_a_map_ends_where_the_service_only_fails() -> None:
    outcome, seconds = mapped(lambda: httpx.Response(500, json={}))
    assert isinstance(outcome.error, RunTimeoutError)
    assert isinstance(outcome.error.__cause__, ServerError)
    assert outcome.handle is not None
    assert outcome.run is not None
    assert (outcome.status, outcome.result) == ("success", None)
    assert 300 <= seconds <= 310
