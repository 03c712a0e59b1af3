"""Code in a session: one after the other at each kernel, sent once, interrupted when nobody waits for it."""

from __future__ import annotations

import math
from typing import Any

import anyio
import httpx
import pytest

from deepnote_async import (
    AsyncDeepnote,
    ConnectionLostError,
    DeadlineExceededError,
    ExecutionError,
    RateLimitError,
    RequestTimeoutError,
    Retry,
    Session,
)
from deepnote_async.runs.failure import LONGEST_LINE, LONGEST_MESSAGE, TRACEBACK_LINES
from deepnote_async.sessions.calls import EXECUTE_MARGIN_SECONDS, EXECUTE_START_SECONDS
from tests.sessions.office import SESSION_ID, Office, answering, hanging, uses
from tests.support.farm import both, run_on, said
from tests.support.leaks import assert_travels
from tests.support.service import body_of, client_of


@both
def test_calls_for_one_notebook_are_sent_in_their_order_and_never_collide(library: str) -> None:
    office = Office()

    async def body(session: Session) -> None:
        async with anyio.create_task_group() as tasks:
            for number in range(20):
                tasks.start_soon(session.execute, f"{20 - number}e-1")
                await anyio.sleep(0.001)

    uses(library, office, body)
    assert office.log == [f"execute nb {20 - number}e-1" for number in range(20)]
    assert (office.collisions, office.most) == (0, 1)


@both
def test_so_are_those_of_several_objects_for_one_session(library: str) -> None:
    office = Office()

    async def main() -> None:
        office.living.append(SESSION_ID)
        async with client_of(office.answer) as client, anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(client.sessions.attach(SESSION_ID, "nb").execute, "3")

    run_on(library, main)
    assert (office.collisions, office.count("execute")) == (0, 5)


@both
def test_several_notebooks_go_side_by_side(library: str) -> None:
    office = Office()

    async def body(session: Session) -> None:
        async def execute(notebook_id: str) -> None:
            assert (await session.execute("8", notebook_id=notebook_id)).text == f"{notebook_id}:8\n"

        async with anyio.create_task_group() as tasks:
            for number in range(4):
                tasks.start_soon(execute, f"nb{number}")
        assert anyio.current_time() == 8

    uses(library, office, body)
    assert office.most == 4


@both
def test_waiting_for_ones_turn_does_not_count(library: str) -> None:
    bodies: list[int] = []

    async def note(operation: str, request: httpx.Request) -> None:
        if operation == "execute":
            bodies.append(body_of(request)["timeoutMs"])

    async def body(session: Session) -> None:
        async with anyio.create_task_group() as tasks:
            for _ in range(30):  # the last one is sent after 261 seconds
                tasks.start_soon(session.execute, "9")
        assert anyio.current_time() == 270

    uses(library, Office(note), body)
    assert bodies == [10_000] * 30


@both
def test_an_exception_of_the_code_is_raised_or_returned(library: str) -> None:
    async def body(session: Session) -> None:
        with pytest.raises(ExecutionError) as caught:
            await session.execute("fail")
        error = caught.value
        assert (error.ename, error.evalue, len(error.traceback)) == ("ValueError", "bad region", 2)
        assert str(error) == "ValueError: bad region\nTraceback\nValueError: bad region"
        assert error.execution.error is not None
        assert_travels(error)
        execution = await session.execute("fail", check=False)
        assert execution.error is not None
        assert execution.error.evalue == "bad region"
        with pytest.raises(ExecutionError):
            execution.raise_for_error()

    uses(library, Office(), body)


@both
def test_a_huge_exception_makes_no_huge_message(library: str) -> None:
    huge = "x" * 1_000_000
    output = {"output_type": "error", "ename": "E", "evalue": huge, "traceback": [huge, huge]}
    office = Office(answering("execute", lambda: httpx.Response(200, json={"outputs": [output]})))

    async def body(session: Session) -> None:
        with pytest.raises(ExecutionError) as caught:
            await session.execute("1")
        assert len(str(caught.value)) < LONGEST_MESSAGE + TRACEBACK_LINES * LONGEST_LINE + 100
        assert caught.value.evalue == huge

    uses(library, office, body)


@pytest.mark.parametrize(
    "timeout", [0, -1, 0.0005, 120.001, pytest.param(10**400, id="huge"), math.nan, math.inf, -math.inf]
)
async def test_a_timeout_out_of_its_bounds_is_refused_before_anything_is_sent(timeout: float) -> None:
    session = AsyncDeepnote("tok").sessions.attach("s", "nb")
    with pytest.raises(ValueError, match=r"timeout must lie between 0\.001 and 120 seconds"):
        await session.execute("1", timeout)


@pytest.mark.parametrize("timeout", [True, "5", None, [5]])
async def test_so_is_what_is_no_number(timeout: Any) -> None:
    session = AsyncDeepnote("tok").sessions.attach("s", "nb")
    with pytest.raises(TypeError, match=r"timeout takes seconds from 0\.001 to 120"):
        await session.execute("1", timeout)


@pytest.mark.parametrize("code", [None, b"1", 1, ["1"]])
async def test_code_is_text(code: Any) -> None:
    session = AsyncDeepnote("tok").sessions.attach("s", "nb")
    with pytest.raises(TypeError, match="code takes Python source as text"):
        await session.execute(code)


