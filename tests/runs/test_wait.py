"""Waiting, in virtual time: how often is looked, what is borne, and what ends a wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest

from deepnote_async import NotFoundError, PermissionDeniedError, Run, RunTimeoutError, ServerError
from tests.support.service import RUN_ID, client_of, run_json
from tests.support.virtual_time import run_virtually

Look = Callable[[float, int], httpx.Response]


def wait(look: Look, timeout: float | None) -> tuple[Run, float, int]:
    """Wait in virtual time; gives the run, the seconds it took and the number of looks."""

    async def main() -> tuple[Run, float, int]:
        began, looks = anyio.current_time(), 0

        def answer(_request: httpx.Request) -> httpx.Response:
            nonlocal looks
            looks += 1
            return look(anyio.current_time() - began, looks)

        async with client_of(answer) as client:
            run = await client.runs.handle(RUN_ID).wait(timeout)
            return run, anyio.current_time() - began, looks

    return run_virtually(main())


def ends_after(seconds: float, status: str = "success") -> Look:
    return lambda age, _: httpx.Response(200, json=run_json(status if age >= seconds else "running"))


def test_the_first_look_comes_at_once() -> None:
    _run, seconds, looks = wait(ends_after(0), None)
    assert (seconds, looks) == (0, 1)


@pytest.mark.parametrize(("length", "most_looks", "longest_delay"), [(1, 6, 0.9), (10, 16, 2.8), (3600, 200, 33)])
def test_looks_grow_rarer(length: float, most_looks: int, longest_delay: float) -> None:
    _run, seconds, looks = wait(ends_after(length), None)
    assert length <= seconds <= length + longest_delay
    assert looks <= most_looks


@pytest.mark.parametrize("status", ["success", "error", "internal_error", "stopped"])
def test_every_terminal_status_ends_a_wait(status: str) -> None:
    run, _seconds, _looks = wait(ends_after(3, status), None)
    assert run.status == status
    assert run.duration == 2.5


def test_an_unknown_status_keeps_waiting() -> None:
    def look(age: float, _looks: int) -> httpx.Response:
        return httpx.Response(200, json=run_json("queued" if age < 20 else "success"))

    assert wait(look, 60)[1] >= 20


def test_the_deadline_ends_a_wait_and_keeps_the_run() -> None:
    with pytest.raises(RunTimeoutError, match="had not ended after 30 s") as caught:
        wait(ends_after(3600), 30)
    assert (caught.value.run_id, caught.value.status) == (RUN_ID, "running")
    assert isinstance(caught.value, TimeoutError)


def test_a_deadline_in_the_middle_of_a_look_is_the_waits() -> None:
    async def main() -> None:
        async def answer(_request: httpx.Request) -> httpx.Response:
            await anyio.sleep(3600)
            raise AssertionError("unreachable")

        async with client_of(answer) as client:
            began = anyio.current_time()
            with pytest.raises(RunTimeoutError, match="none seen"):
                await client.runs.handle(RUN_ID).wait(10)
            assert anyio.current_time() - began == pytest.approx(10)

    run_virtually(main())


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 520])
def test_a_passing_trouble_is_borne(status: int) -> None:
    def look(age: float, _looks: int) -> httpx.Response:
        return (
            httpx.Response(status)
            if 5 < age < 50
            else httpx.Response(200, json=run_json("running" if age < 60 else "success"))
        )

    assert wait(look, None)[0].status == "success"


def test_retry_after_is_obeyed() -> None:
    ages: list[float] = []

    def look(age: float, _looks: int) -> httpx.Response:
        ages.append(age)
        if age < 1:
            return httpx.Response(429, headers={"retry-after": "30"})
        return httpx.Response(200, json=run_json())

    wait(look, None)
    assert ages == [0, 30]


def test_retry_after_is_not_obeyed_for_ever() -> None:
    ages: list[float] = []

    def look(age: float, _looks: int) -> httpx.Response:
        ages.append(age)
        return (
            httpx.Response(429, headers={"retry-after": "864000"}) if age < 1 else httpx.Response(200, json=run_json())
        )

    wait(look, None)
    assert ages == [0, 60]


def test_a_cancelled_wait_names_its_run() -> None:
    notes: list[str] = []

    async def main() -> None:
        async with client_of(lambda _: httpx.Response(200, json=run_json("running"))) as client:
            task = asyncio.create_task(client.runs.handle(RUN_ID).result())
            await asyncio.sleep(5)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError as cancelled:
                notes.extend(getattr(cancelled, "__notes__", ()))

    run_virtually(main())
    assert notes == [f"Run {RUN_ID} goes on; client.runs.handle({RUN_ID!r}) takes hold of it again."]


def test_lasting_trouble_ends_a_wait_without_a_deadline() -> None:
    with pytest.raises(ServerError) as caught:
        wait(lambda *_: httpx.Response(503, json={"message": "down"}), None)
    assert caught.value.run_id == RUN_ID


def test_lasting_trouble_is_borne_until_the_deadline() -> None:
    with pytest.raises(RunTimeoutError):
        wait(lambda *_: httpx.Response(503), 600)


@pytest.mark.parametrize(
    "fault", [httpx.ConnectError("refused"), httpx.ReadError("reset"), httpx.ReadTimeout("silent")]
)
def test_a_lost_connection_is_borne(fault: httpx.TransportError) -> None:
    def look(age: float, _looks: int) -> httpx.Response:
        if age < 20:
            raise fault
        return httpx.Response(200, json=run_json())

    assert wait(look, 60)[0].status == "success"


def test_a_refusal_ends_a_wait_at_once() -> None:
    with pytest.raises(PermissionDeniedError) as caught:
        wait(lambda *_: httpx.Response(403), None)
    assert caught.value.run_id == RUN_ID


def test_a_run_too_new_to_be_found_is_looked_for_once_more() -> None:
    def look(_age: float, looks: int) -> httpx.Response:
        return httpx.Response(404) if looks == 1 else httpx.Response(200, json=run_json())

    assert wait(look, None)[2] == 2
    with pytest.raises(NotFoundError) as caught:
        wait(lambda *_: httpx.Response(404), None)
    assert caught.value.run_id == RUN_ID


@pytest.mark.parametrize("body", [{"run": {"id": RUN_ID, "status": "success", "finishedAt": "2026-01-01T00:00:01Z"}}])
def test_older_shapes_of_a_run_are_read(body: dict[str, Any]) -> None:
    run, _seconds, _looks = wait(lambda *_: httpx.Response(200, json=body), None)
    assert run.run_id == RUN_ID
    assert run.completed_at is not None


def test_what_the_record_has_no_room_for_is_kept() -> None:
    body = run_json(error={"message": "boom", "code": 3}, notebookId=None, machine="big", completedAt="noon")
    run, _seconds, _looks = wait(lambda *_: httpx.Response(200, json=body), None)
    assert run.error == "boom"
    assert run.notebook_id is None
    assert run.extra == {"machine": "big"}
    assert run.completed_at is None
