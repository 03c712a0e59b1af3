"""Executions that are cancelled: the code is interrupted before the next is sent."""

from __future__ import annotations

import asyncio

import anyio
import httpx
import pytest

from deepnote_async import (
    Retry,
    Session,
)
from deepnote_async.sessions.calls import EXECUTE_MARGIN_SECONDS
from tests.sessions.office import SESSION_ID, Office, answering, hanging, uses
from tests.support.farm import both, run_on, said
from tests.support.service import client_of


@both
def test_cancelled_code_is_interrupted_before_the_next_is_sent(library: str) -> None:
    office = Office(interrupts=0.5)

    async def body(session: Session) -> None:
        async def second() -> None:
            await anyio.sleep(1)
            assert (await session.execute("3")).text == "nb:3\n"

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(second)
            with anyio.move_on_after(2) as scope:
                await session.execute("50", 100)
            assert scope.cancelled_caught
            assert anyio.current_time() == 2.5
        assert anyio.current_time() == 5.5

    uses(library, office, body)
    assert office.log == ["execute nb 50", "interrupt nb", "execute nb 3"]
    assert office.collisions == 0


@pytest.mark.parametrize("cancels", [1, 2, 5])
def test_so_it_is_however_often_the_task_is_cancelled(cancels: int) -> None:
    office = Office(interrupts=2)

    async def body(session: Session) -> None:
        task = asyncio.create_task(session.execute("50", 100))
        await asyncio.sleep(1)
        following = asyncio.create_task(session.execute("3"))
        for _ in range(cancels):
            task.cancel()
            await asyncio.sleep(0.1)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert anyio.current_time() == (3 if cancels == 1 else pytest.approx(1 + cancels * 0.1))
        assert (await following).text == "nb:3\n"

    uses("asyncio", office, body)
    assert office.log == ["execute nb 50", "interrupt nb", "execute nb 3"]
    assert office.collisions == 0


@both
def test_an_interrupt_that_comes_before_its_code_is_repeated(library: str) -> None:
    async def late(operation: str, _request: httpx.Request) -> None:
        if operation == "execute":
            await anyio.sleep(3)  # on its way

    office = Office(late)

    async def body(session: Session) -> None:
        with anyio.move_on_after(2):
            await session.execute("50", 100)
        assert anyio.current_time() == 3

    uses(library, office, body)
    assert office.log == ["execute nb 50", "interrupt nb", "interrupt nb"]


@both
@pytest.mark.parametrize("trouble", ["hangs", "refused"])
def test_what_cannot_be_interrupted_holds_the_next_up_for_five_seconds(
    library: str, trouble: str, caplog: pytest.LogCaptureFixture
) -> None:
    hook = hanging("interrupt") if trouble == "hangs" else answering("interrupt", lambda: said(500, "oh"))
    office = Office(hook)

    async def body(session: Session) -> None:
        with anyio.move_on_after(2):
            await session.execute("50", 100)
        assert anyio.current_time() == 7

    uses(library, office, body)
    assert [line for line in caplog.messages if "may be going on" in line]


@both
@pytest.mark.parametrize(("answers", "sent"), [(8, 10), (20, 22), (1000, 2 + 30 + EXECUTE_MARGIN_SECONDS)])
def test_the_next_is_not_sent_before_the_interrupt_has_its_answer(library: str, answers: float, sent: float) -> None:
    """It could come to the kernel that late, and hit the next code."""
    sent_at: list[float] = []

    async def slowly(operation: str, _request: httpx.Request) -> httpx.Response | None:
        if operation == "interrupt":
            await anyio.sleep(answers)
        if operation == "execute" and office.count("execute") == 1:
            await anyio.sleep_forever()
        if operation == "execute":
            sent_at.append(anyio.current_time())
        return None

    office = Office(slowly)

    async def body(session: Session) -> None:
        async with anyio.create_task_group() as tasks:
            with anyio.move_on_after(2):
                await session.execute("29", 30)
            assert anyio.current_time() == 7  # whoever cancels does not wait any longer
            tasks.start_soon(session.execute, "1")

    uses(library, office, body, timeout=None)
    assert sent_at == [pytest.approx(sent)]
    assert office.count("interrupt") == 1


@both
def test_closing_the_client_does_not_wait_that_long(library: str, caplog: pytest.LogCaptureFixture) -> None:
    async def body(session: Session) -> None:
        with anyio.move_on_after(2):
            await session.execute("50", 100)

    async def main() -> None:
        office = Office(hanging("interrupt"))
        office.living.append(SESSION_ID)
        async with client_of(office.answer) as client:
            await body(client.sessions.attach(SESSION_ID, "nb"))
        assert anyio.current_time() == 12

    run_on(library, main)
    assert [line for line in caplog.messages if "may be going on" in line]


@both
def test_what_waits_for_its_turn_is_called_off_without_a_request(library: str) -> None:
    office = Office()

    async def body(session: Session) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(session.execute, "9")
            await anyio.sleep(1)
            for _ in range(3):
                with anyio.move_on_after(1) as scope:
                    await session.execute("5")
                assert scope.cancelled_caught
            assert anyio.current_time() == 4
            assert (await session.execute("2")).text == "nb:2\n"

    uses(library, office, body)
    assert office.log == ["execute nb 9", "execute nb 2"]


@both
def test_what_has_not_left_needs_no_interrupt(library: str) -> None:
    async def refuse(operation: str, _request: httpx.Request) -> httpx.Response | None:
        return said(429, "slowly", **{"retry-after": "20"}) if operation == "execute" else None

    office = Office(refuse)

    async def body(session: Session) -> None:
        with anyio.move_on_after(5):
            await session.execute("1")
        assert anyio.current_time() == 5

    uses(library, office, body, retry=Retry())
    assert office.log == ["execute nb 1"]
