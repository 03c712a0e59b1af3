"""An opening that is given up: its session is stopped as soon as its id is known."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import anyio
import httpx
import pytest

from deepnote_async import (
    AsyncDeepnote,
    RunTimeoutError,
)
from deepnote_async.sessions.desk import CLOSE_SECONDS
from deepnote_async.sessions.opening import LEARN_SECONDS
from tests.sessions.office import Office
from tests.sessions.test_opening import sees
from tests.support.farm import both, run_on, said
from tests.support.service import client_of

Body = Callable[[AsyncDeepnote], Awaitable[None]]


@both
@pytest.mark.parametrize("moment", [1, 5, 7])
def test_a_scope_that_is_cancelled_waits_for_the_id_and_stops_the_session(library: str, moment: float) -> None:
    office = Office(opens=5, initial=5)

    async def body(client: AsyncDeepnote) -> None:
        with anyio.move_on_after(moment) as scope:
            async with client.sessions.open("nb"):
                raise AssertionError("unreachable: it is not open")
        assert scope.cancelled_caught
        assert anyio.current_time() == max(5, moment)
        assert (office.living, office.log[-1]) == ([], "stop")

    sees(library, office, body)


@pytest.mark.parametrize("cancels", [1, 2, 3, 20])
def test_a_task_that_is_cancelled_again_and_again_leaves_no_session(cancels: int) -> None:
    office = Office(opens=5)

    async def body(client: AsyncDeepnote) -> None:
        async def use() -> None:
            async with client.sessions.open("nb"):
                raise AssertionError("unreachable: it is not open")

        task = asyncio.create_task(use())
        for _ in range(cancels):
            await asyncio.sleep(0.1)
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert anyio.current_time() == (5 if cancels == 1 else pytest.approx(0.1 * cancels, abs=0.11))
        await asyncio.sleep(10)
        assert office.log == ["open", "stop"]

    sees("asyncio", office, body)


def test_closing_the_client_waits_for_a_session_that_is_still_to_be_stopped() -> None:
    office = Office(opens=4)

    async def body(client: AsyncDeepnote) -> None:
        with pytest.raises(RunTimeoutError):
            async with client.sessions.open("nb", timeout=1):
                raise AssertionError("unreachable: it is not open")
        assert office.count("open") == 1

    for library in ("asyncio", "trio"):
        sees(library, office, body)
        office = Office(opens=4)


@both
def test_but_no_longer_than_five_seconds(library: str, caplog: pytest.LogCaptureFixture) -> None:
    office = Office(opens=1000)

    async def main() -> None:
        async with client_of(office.answer) as client:
            with pytest.raises(RunTimeoutError):
                async with client.sessions.open("nb", timeout=1):
                    raise AssertionError("unreachable: it is not open")
            await client.aclose()
            assert anyio.current_time() == 1 + CLOSE_SECONDS
            with pytest.raises(RuntimeError, match="this client is closed"):
                async with client.sessions.open("nb"):
                    raise AssertionError("unreachable: it is not open")

    caplog.set_level(logging.WARNING, "deepnote_async")
    run_on(library, main)
    assert any("closed before this was done: stopping a session of notebook nb" in line for line in caplog.messages)


@both
def test_an_answer_that_never_comes_is_not_waited_for_without_end(
    library: str, caplog: pytest.LogCaptureFixture
) -> None:
    office = Office(opens=1e6)

    async def body(client: AsyncDeepnote) -> None:
        with anyio.move_on_after(1), pytest.warns(ResourceWarning, match="nothing proves whether"):
            async with client.sessions.open("nb"):
                raise AssertionError("unreachable: it is not open")
        assert anyio.current_time() == 1 + LEARN_SECONDS

    sees(library, office, body, timeout=None)
    assert any("the API has no way to find it" in line for line in caplog.messages)


@both
@pytest.mark.parametrize(("timeout", "opens"), [(60, 61), (59, 62), (600, 601), (600, 655), (5, 8), (5, 64)])
def test_an_answer_after_the_timeout_is_waited_for_and_its_session_stopped(
    library: str, timeout: float, opens: float
) -> None:
    office = Office(opens=opens)

    async def body(client: AsyncDeepnote) -> None:
        with pytest.raises(RunTimeoutError):
            async with client.sessions.open("nb", timeout=timeout):
                raise AssertionError("unreachable: it is not open")
        assert anyio.current_time() == timeout
        await anyio.sleep(LEARN_SECONDS)

    sees(library, office, body)
    assert office.log == ["open", "stop"]


@both
def test_so_is_one_after_a_cancellation_however_late_that_comes(library: str) -> None:
    office = Office(opens=200)

    async def body(client: AsyncDeepnote) -> None:
        with anyio.move_on_after(150):
            async with client.sessions.open("nb"):
                raise AssertionError("unreachable: it is not open")
        assert anyio.current_time() == 200

    sees(library, office, body)
    assert office.log == ["open", "stop"]


@both
def test_a_cancelled_create_stops_its_session(library: str) -> None:
    office = Office(opens=5)

    async def body(client: AsyncDeepnote) -> None:
        with anyio.move_on_after(1):
            await client.sessions.create("nb")
        assert anyio.current_time() == 5

    sees(library, office, body)
    assert office.log == ["open", "stop"]


@both
def test_a_refusal_after_the_cancellation_is_no_loss(library: str, caplog: pytest.LogCaptureFixture) -> None:
    async def refuse(operation: str, _request: httpx.Request) -> httpx.Response | None:
        await anyio.sleep(5)
        return said(403, "no") if operation == "open" else None

    async def body(client: AsyncDeepnote) -> None:
        with anyio.move_on_after(1):
            async with client.sessions.open("nb"):
                raise AssertionError("unreachable: it is not open")
        assert anyio.current_time() == 5

    sees(library, Office(refuse), body)
    assert caplog.messages == []


@both
def test_an_opening_of_which_nothing_was_sent_is_called_off_at_once(library: str) -> None:
    async def slow(_operation: str, request: httpx.Request) -> httpx.Response | None:
        if request.url.path == "/v2/notebooks/nb":  # what it declares
            await anyio.sleep(10)
        return None

    office = Office(slow)

    async def body(client: AsyncDeepnote) -> None:
        with anyio.move_on_after(1):
            async with client.sessions.open("nb", inputs={"n": 1}):
                raise AssertionError("unreachable: it is not open")
        assert anyio.current_time() == 1

    sees(library, office, body)
    assert office.count("open") == 0
