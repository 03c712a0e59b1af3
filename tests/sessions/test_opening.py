"""Opening a session: what is waited for, what fails, and that no cancellation loses one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import httpx
import pytest

from deepnote_async import (
    APIError,
    AsyncDeepnote,
    BadRequestError,
    ConflictError,
    ConnectError,
    ConnectionLostError,
    DeadlineExceededError,
    DecodeError,
    PermissionDeniedError,
    RunFailedError,
    RunTimeoutError,
    ServerError,
)
from tests.sessions.office import Office, answering
from tests.support.farm import both, run_on, said
from tests.support.leaks import assert_travels
from tests.support.service import body_of, client_of, notebook_json, started_json

Body = Callable[[AsyncDeepnote], Awaitable[None]]


def sees(library: str, office: Office, body: Body, **options: Any) -> None:
    """Run something with a client of an office, and see that no session is left."""

    async def main() -> None:
        async with client_of(office.answer, **options) as client:
            await body(client)

    run_on(library, main)
    assert office.living == []


@both
def test_without_waiting_the_session_is_there_at_once(library: str) -> None:
    async def body(client: AsyncDeepnote) -> None:
        async with client.sessions.open("nb", wait=False) as session:
            assert anyio.current_time() == 0
            assert session.initial_run is not None
            assert session.initial_run.status == "pending"

    sees(library, Office(initial=100), body)


@both
def test_a_failed_initial_run_raises_and_closes_the_session(library: str) -> None:
    office = Office(status="error")

    async def body(client: AsyncDeepnote) -> None:
        with pytest.raises(RunFailedError, match="ended as error") as caught:
            async with client.sessions.open("nb"):
                raise AssertionError("unreachable: it is not open")
        assert office.living == []
        assert caught.value.result.status == "error"
        assert any("was closed" in note for note in caught.value.__notes__)

    sees(library, office, body)


@both
@pytest.mark.parametrize(("timeout", "latest"), [(None, 40), (600, 40), (10, 10)])
def test_so_does_one_whose_document_cannot_be_fetched(library: str, timeout: float | None, latest: float) -> None:
    async def refuse(operation: str, request: httpx.Request) -> httpx.Response | None:
        is_for_the_document = operation == "look" and b"inline" in request.url.query.lower()
        return said(500, "boom") if is_for_the_document else None

    office = Office(refuse, initial=5, status="error")

    async def body(client: AsyncDeepnote) -> None:
        with pytest.raises(RunFailedError, match="ended as error") as caught:
            async with client.sessions.open("nb", timeout=timeout):
                raise AssertionError("unreachable: it is not open")
        assert office.living == []
        assert anyio.current_time() <= latest
        assert "Its document could not be fetched, so it has no outputs here: " in str(caught.value)
        assert caught.value.result.status == "error"
        assert caught.value.result.outputs == ()
        if timeout != 10:
            assert isinstance(caught.value.__cause__, ServerError)
        assert_travels(caught.value)

    sees(library, office, body)


@both
def test_unless_it_is_not_checked(library: str) -> None:
    office = Office(status="error")

    async def body(client: AsyncDeepnote) -> None:
        async with client.sessions.open("nb", check=False) as session:
            assert session.initial_run is not None
            assert session.initial_run.status == "error"
            assert office.living == [session.id]

    sees(library, office, body)


@both
def test_the_timeout_bounds_the_initial_run_and_closes_the_session(library: str) -> None:
    office = Office(initial=1000, opens=4)

    async def body(client: AsyncDeepnote) -> None:
        with pytest.raises(RunTimeoutError) as caught:
            async with client.sessions.open("nb", timeout=10):
                raise AssertionError("unreachable: it is not open")
        assert anyio.current_time() == 10
        assert office.living == []
        assert str(caught.value).startswith("The session of notebook nb was not open within 10 s: the initial run ")
        assert caught.value.status == "running"
        assert caught.value.run_id
        assert_travels(caught.value)

    sees(library, office, body)


@both
def test_the_timeout_bounds_the_opening_and_what_opens_later_is_stopped(library: str) -> None:
    office = Office(opens=30)

    async def body(client: AsyncDeepnote) -> None:
        with pytest.raises(RunTimeoutError, match="within 10 s; if it opens all the same, it is stopped at once"):
            async with client.sessions.open("nb", timeout=10):
                raise AssertionError("unreachable: it is not open")
        assert anyio.current_time() == 10
        await anyio.sleep(19.9)
        assert office.count("stop") == 0
        await anyio.sleep(0.2)
        assert office.log == ["open", "stop"]

    sees(library, office, body)


@both
def test_a_timeout_before_anything_is_sent_says_so(library: str) -> None:
    async def body(client: AsyncDeepnote) -> None:
        with pytest.raises(RunTimeoutError, match="within 3 s; nothing had been sent"):
            async with client.sessions.open("nb", inputs={"n": 1}, timeout=3):
                raise AssertionError("unreachable: it is not open")

    async def slow(_operation: str, request: httpx.Request) -> httpx.Response | None:
        if request.url.path == "/v2/notebooks/nb":
            await anyio.sleep(10)
            return httpx.Response(200, json=notebook_json("nb", "n"))
        return None

    office = Office(slow)
    sees(library, office, body)
    assert office.count("open") == 0


@both
@pytest.mark.parametrize(("response", "kind", "is_lost"), [
    (lambda: said(500, "oh"), ServerError, True), (lambda: said(502, ""), ServerError, True),
    (lambda: said(500, "Hardware unable to start"), ServerError, False),
    (lambda: httpx.Response(202, content=b"{"), DecodeError, True),
    (lambda: httpx.Response(202, json={"run": {}}), DecodeError, True),
    (lambda: said(400, "x"), BadRequestError, False), (lambda: said(403, "x"), PermissionDeniedError, False),
])  # fmt: skip
def test_an_unknown_outcome_is_told_as_one(
    library: str, response: Callable[[], httpx.Response], kind: type[Exception], *, is_lost: bool
) -> None:
    async def body(client: AsyncDeepnote) -> None:
        with pytest.raises(kind) as caught:
            async with client.sessions.open("nb"):
                raise AssertionError("unreachable: it is not open")
        assert ("nothing proves whether a session was opened" in str(caught.value)) is is_lost
        assert ("no way to find it" in str(caught.value)) is is_lost
        assert_travels(caught.value)

    sees(library, Office(answering("open", response)), body)


@both
@pytest.mark.parametrize(("fault", "kind", "is_lost"), [
    (httpx.ReadError("gone"), ConnectionLostError, True), (httpx.ConnectError("no"), ConnectError, False),
])  # fmt: skip
def test_so_is_a_lost_connection(library: str, fault: Exception, kind: type[Exception], *, is_lost: bool) -> None:
    def fail() -> httpx.Response:
        raise fault

    async def body(client: AsyncDeepnote) -> None:
        with pytest.raises(kind) as caught:
            async with client.sessions.open("nb"):
                raise AssertionError("unreachable: it is not open")
        assert ("nothing proves whether a session was opened" in str(caught.value)) is is_lost

    sees(library, Office(answering("open", fail)), body)


@both
def test_without_a_timeout_the_opening_takes_as_long_as_it_takes(library: str) -> None:
    """The client's own limit is one for calls, and this one may start a machine."""

    async def body(client: AsyncDeepnote) -> None:
        async with client.sessions.open("nb"):
            assert anyio.current_time() >= 1000

    sees(library, Office(opens=1000), body, timeout=20)


