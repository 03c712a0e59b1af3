"""The whole fault matrix in virtual time: what is repeated, what is raised, and when a start is unknown."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx
import pytest

from deepnote_async import (
    APIError,
    AsyncDeepnote,
    CallError,
    ConnectError,
    ConnectionLostError,
    DecodeError,
    RateLimitError,
    RequestTimeoutError,
    Retry,
    RunStartUnknownError,
    ServerError,
)
from deepnote_async.transport import policy
from deepnote_async.transport.retry import Fault, is_worth_repeating
from tests.support.faults import MATRIX, Row
from tests.support.service import RUN_ID, client_of, run_json, started_json
from tests.support.virtual_time import run_virtually

TIMEOUT = 600.0
ATTEMPTS = {"repeated": 4, "once more": 2, "raised": 1, "unknown": 1}


class Service:
    """Answers, or fails as a row says, `times` times."""

    def __init__(self, row: Row, times: float) -> None:
        self.requests = 0
        self._row = row
        self._times = times

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        if self.requests <= self._times:
            return await self._row.fault(request)
        if request.method == "POST":
            return httpx.Response(202, json=started_json())
        return httpx.Response(200, json=run_json())


async def get(client: AsyncDeepnote) -> object:
    return await client.runs.get(RUN_ID, timeout=TIMEOUT)


async def start(client: AsyncDeepnote) -> object:
    return await client.runs.create("nb", timeout=TIMEOUT)


async def check(row: Row, call: Callable[[AsyncDeepnote], object], expected: str) -> None:
    """Assert what becomes of a call whose fault passes, and of one whose fault stays."""
    for times in (1, float("inf")):
        service = Service(row, times)
        async with client_of(service, retry=Retry()) as client:
            if expected in {"repeated", "once more"} and times == 1:
                await call(client)  # type: ignore[misc]
                assert service.requests == 2
                continue
            with pytest.raises((CallError, RunStartUnknownError)) as caught:
                await call(client)  # type: ignore[misc]
        assert service.requests == ATTEMPTS[expected]
        error = caught.value.__cause__ if expected == "unknown" else caught.value
        assert isinstance(caught.value, RunStartUnknownError) == (expected == "unknown")
        assert isinstance(error, row.error)
        assert error.attempts == service.requests
        assert (error.retry_stopped == "attempts") == (expected == "repeated")


@pytest.mark.parametrize("row", MATRIX, ids=lambda row: row.name)
def test_get(row: Row) -> None:
    run_virtually(check(row, get, row.get))


@pytest.mark.parametrize("row", MATRIX, ids=lambda row: row.name)
def test_start(row: Row) -> None:
    run_virtually(check(row, start, row.post))


Rule = Callable[[CallError, str, int, Fault], bool]

MUTATIONS: dict[str, Rule] = {
    "nothing is repeated": lambda *_: False,
    "everything is repeated": lambda *_: True,
    "every POST is repeated": lambda error, _method, attempt, fault: is_worth_repeating(error, "GET", attempt, fault),
    "no POST is repeated": lambda error, method, attempt, fault: (
        method == "GET" and is_worth_repeating(error, method, attempt, fault)
    ),
    **{
        f"{kind.__name__} is not repeated": lambda error, method, attempt, fault, kind=kind: (  # type: ignore[misc]
            not isinstance(error, kind) and is_worth_repeating(error, method, attempt, fault)
        )
        for kind in (ConnectError, ConnectionLostError, DecodeError, RateLimitError, RequestTimeoutError, ServerError)
    },
    **{
        f"{status} is repeated": lambda error, method, attempt, fault, status=status: (  # type: ignore[misc]
            (isinstance(error, APIError) and error.status == status)
            or is_worth_repeating(error, method, attempt, fault)
        )
        for status in (400, 401, 403, 404, 409, 413, 422, 501, 505)
    },
    **{
        f"{status} is not repeated": lambda error, method, attempt, fault, status=status: (  # type: ignore[misc]
            getattr(error, "status", None) != status and is_worth_repeating(error, method, attempt, fault)
        )
        for status in (408, 429, 500, 502, 503, 504)
    },
    "a bad certificate is repeated": lambda error, method, attempt, fault: is_worth_repeating(
        error, method, attempt, "other" if fault == "certificate" else fault
    ),
    "an unknown host is repeated for long": lambda error, method, attempt, fault: is_worth_repeating(
        error, method, attempt, "other" if fault == "resolve" else fault
    ),
    "an unreadable answer is repeated for long": lambda error, method, attempt, fault: is_worth_repeating(
        error, method, 1 if isinstance(error, DecodeError) else attempt, fault
    ),
}


@pytest.mark.long
@pytest.mark.parametrize("mutation", MUTATIONS)
def test_the_matrix_notices_a_broken_rule(mutation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "is_worth_repeating", MUTATIONS[mutation])
    assert any(
        is_noticed(row, call, expected)
        for row in MATRIX
        if row.name != "gzip bomb"  # it takes its time
        for call, expected in ((get, row.get), (start, row.post))
    )


def is_noticed(row: Row, call: Callable[[AsyncDeepnote], object], expected: str) -> bool:
    try:
        run_virtually(check(row, call, expected))
    except (AssertionError, CallError, RunStartUnknownError, pytest.fail.Exception):
        return True
    return False


def test_every_row_has_a_name_of_its_own() -> None:
    names = [row.name for row in MATRIX]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[\w ,-]+", name) for name in names)
