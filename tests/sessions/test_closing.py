"""The client is closed, or a task cancelled twice, while a session is opened, used or left: nothing is masked.

What comes out is what happened first; what could not be stopped is told.
"""

from __future__ import annotations

import asyncio
import logging
import warnings

import anyio
import httpx
import pytest

from deepnote_async import AsyncDeepnote, ExecutionError, RunFailedError
from tests.sessions.office import SESSION_ID, Office, hanging
from tests.support.farm import both, run_on, said
from tests.support.service import client_of


async def never_stops(operation: str, _request: httpx.Request) -> None:
    """Let neither an interrupt nor a stop come to an answer."""
    if operation in {"stop", "interrupt"}:
        await anyio.sleep_forever()


def fail() -> None:
    """Fail as the block of a session may."""
    raise KeyError("mine")


async def fails_slowly(operation: str, _request: httpx.Request) -> httpx.Response | None:
    """Refuse to stop, after a second."""
    if operation != "stop":
        return None
    await anyio.sleep(1)
    return said(500, "oh")


@both
def test_a_scope_cancelled_while_opening_ends_as_cancelled(library: str) -> None:
    ended: list[bool] = []

    async def main() -> None:
        async with client_of(Office(hanging("open")).answer) as client, anyio.create_task_group() as tasks:

            async def use() -> None:
                with anyio.move_on_after(1) as scope:
                    async with client.sessions.open("nb"):
                        raise AssertionError("unreachable: it is not open")
                ended.append(scope.cancelled_caught)

            tasks.start_soon(use)
            await anyio.sleep(2)
            await client.aclose()

    run_on(library, main)
    assert ended == [True]


@pytest.mark.parametrize("operation", ["open", "execute"])
def test_so_does_a_task(operation: str) -> None:
    async def main() -> None:
        async def hang(asked: str, _request: httpx.Request) -> None:
            if asked in {operation, "interrupt"}:
                await anyio.sleep_forever()

        async def use(client: AsyncDeepnote) -> None:
            async with client.sessions.open("nb", wait=False) as session:
                await session.execute("1")

        async with client_of(Office(hang).answer) as client:
            task = asyncio.create_task(use(client))
            await asyncio.sleep(1)
            task.cancel()
            await asyncio.sleep(1)
            await client.aclose()
            with pytest.raises(asyncio.CancelledError):
                await task

    run_on("asyncio", main)


@both
@pytest.mark.parametrize("fails", ["block", "run"])
def test_an_exception_stays_the_same_where_the_client_is_closed_while_it_leaves(library: str, fails: str) -> None:
    office = Office(never_stops, status="error" if fails == "run" else "success")
    caught: list[Exception] = []

    async def main() -> None:
        async with client_of(office.answer) as client, anyio.create_task_group() as tasks:
            began = anyio.Event()

            async def use() -> None:
                try:
                    async with client.sessions.open("nb", wait=fails == "run"):
                        fail()
                except (KeyError, RunFailedError) as error:
                    caught.append(error)

            async def close() -> None:
                while not office.count("stop"):
                    await anyio.sleep(0.001)
                for errand in list(client.sessions._desk._cleanups.values()):
                    errand.cancel("the client was closed")  # as closing does in the end
                began.set()

            tasks.start_soon(use)
            tasks.start_soon(close)
            await began.wait()

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        run_on(library, main)
    assert [type(error) for error in caught] == [KeyError if fails == "block" else RunFailedError]
    assert ["could not be stopped: the client was closed" in str(warning.message) for warning in told] == [True]


@pytest.mark.parametrize("moment", ["opening", "leaving"])
@pytest.mark.parametrize("cancels", [1, 2, 3])
def test_a_stop_that_fails_is_told_however_often_the_task_is_cancelled(
    moment: str, cancels: int, caplog: pytest.LogCaptureFixture
) -> None:
    office = Office(fails_slowly, initial=100 if moment == "opening" else 0)

    async def main() -> None:
        async def use(client: AsyncDeepnote) -> None:
            async with client.sessions.open("nb"):
                await asyncio.sleep(100)

        async with client_of(office.answer) as client:
            task = asyncio.create_task(use(client))
            await asyncio.sleep(1)
            for _ in range(cancels):
                task.cancel()
                await asyncio.sleep(0.1)
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.sleep(10)

    caplog.set_level(logging.WARNING, "deepnote_async")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        run_on("asyncio", main)
    assert ["could not be stopped" in str(warning.message) for warning in told] == [True]
    assert ["could not be stopped" in line for line in caplog.messages] == [True]


