"""What `on_event` is told of runs."""

from __future__ import annotations

import asyncio

import anyio
import httpx
import pytest

from deepnote_async import RunEvent, RunStartUnknownError
from deepnote_async.events import Event
from tests.support.service import RUN_ID, client_of, run_json, started_json
from tests.support.virtual_time import run_virtually


def runs_in(events: list[Event]) -> list[tuple[str | None, str, str | None]]:
    return [(event.run_id, event.status, event.previous) for event in events if isinstance(event, RunEvent)]


def test_each_change_of_a_run_is_told_once() -> None:
    statuses = ["pending", "running", "running", "running", "success", "success"]
    events: list[Event] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(202, json=started_json())
        return httpx.Response(200, json=run_json(statuses.pop(0)))

    async def main() -> None:
        async with client_of(answer, on_event=events.append) as client:
            handle = await client.runs.create("nb")
            await handle.wait()
            await handle.refresh()

    run_virtually(main())
    assert runs_in(events) == [
        (RUN_ID, "pending", None),
        (RUN_ID, "running", "pending"),
        (RUN_ID, "success", "running"),
    ]
    assert {event.notebook_id for event in events if isinstance(event, RunEvent)} == {"nb"}


async def test_a_start_that_nothing_proves_is_told() -> None:
    events: list[Event] = []
    async with client_of(lambda _: httpx.Response(502), on_event=events.append) as client:
        with pytest.raises(RunStartUnknownError):
            await client.runs.create("nb")
    assert runs_in(events) == [(None, "unknown", None)]


@pytest.mark.parametrize(("rate", "note"), [(None, "the run may exist all the same"), (0.01, "there is no such run")])
async def test_a_cancelled_start_says_whether_it_was_sent(rate: float | None, note: str) -> None:
    events: list[Event] = []
    arrived = anyio.Event()

    async def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json=run_json())
        arrived.set()
        await anyio.sleep_forever()
        raise AssertionError("unreachable")

    async with client_of(answer, on_event=events.append, rate=rate) as client:
        if rate is not None:
            await client.runs.get(RUN_ID)  # the gate lets nothing through for a while
        start = asyncio.ensure_future(client.runs.create("nb"))
        if rate is None:
            await arrived.wait()
        else:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        start.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await start
    assert any(note in text for text in caught.value.__notes__)
    assert runs_in(events) == ([(None, "unknown", None)] if rate is None else [])