@both
@pytest.mark.parametrize(("timeout", "milliseconds"), [(0.001, 1), (0.0014, 1), (1, 1000), (2.5, 2500), (120, 120_000)])
def test_the_bounds_themselves_are_sent(library: str, timeout: float, milliseconds: int) -> None:
    async def note(_operation: str, request: httpx.Request) -> None:
        assert body_of(request)["timeoutMs"] == milliseconds

    async def body(session: Session) -> None:
        await session.execute("0", timeout)

    uses(library, Office(note), body)


@both
def test_code_that_takes_too_long_says_how_long_it_had(library: str) -> None:
    async def body(session: Session) -> None:
        with pytest.raises(
            RequestTimeoutError, match=r"the code had 2.5 s and was not done; the service interrupts it"
        ):
            await session.execute("50", 2.5)
        assert (await session.execute("1")).text == "nb:1\n"

    uses(library, Office(), body)


@both
@pytest.mark.parametrize("retry", [Retry(), None])
@pytest.mark.parametrize("failure", [408, 500, 502, 503, 504, "read", "garbage"])
def test_what_may_have_been_executed_is_sent_once(library: str, failure: int | str, retry: Retry | None) -> None:
    def fail() -> httpx.Response:
        if failure == "read":
            raise httpx.ReadError("gone")
        return said(failure, "oh") if isinstance(failure, int) else httpx.Response(200, content=b"[")

    office = Office(answering("execute", fail))

    async def body(session: Session) -> None:
        with pytest.raises(Exception, match=r"the code had 10 s|the code may have been executed, and may be going on"):
            await session.execute("1")

    uses(library, office, body, retry=retry)
    assert office.count("execute") == 1


@both
@pytest.mark.parametrize("failure", [429, "connect"])
def test_what_was_not_executed_is_sent_again(library: str, failure: int | str) -> None:
    tries: list[float] = []

    async def first(_operation: str, _request: httpx.Request) -> httpx.Response | None:
        tries.append(anyio.current_time())
        if len(tries) > 2:
            return None
        if failure == "connect":
            raise httpx.ConnectError("not yet")
        return said(429, "slowly", **{"retry-after": "2"})

    async def body(session: Session) -> None:
        assert (await session.execute("1")).text == "nb:1\n"

    uses(library, Office(first), body, retry=Retry())
    assert len(tries) == 3


@both
def test_code_is_not_sent_with_less_time_left_than_it_may_take(library: str) -> None:
    """After a long pause for the rate limit the whole time of the code is still there."""

    async def slowly(_operation: str, _request: httpx.Request) -> httpx.Response | None:
        return said(429, "slowly", **{"retry-after": "50"}) if anyio.current_time() < 50 else None

    async def body(session: Session) -> None:
        assert (await session.execute("119", 120)).text == "nb:119\n"

    uses(library, Office(slowly), body, retry=Retry())


@both
def test_and_not_at_all_if_there_would_be_less(library: str) -> None:
    async def body(session: Session) -> None:
        with pytest.raises(RateLimitError) as caught:
            await session.execute("1", 120)
        assert caught.value.retry_stopped == "deadline"

    office = Office(answering("execute", lambda: said(429, "slowly", **{"retry-after": "40"})))
    uses(library, office, body, retry=Retry())
    assert office.count("execute") == 2


@both
def test_a_pause_that_is_too_long_is_not_waited_for(library: str) -> None:
    async def body(session: Session) -> None:
        with pytest.raises(RateLimitError):
            await session.execute("1")

    def slowly() -> httpx.Response:
        return said(429, "slowly", **{"retry-after": "61"})

    uses(library, Office(answering("execute", slowly)), body, retry=Retry())


@both
def test_an_answer_that_never_comes_is_waited_for_longer_than_the_code_may_take(library: str) -> None:
    async def body(session: Session) -> None:
        with pytest.raises(DeadlineExceededError, match="may be going on until its 7 s are over"):
            await session.execute("1", 7)
        assert anyio.current_time() == 7 + EXECUTE_MARGIN_SECONDS + EXECUTE_START_SECONDS

    uses(library, Office(hanging("execute")), body)


@both
def test_a_lost_connection_gives_the_turn_on(library: str) -> None:
    async def lose(operation: str, request: httpx.Request) -> None:
        if operation == "execute" and body_of(request)["code"] == "7":
            raise httpx.ReadError("gone")

    async def body(session: Session) -> None:
        with pytest.raises(ConnectionLostError):
            await session.execute("7")
        assert (await session.execute("1")).text == "nb:1\n"

    uses(library, Office(lose), body)


@both
def test_hooks_of_the_client_see_the_callers_context(library: str) -> None:
    from contextvars import ContextVar

    trace: ContextVar[str] = ContextVar("trace", default="none")
    seen: list[str] = []

    async def note(_operation: str, _request: httpx.Request) -> None:
        seen.append(trace.get())

    async def body(session: Session) -> None:
        trace.set("mine")
        await session.execute("1")

    uses(library, Office(note), body)
    assert seen == ["mine"]
