"""However the block of a session ends: what goes on is interrupted, the session is stopped, and nothing is masked."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncGenerator

import anyio
import httpx
import pytest

from deepnote_async import AsyncDeepnote, ExecutionError, NotFoundError, Retry, Session, SessionOpening
from tests.sessions.office import Office, answering, hanging
from tests.support.farm import both, run_on, said
from tests.support.service import client_of


@both
def test_leaving_stops_the_session_and_interrupts_nothing_that_does_not_go_on(library: str) -> None:
    office = Office(initial=5)

    async def main() -> None:
        async with client_of(office.answer) as client:
            async with client.sessions.open("nb") as session:
                assert anyio.current_time() >= 5
                assert session.initial_run is not None
                assert session.initial_run.status == "success"
                assert (await session.execute("1")).text == "nb:1\n"
                assert office.living == [session.id]
            assert office.living == []
            with pytest.raises(RuntimeError, match="was left"):
                await session.execute("1")

    run_on(library, main)
    assert (office.count("interrupt"), office.count("stop")) == (0, 1)


@both
@pytest.mark.parametrize("trouble", [None, "refused", "hangs"])
def test_an_exception_of_the_block_comes_out_as_it_is(library: str, trouble: str | None) -> None:
    hooks = {"refused": answering("stop", lambda: said(500, "oh")), "hangs": hanging("stop")}
    office = Office(hooks[trouble]) if trouble else Office()

    async def main() -> None:
        async with client_of(office.answer) as client:
            mine, began = KeyError("mine"), 0.0
            with warnings.catch_warnings(record=True) as caught, pytest.raises(KeyError) as raised:  # noqa: PT012
                warnings.simplefilter("always")
                async with client.sessions.open("nb"):
                    began = anyio.current_time()
                    raise mine
            assert raised.value is mine
            assert (mine.__context__, mine.__cause__) == (None, None)
            assert anyio.current_time() - began == (5 if trouble == "hangs" else 0)
            assert [warning.category for warning in caught] == ([ResourceWarning] if trouble else [])

    run_on(library, main)


@both
def test_a_warning_that_is_made_an_error_masks_nothing(library: str) -> None:
    async def main() -> None:
        async with client_of(Office(answering("stop", lambda: said(500, "oh"))).answer) as client:
            with pytest.raises(KeyError, match="mine"):  # the filter of this suite makes errors of all warnings
                async with client.sessions.open("nb"):
                    raise KeyError("mine")
            with pytest.raises(ResourceWarning, match=r"could not be stopped and ends after its idle time: 500 .* oh"):
                async with client.sessions.open("nb"):
                    pass

    run_on(library, main)


@both
def test_a_warning_names_the_line_that_left(library: str) -> None:
    async def main() -> list[str]:
        async with client_of(Office(answering("stop", lambda: said(500, "oh"))).answer) as client:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                async with client.sessions.open("nb"):
                    pass
        return [warning.filename for warning in caught]

    assert run_on(library, main) == [__file__]


@both
@pytest.mark.parametrize("status", [404, 405, 501])
@pytest.mark.parametrize("idle", [None, 90])
def test_a_service_without_a_stop_lets_it_idle_out_and_the_log_says_so(
    library: str, status: int, idle: int | None, caplog: pytest.LogCaptureFixture
) -> None:
    office = Office(answering("stop", lambda: said(status, "Not here")))

    async def main() -> None:
        async with (
            client_of(office.answer) as client,
            client.sessions.open("nb", idle_shutdown_seconds=idle),
        ):
            pass

    run_on(library, main)
    (line,) = caplog.messages
    assert "cannot be stopped by this service: it ends after " + ("its idle time" if idle is None else "90 s") in line
    assert (office.count("status_of"), office.count("interrupt")) == (int(status == 404), 0)


@both
def test_where_there_is_no_stop_a_run_that_goes_on_is_interrupted(library: str) -> None:
    office = Office(answering("stop", lambda: said(405, "Not here")), initial=1000)

    async def main() -> None:
        async with client_of(office.answer) as client, client.sessions.open("nb", wait=False):
            pass

    run_on(library, main)
    assert office.log == ["open", "stop", "interrupt nb"]


@both
def test_a_session_that_is_gone_already_is_fine(library: str, caplog: pytest.LogCaptureFixture) -> None:
    office = Office()

    async def main() -> None:
        async with client_of(office.answer) as client:
            async with client.sessions.open("nb"):
                office.living.clear()
            async with client.sessions.open("nb") as session:
                await session.stop()

    run_on(library, main)
    assert caplog.messages == []
    assert (office.count("stop"), office.count("status_of")) == (2, 1)


@both
def test_leaving_interrupts_code_of_all_notebooks_that_goes_on_and_calls_off_what_waits(library: str) -> None:
    office = Office()
    told: list[str] = []

    async def execute(session: Session, notebook_id: str, code: str) -> None:
        try:
            await session.execute(code, timeout=100, notebook_id=notebook_id)
        except (ExecutionError, RuntimeError) as error:
            told.append(f"{notebook_id} {code} {error}".partition("\n")[0])

    async def main() -> None:
        async with client_of(office.answer) as client, anyio.create_task_group() as others:
            async with client.sessions.open("nb") as session:
                for notebook_id, code in (("nb", "50"), ("nb", "51"), ("nb2", "52")):
                    others.start_soon(execute, session, notebook_id, code)
                    await anyio.sleep(1)
                began = anyio.current_time()
            assert anyio.current_time() == began

    run_on(library, main)
    assert sorted(entry for entry in office.log if entry.startswith("interrupt")) == ["interrupt nb", "interrupt nb2"]
    first, second, _third = sorted(told)
    assert first == "nb 50 KeyboardInterrupt"
    assert second.startswith("nb 51 session")
    assert "was left" in second
    assert office.living == []
    assert office.count("execute") == 2


@both
def test_an_interrupt_that_hangs_leaves_time_to_stop(library: str) -> None:
    office = Office(hanging("interrupt"))

    async def main() -> None:
        async with client_of(office.answer) as client, anyio.create_task_group() as others:
            async with client.sessions.open("nb") as session:
                others.start_soon(ignoring, session)
                await anyio.sleep(1)
                began = anyio.current_time()
            assert anyio.current_time() - began == 2

    async def ignoring(session: Session) -> None:
        with pytest.raises(ExecutionError):
            await session.execute("50", 100)

    run_on(library, main)
    assert office.living == []


@both
def test_so_does_one_that_fails_for_a_reason_of_its_own(library: str) -> None:
    async def fail(operation: str, _request: httpx.Request) -> None:
        if operation == "interrupt":
            raise KeyError("no token")  # as the function that gives the token may

    office = Office(fail)

    async def main() -> None:
        async with client_of(office.answer) as client, anyio.create_task_group() as others:

            async def execute(session: Session) -> None:
                with pytest.raises(ExecutionError):
                    await session.execute("50", 100)

            async with client.sessions.open("nb") as session:
                others.start_soon(execute, session)
                await anyio.sleep(1)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        run_on(library, main)
    assert office.living == []


@both
def test_five_seconds_are_all_there_is(library: str) -> None:
    async def hang(operation: str, _request: httpx.Request) -> None:
        if operation in {"interrupt", "stop"}:
            await anyio.sleep_forever()

    office = Office(hang)

    async def main() -> None:
        async with client_of(office.answer) as client, anyio.create_task_group() as others:
            with pytest.warns(ResourceWarning, match=r"could not be stopped within 5 s"):  # noqa: PT031
                async with client.sessions.open("nb") as session:
                    others.start_soon(session.execute, "20", 100)
                    await anyio.sleep(1)
                    began = anyio.current_time()
            assert anyio.current_time() - began == 5

    run_on(library, main)


@both
def test_code_that_was_not_sent_is_not_sent_after_leaving(library: str) -> None:
    async def refuse(operation: str, _request: httpx.Request) -> httpx.Response | None:
        return said(429, "slowly", **{"retry-after": "4"}) if operation == "execute" else None

    office = Office(refuse)

    async def main() -> None:
        async def execute(session: Session) -> None:
            with pytest.raises(RuntimeError, match="left before this code was sent"):
                await session.execute("1")

        async with (
            client_of(office.answer, retry=Retry()) as client,
            anyio.create_task_group() as others,
            client.sessions.open("nb", wait=False) as session,
        ):
            others.start_soon(execute, session)
            await anyio.sleep(1)

    run_on(library, main)
    assert office.count("execute") == 1
    assert office.living == []


@both
def test_it_may_be_entered_in_one_task_and_left_in_another(library: str) -> None:
    office = Office()

    async def main() -> None:
        opening: list[tuple[SessionOpening, Session]] = []

        async def enter(client: AsyncDeepnote) -> None:
            one = client.sessions.open("nb")
            opening.append((one, await one.__aenter__()))

        async def leave() -> None:
            await opening[0][0].__aexit__(None, None, None)

        async with client_of(office.answer) as client:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(enter, client)
            assert (await opening[0][1].execute("1")).text == "nb:1\n"
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(leave)

    run_on(library, main)
    assert office.living == []


@both
def test_an_async_generator_may_hold_it(library: str) -> None:
    office = Office()

    async def main() -> None:
        async def texts(client: AsyncDeepnote) -> AsyncGenerator[str, None]:
            async with client.sessions.open("nb") as session:
                for code in "123":
                    yield (await session.execute(code)).text

        async with client_of(office.answer) as client:
            given = texts(client)
            with anyio.move_on_after(10):
                assert await anext(given) == "nb:1\n"
            assert await anext(given) == "nb:2\n"
            await given.aclose()

    run_on(library, main)
    assert office.living == []


@both
def test_a_cancelled_block_is_left_like_any_other(library: str) -> None:
    office = Office(answering("look", lambda: said(404, "")), interrupts=0.5)

    async def main() -> None:
        async with client_of(office.answer) as client:
            with anyio.move_on_after(3) as scope:
                async with client.sessions.open("nb", wait=False) as session:
                    await session.execute("50", 100)
            assert scope.cancelled_caught
            assert anyio.current_time() == 3.5

    run_on(library, main)
    assert office.living == []
    assert office.log == ["open", "execute nb 50", "interrupt nb", "stop"]


def test_cancellations_while_leaving_end_it_early_only_from_the_second_on() -> None:
    for cancels, took in ((1, 4.0), (2, 3.0)):
        office = Office()

        async def slowly(operation: str, _request: httpx.Request) -> None:
            if operation == "stop":
                await anyio.sleep(4)

        office._before = slowly

        async def main(office: Office = office, cancels: int = cancels, took: float = took) -> None:
            async def use(client: AsyncDeepnote) -> None:
                async with client.sessions.open("nb", wait=False):
                    pass

            async with client_of(office.answer) as client:
                task = asyncio.create_task(use(client))
                for moment in range(1, cancels + 1):
                    await asyncio.sleep(1 if moment == 1 else 2)
                    task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                assert asyncio.get_running_loop().time() == took
                assert len(office.living) == int(cancels == 2)
            assert office.living == []  # closing the client has waited for it

        run_on("asyncio", main)


@both
def test_a_lost_connection_at_the_stop_warns_and_says_why(library: str) -> None:
    def lose() -> httpx.Response:
        raise httpx.ReadError("gone")

    async def main() -> None:
        async with client_of(Office(answering("stop", lose)).answer) as client:
            with pytest.warns(ResourceWarning, match="Connection lost: gone"):
                async with client.sessions.open("nb"):
                    pass

    run_on(library, main)


@both
def test_stop_says_what_is_wrong_to_whoever_calls_it(library: str) -> None:
    async def main() -> None:
        async with client_of(Office().answer) as client:
            with pytest.raises(
                NotFoundError, match="is experimental, and this service may not have it; or the session"
            ):
                await client.sessions.attach("s", "nb").stop()

    run_on(library, main)
