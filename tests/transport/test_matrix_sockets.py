"""The fault matrix over real sockets: the default client against an emulator whose answers go wrong by plan."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import anyio
import pytest
from attrs import evolve, frozen

from deepnote_async import (
    AsyncDeepnote,
    AuthenticationError,
    BadRequestError,
    CallError,
    ConflictError,
    ConnectionLostError,
    DeadlineExceededError,
    DecodeError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RequestTimeoutError,
    ResponseTooLargeError,
    Retry,
    RunStartUnknownError,
    ServerError,
    UnexpectedRedirectError,
    UnexpectedStatusError,
)
from deepnote_async.errors import Sent
from deepnote_emulator import Emulator, Fault, FaultStep
from tests.support.faults import Get, Post
from tests.support.losing import LOSING, PAGE

SECONDS = 20.0
SHORT_SECONDS = 0.6
"""For faults that only the deadline ends."""

AT_ONCE = Retry(backoff=0.0, throttled_backoff=0.0)
Phase = Literal["before", "after"]
ATTEMPTS = {"repeated": 4, "once more": 2, "raised": 1, "unknown": 1}


@frozen
class Row:
    """A fault of the emulator and what the client makes of it, as in `tests/support/faults.py`."""

    fault: Fault
    error: type[CallError]
    get: Get
    post: Post
    sent: Sent = "yes"
    seconds: float = SECONDS

    def __str__(self) -> str:
        extra = self.fault.status or self.fault.part or ""
        hint = "".join(f" {value}" for value in self.fault.headers.values())
        return f"{self.fault.kind} {extra}{hint}".strip()


def status(number: int, **headers: str) -> Fault:
    return Fault("status", status=number, headers={name.replace("_", "-"): value for name, value in headers.items()})


MATRIX = (
    Row(Fault("reset"), ConnectionLostError, "repeated", "unknown", "maybe"),
    Row(Fault("close"), ConnectionLostError, "repeated", "unknown", "maybe"),
    Row(Fault("half_status_line"), ConnectionLostError, "repeated", "unknown", "maybe"),
    Row(Fault("garbage"), ConnectionLostError, "repeated", "unknown"),
    Row(Fault("reset_in_body"), ConnectionLostError, "repeated", "unknown"),
    Row(Fault("close_in_body"), ConnectionLostError, "repeated", "unknown"),
    Row(Fault("wrong_length"), ConnectionLostError, "repeated", "unknown"),
    Row(Fault("broken_chunk"), ConnectionLostError, "repeated", "unknown"),
    Row(Fault("stacked_gzip"), ConnectionLostError, "repeated", "unknown"),
    Row(Fault("hang"), DeadlineExceededError, "raised", "unknown", "maybe", SHORT_SECONDS),
    Row(
        Fault("drip", seconds=0.2, part="headers"),
        DeadlineExceededError, "raised", "unknown", "maybe", SHORT_SECONDS,
    ),
    Row(Fault("drip", seconds=0.2), DeadlineExceededError, "raised", "unknown", "yes", SHORT_SECONDS),
    Row(Fault("truncated_json"), DecodeError, "once more", "unknown"),
    Row(Fault("empty"), DecodeError, "once more", "unknown"),
    Row(Fault("null"), DecodeError, "once more", "unknown"),
    Row(Fault("list"), DecodeError, "once more", "unknown"),
    Row(Fault("html"), DecodeError, "once more", "unknown"),
    Row(Fault("gzip_bomb"), ResponseTooLargeError, "raised", "unknown"),
    Row(PAGE, ServerError, "repeated", "unknown"),
    *(Row(status(number), ServerError, "repeated", "unknown") for number in (500, 502, 503, 504)),
    *(Row(status(number), ServerError, "raised", "unknown") for number in (501, 505)),
    Row(status(503, retry_after="0"), ServerError, "repeated", "unknown"),
    Row(status(408), RequestTimeoutError, "repeated", "unknown"),
    *(Row(status(429, retry_after=hint), RateLimitError, "repeated", "repeated") for hint in ("0", "0.05")),
    Row(status(429, retry_after="Sun, 01 Jan 2012 00:00:00 GMT"), RateLimitError, "repeated", "repeated"),
    *(Row(status(429, retry_after=hint), RateLimitError, "raised", "raised") for hint in ("61", "315360000")),
    Row(status(400), BadRequestError, "raised", "raised"),
    Row(status(401), AuthenticationError, "raised", "raised"),
    Row(status(403), PermissionDeniedError, "raised", "raised"),
    Row(status(404), NotFoundError, "raised", "raised"),
    Row(status(409), ConflictError, "raised", "raised"),
    Row(status(413), UnexpectedStatusError, "raised", "raised"),
    Row(status(422), UnexpectedStatusError, "raised", "raised"),
    Row(status(302, location="https://else.test/"), UnexpectedRedirectError, "raised", "raised"),
    Row(status(308, location="/v2/me"), UnexpectedRedirectError, "raised", "raised"),
)  # fmt: skip
AMBIGUOUS = tuple(row for row in MATRIX if row.post == "unknown")


@pytest.fixture(scope="module")
def simulated(notebooks: Path) -> Iterator[Emulator]:
    with Emulator(notebooks, engine="simulated") as emulator:
        yield emulator


@pytest.fixture
def emulator(simulated: Emulator) -> Iterator[Emulator]:
    yield simulated
    simulated.faults.clear()


def client_of(emulator: Emulator) -> AsyncDeepnote:
    # A rate of its own keeps the client from learning one of the many 429 here.
    return AsyncDeepnote(emulator.token, emulator.url, retry=AT_ONCE, rate=10_000)


@pytest.mark.parametrize("row", MATRIX, ids=str)
async def test_a_get_whose_fault_passes(row: Row, emulator: Emulator) -> None:
    notebook_id = emulator.notebook_id("score.deepnote")
    async with client_of(emulator) as client:
        run = await client.runs.create(notebook_id)
        emulator.faults.set([FaultStep("getRun", row.fault)])
        if row.get == "raised":
            with pytest.raises(row.error):
                await run.refresh(timeout=row.seconds)
        else:
            assert (await run.refresh(timeout=row.seconds)).run_id == run.id
        assert emulator.faults.consumed == (1,)
        assert emulator.faults.matched == (1 if row.get == "raised" else 2,)


@pytest.mark.parametrize("row", MATRIX, ids=str)
async def test_a_get_whose_fault_stays(row: Row, emulator: Emulator) -> None:
    notebook_id = emulator.notebook_id("score.deepnote")
    async with client_of(emulator) as client:
        run = await client.runs.create(notebook_id)
        emulator.faults.set([FaultStep("getRun", row.fault, count=100)])
        with pytest.raises(CallError) as caught:
            await run.refresh(timeout=row.seconds)
        assert type(caught.value) is row.error
        assert emulator.faults.consumed == (ATTEMPTS[row.get],) == (caught.value.attempts,)
        assert (caught.value.retry_stopped == "attempts") == (row.get == "repeated")


@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.parametrize("row", AMBIGUOUS, ids=str)
async def test_a_start_that_nothing_proves_is_sent_once(row: Row, phase: Phase, emulator: Emulator) -> None:
    notebook_id = emulator.notebook_id("score.deepnote")
    async with client_of(emulator) as client:
        before = {run.run_id async for run in client.notebooks.runs(notebook_id)}
        emulator.faults.set([FaultStep("createRun", evolve(row.fault, phase=phase), count=100)])
        with pytest.raises(RunStartUnknownError) as caught:
            await client.runs.create(notebook_id, timeout=row.seconds)
        cause = caught.value.__cause__
        assert isinstance(cause, row.error)
        assert getattr(cause, "sent", "yes") == row.sent
        assert emulator.faults.consumed == emulator.faults.matched == (1,)
        new = {run.run_id async for run in client.notebooks.runs(notebook_id)} - before
        assert len(new) == (1 if phase == "after" else 0)
        candidates = await caught.value.candidates(client)
        assert new <= {run.run_id for run in candidates}


@pytest.mark.parametrize("row", [row for row in MATRIX if row.post != "unknown"], ids=str)
async def test_a_start_that_was_refused_made_no_run(row: Row, emulator: Emulator) -> None:
    notebook_id = emulator.notebook_id("score.deepnote")
    async with client_of(emulator) as client:
        before = {run.run_id async for run in client.notebooks.runs(notebook_id)}
        emulator.faults.set([FaultStep("createRun", row.fault, count=100)])
        with pytest.raises(row.error):
            await client.runs.create(notebook_id, timeout=row.seconds)
        assert emulator.faults.consumed == (ATTEMPTS[row.post],)
        assert {run.run_id async for run in client.notebooks.runs(notebook_id)} == before
        emulator.faults.set([FaultStep("createRun", row.fault)])
        if row.post == "repeated":
            handle = await client.runs.create(notebook_id, timeout=row.seconds)
            after = {run.run_id async for run in client.notebooks.runs(notebook_id)}
            assert after - before == {handle.id}
            assert emulator.faults.matched == (2,)


@pytest.mark.long
async def test_a_thousand_faulted_starts_make_no_run_twice(emulator: Emulator) -> None:
    """Of the starts, 45 % meet one of nine faults, before or after the run exists."""
    notebook_id = emulator.notebook_id("score.deepnote")
    handles: list[str] = []
    lost = 0
    calls = emulator.calls["createRun"]
    async with client_of(emulator) as client:
        before = {run.run_id async for run in client.notebooks.runs(notebook_id)}
        emulator.faults.set(LOSING, seed=11)
        for _ in range(1000):
            try:
                handles.append((await client.runs.create(notebook_id)).id)
            except RunStartUnknownError:
                lost += 1
        applied = sum(entry.applied for entry in emulator.faults.journal)
        made = {run.run_id async for run in client.notebooks.runs(notebook_id)} - before
    assert emulator.calls["createRun"] - calls == 1000 == len(handles) + lost
    assert 400 <= lost == len(emulator.faults.journal) <= 500
    assert set(handles) <= made
    assert len(made) == len(handles) + applied  # each start made one run or none


@pytest.mark.parametrize("row", MATRIX, ids=str)
def test_on_trio_it_is_the_same(row: Row, emulator: Emulator) -> None:
    notebook_id = emulator.notebook_id("score.deepnote")

    async def main() -> None:
        async with client_of(emulator) as client:
            run = await client.runs.create(notebook_id)
            emulator.faults.set([FaultStep("getRun", row.fault, count=100)])
            with pytest.raises(row.error):
                await run.refresh(timeout=row.seconds)
            assert emulator.faults.consumed == (ATTEMPTS[row.get],)
            emulator.faults.set([FaultStep("createRun", row.fault, count=100)])
            with pytest.raises(RunStartUnknownError if row.post == "unknown" else row.error):
                await client.runs.create(notebook_id, timeout=row.seconds)
            assert emulator.faults.consumed == (ATTEMPTS[row.post],)

    anyio.run(main, backend="trio")