@both
@pytest.mark.parametrize(("status", "words"), [
    (204, "was closed, and its runs with it."),
    (405, "cannot be stopped by this service and ends after its idle time."),
    (500, "could not be stopped and ends after its idle time: 500 "),
])  # fmt: skip
def test_the_note_says_what_became_of_the_session(library: str, status: int, words: str) -> None:
    async def stop(operation: str, _request: httpx.Request) -> httpx.Response | None:
        return said(status, "oh") if operation == "stop" and status != 204 else None

    async def main() -> None:
        async with client_of(Office(stop, status="error").answer) as client:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                with pytest.raises(RunFailedError) as caught:
                    async with client.sessions.open("nb"):
                        raise AssertionError("unreachable: it is not open")
        (note,) = caught.value.__notes__
        assert note.lower().startswith(f"session {SESSION_ID[:-2]}00 {words}")

    run_on(library, main)


@both
@pytest.mark.parametrize("moment", [1, 4])
def test_closing_the_client_stops_a_session_that_is_being_opened(library: str, moment: float) -> None:
    office = Office(opens=3, initial=100)
    caught: list[Exception] = []

    async def main() -> None:
        async with anyio.create_task_group() as tasks, client_of(office.answer) as client:

            async def use() -> None:
                with pytest.raises(Exception, match="closed") as error:
                    async with client.sessions.open("nb"):
                        raise AssertionError("unreachable: it is not open")
                caught.append(error.value)

            tasks.start_soon(use)
            await anyio.sleep(moment)
            await client.aclose()
            assert (office.living, anyio.current_time()) == ([], max(3, moment))

    run_on(library, main)
    assert office.log[-1] == "stop"
    assert ["while a session of notebook nb was opened" in str(error) for error in caught] == [moment == 1]


@both
def test_and_tells_of_one_whose_id_does_not_come_in_time(library: str, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with anyio.create_task_group() as tasks, client_of(Office(opens=100).answer) as client:

            async def use() -> None:
                with pytest.raises(RuntimeError, match="was closed while a session of notebook nb was opened"):
                    await client.sessions.create("nb")

            tasks.start_soon(use)
            await anyio.sleep(1)
            await client.aclose()
            assert anyio.current_time() == 6

    caplog.set_level(logging.WARNING, "deepnote_async")
    run_on(library, main)
    assert any("closed before this was done: stopping a session of notebook nb" in line for line in caplog.messages)


@both
def test_closing_the_client_leaves_a_session_that_is_in_use(library: str) -> None:
    office = Office(interrupts=0.5)

    async def main() -> None:
        async with anyio.create_task_group() as tasks, client_of(office.answer) as client:
            began = anyio.Event()

            async def use() -> None:
                async with client.sessions.open("nb") as session:
                    began.set()
                    with pytest.raises(ExecutionError):
                        await session.execute("50", 100)
                    with pytest.raises(RuntimeError, match="was left"):
                        await session.execute("1")

            tasks.start_soon(use)
            await began.wait()
            await anyio.sleep(1)
            await client.aclose()
            assert office.living == []

    run_on(library, main)
    assert office.log[-3:] == ["execute nb 50", "interrupt nb", "stop"]


@both
@pytest.mark.parametrize("trouble", ["refused", "hangs"])
def test_and_tells_what_could_not_be_stopped(library: str, trouble: str, caplog: pytest.LogCaptureFixture) -> None:
    office = Office(fails_slowly if trouble == "refused" else never_stops)

    async def main() -> None:
        async with client_of(office.answer) as client, client.sessions.open("nb"):
            began = anyio.current_time()
            await client.aclose()
            assert anyio.current_time() - began == pytest.approx(1 if trouble == "refused" else 5)

    caplog.set_level(logging.WARNING, "deepnote_async")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        run_on(library, main)
    assert ["could not be stopped" in str(warning.message) for warning in told] == [True]
    assert any("stop" in line for line in caplog.messages)


def test_a_session_of_an_event_loop_that_is_gone_is_stopped_all_the_same() -> None:
    office = Office()
    client = AsyncDeepnote("tok", http_client=httpx.AsyncClient(transport=httpx.MockTransport(office.answer)))

    async def enter() -> None:
        opening = client.sessions.open("nb")
        await opening.__aenter__()

    run_on("asyncio", enter)
    run_on("asyncio", client.aclose)
    assert office.living == []


@pytest.mark.parametrize("moment", ["opening", "using"])
def test_the_end_of_an_event_loop_loses_no_more_than_an_opening(moment: str, caplog: pytest.LogCaptureFixture) -> None:
    office, tasks = Office(hanging("open") if moment == "opening" else hanging("execute")), []

    async def main() -> None:
        http = httpx.AsyncClient(transport=httpx.MockTransport(office.answer))
        client = AsyncDeepnote("tok", http_client=http)

        async def use() -> None:
            async with client.sessions.open("nb", wait=False) as session:
                await session.execute("1")

        tasks.append(asyncio.create_task(use()))
        while office.count("open" if moment == "opening" else "execute") == 0:
            await asyncio.sleep(0)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        asyncio.run(main())
    assert office.count("stop") == (moment == "using")
    assert any("nothing proves whether" in line for line in caplog.messages) is (moment == "opening")