@both
def test_but_the_declaration_of_its_inputs_does_not(library: str) -> None:
    async def hang(_operation: str, request: httpx.Request) -> None:
        if request.url.path == "/v2/notebooks/nb":
            await anyio.sleep_forever()

    async def body(client: AsyncDeepnote) -> None:
        with pytest.raises(DeadlineExceededError):
            async with client.sessions.open("nb", inputs={"n": 1}):
                raise AssertionError("unreachable: it is not open")
        assert anyio.current_time() == 20

    sees(library, Office(hang), body, timeout=20)


@both
def test_a_longer_timeout_lets_the_request_take_longer_than_the_clients_limit(library: str) -> None:
    async def body(client: AsyncDeepnote) -> None:
        async with client.sessions.open("nb", timeout=600):
            assert anyio.current_time() >= 100

    sees(library, Office(opens=100), body, timeout=20)


@both
@pytest.mark.parametrize(("status", "said_so", "told"), [
    (403, "no", r"403 Forbidden: no; sessions may not be enabled for this workspace, or the token's owner"),
    (409, "Project is suspended", r"the project is suspended"), (409, "no", r"the project is suspended"),
])  # fmt: skip
def test_refusals_say_what_they_mean(library: str, status: int, said_so: str, told: str) -> None:
    async def body(client: AsyncDeepnote) -> None:
        with pytest.raises(APIError, match=told) as caught:
            async with client.sessions.open("nb"):
                raise AssertionError("unreachable: it is not open")
        assert not isinstance(caught.value, ConflictError) or caught.value.reason == "suspended"

    sees(library, Office(answering("open", lambda: said(status, said_so))), body)


@both
def test_a_service_that_tells_of_no_initial_run_has_its_kernel_waited_for(library: str) -> None:
    looks: list[float] = []

    async def tell(operation: str, _request: httpx.Request) -> httpx.Response | None:
        if operation == "open":
            office.living.append("s")
            return httpx.Response(202, json={"session": {"sessionId": "s"}, "run": {}})
        if operation == "status_of":
            looks.append(anyio.current_time())
            kernel = {"state": "starting" if anyio.current_time() < 3 else "idle"}
            return httpx.Response(200, json={"session": {}, "kernel": kernel})
        return None

    async def body(client: AsyncDeepnote) -> None:
        async with client.sessions.open("nb", timeout=10) as session:
            assert session.initial_run is None
            assert anyio.current_time() >= 3

    office = Office(tell)
    sees(library, office, body)
    assert len(looks) > 2


@both
def test_and_not_for_longer_than_the_timeout(library: str) -> None:
    async def tell(operation: str, _request: httpx.Request) -> httpx.Response | None:
        if operation == "open":
            office.living.append("s")
            return httpx.Response(202, json={"session": {"sessionId": "s"}})
        return None

    async def body(client: AsyncDeepnote) -> None:
        with pytest.raises(RunTimeoutError, match=r"session of notebook nb was not open within 10 s: .*last seen busy"):
            async with client.sessions.open("nb", timeout=10):
                raise AssertionError("unreachable: it is not open")

    office = Office(tell)
    office.kernel = {"state": "busy"}
    sees(library, office, body)


@both
def test_what_is_given_goes_along(library: str) -> None:
    bodies: list[Any] = []

    async def note(operation: str, request: httpx.Request) -> None:
        if operation == "open":
            assert request.headers["x-trace"] == "1"
            bodies.append(body_of(request))

    async def body(client: AsyncDeepnote) -> None:
        async with client.sessions.open(
            "nb", inputs={"a": True}, storage_mode="readonly", idle_shutdown_seconds=60, machine_type="m",
            extra_headers={"x-trace": "1"}, retry=None,
        ) as session:  # fmt: skip
            assert session.idle_shutdown_seconds == 60

    sees(library, Office(note), body)
    assert bodies == [{
        "notebookId": "nb", "inputs": {"a": True}, "storageMode": "readonly", "idleShutdownSeconds": 60,
        "machineType": "m",
    }]  # fmt: skip


@pytest.mark.parametrize(("arguments", "kind"), [
    ({"idle_shutdown_seconds": 0}, ValueError), ({"idle_shutdown_seconds": True}, TypeError),
    ({"idle_shutdown_seconds": 1.5}, TypeError), ({"storage_mode": "none"}, ValueError),
    ({"timeout": -1}, ValueError), ({"timeout": "5"}, TypeError), ({"notebook_id": ""}, ValueError),
])  # fmt: skip
async def test_what_cannot_be_is_refused_at_once(arguments: dict[str, Any], kind: type[Exception]) -> None:
    client = AsyncDeepnote("tok")
    arguments = dict(arguments)
    with pytest.raises(kind):
        client.sessions.open(arguments.pop("notebook_id", "nb"), **arguments)


async def test_a_notebook_does_not_open_a_session_on_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPNOTE_PROJECT_ID", "p")
    monkeypatch.setenv("DEEPNOTE_NOTEBOOK_ID", "nb")
    with pytest.raises(ValueError, match="would run itself"):
        AsyncDeepnote("tok").sessions.open("nb")


async def test_whoever_awaits_it_is_told_what_to_do() -> None:
    opening: Any = AsyncDeepnote("tok").sessions.open("nb")
    with pytest.raises(TypeError, match=r"`async with client.sessions.open\(...\) as session`.*sessions.create"):
        await opening


@both
def test_it_is_entered_once(library: str) -> None:
    async def body(client: AsyncDeepnote) -> None:
        opening = client.sessions.open("nb")
        with pytest.raises(RuntimeError, match="never entered"):
            await opening.__aexit__(None, None, None)
        async with opening:
            with pytest.raises(RuntimeError, match="entered before"):
                await opening.__aenter__()

    sees(library, Office(), body)


@both
def test_a_lost_start_is_never_mistaken_for_the_run_of_a_session(library: str) -> None:
    """A start with on_unknown="reconcile" adopts the one new run of its notebook, unless it is known for another's."""
    listed: list[str] = []

    async def lose(operation: str, request: httpx.Request) -> httpx.Response | None:
        if operation == "list":
            rows = [started_json(runId=run_id, notebookId="nb") for run_id in listed]
            pagination = {"hasMore": False, "pageSize": 100, "nextPageToken": None}
            return httpx.Response(200, json={"runs": rows, "pagination": pagination})
        if request.url.path == "/v2/runs":
            listed.insert(0, "run-of-the-session")
            await anyio.sleep(5)  # the session opens meanwhile
            return said(502, "lost")
        if operation == "open":
            await anyio.sleep(1)
            office.living.append("s")
            return httpx.Response(202, json={"session": {"id": "s"}, "run": {"runId": "run-of-the-session"}})
        return None

    office = Office(lose)

    async def body(client: AsyncDeepnote) -> None:
        async def start() -> None:
            with pytest.raises(Exception, match="nothing proves") as caught:
                await client.runs.create("nb", on_unknown="reconcile", timeout=30)
            assert "run-of-the-session" in caught.value.known_run_ids  # type: ignore[attr-defined]

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(start)
            await anyio.sleep(0.1)
            async with client.sessions.open("nb", wait=False):
                await anyio.sleep(100)

    sees(library, office, body)
