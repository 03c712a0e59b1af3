"""How a session is: whatever the fields are called, and waiting until its kernel does nothing."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import anyio
import httpx
import pytest

from deepnote_async import DecodeError, NotFoundError, Session, SessionError, SessionTimeoutError
from deepnote_async.sessions.status import read_status
from tests.sessions.office import Office, answering, uses
from tests.support.farm import both, said
from tests.support.leaks import assert_travels


@pytest.mark.parametrize("kernel", [
    {"state": "busy", "executingBlock": "a", "queue": ["b", "c"]},
    {"status": "busy", "executingBlock": {"blockId": "a"}, "queue": [{"blockId": "b"}, {"id": "c"}]},
    {"executionState": "busy", "executingBlockId": "a", "queuedBlocks": ["b", {"id": "c", "x": 1}]},
    {"state": "busy", "currentBlock": {"id": "a"}, "executionQueue": ["b", None, "c", [], {}]},
])  # fmt: skip
def test_the_fields_are_read_under_every_likely_name(kernel: dict[str, Any]) -> None:
    status = read_status({"session": {"status": "busy", "x": 1}, "kernel": kernel})
    assert (status.state, status.kernel_state) == ("busy", "busy")
    assert (status.executing_block, status.queue) == ("a", ("b", "c"))
    assert (status.session["x"], status.kernel) == (1, kernel)
    assert status.is_working


@pytest.mark.parametrize("kernel", [
    {}, {"state": 5, "queue": None, "executingBlock": None}, {"queue": {}, "executingBlock": []}, {"state": "absent"},
    {"state": "idle"}, {"state": "something-new", "queue": []},
])  # fmt: skip
def test_what_says_nothing_is_not_working(kernel: dict[str, Any]) -> None:
    status = read_status({"session": {}, "kernel": kernel})
    assert (status.executing_block, status.queue, status.is_working, status.is_dead) == (None, (), False, False)


@pytest.mark.parametrize("state", ["busy", "BUSY", "starting", "Queued", "restarting"])
def test_known_states_of_work(state: str) -> None:
    assert read_status({"session": {}, "kernel": {"state": state}}).is_working


@both
@pytest.mark.parametrize("answer", [{"session": {}}, {"session": {}, "kernel": 5}, {"session": None, "kernel": {}}])
def test_an_answer_that_is_none(library: str, answer: Any) -> None:
    async def body(session: Session) -> None:
        with pytest.raises(DecodeError):
            await session.status()

    uses(library, Office(answering("status_of", lambda: httpx.Response(200, json=answer))), body)


def kernels(*states: tuple[float, str], looks: list[float]) -> Office:
    """Make an office whose kernel is in each state until that moment, and in the last one for ever."""

    async def tell(operation: str, _request: httpx.Request) -> httpx.Response | None:
        if operation != "status_of":
            return None
        looks.append(anyio.current_time())
        state = next((state for until, state in states if anyio.current_time() < until), states[-1][1])
        return httpx.Response(200, json={"session": {}, "kernel": {"state": state}})

    return Office(tell)


@both
def test_wait_idle_looks_ever_more_rarely(library: str) -> None:
    looks: list[float] = []

    async def body(session: Session) -> None:
        status = await session.wait_idle()
        assert status.kernel_state == "idle"
        assert 20 <= anyio.current_time() < 22

    uses(library, kernels((5, "starting"), (20, "busy"), (0, "idle"), looks=looks), body)
    pauses = [later - earlier for earlier, later in pairwise(looks)]
    assert pauses[:3] == pytest.approx([0.1, 0.15, 0.225])
    assert pauses == sorted(pauses)
    assert max(pauses) == pytest.approx(2)


@both
@pytest.mark.parametrize("state", ["idle", "something-new", "absent"])
def test_it_waits_for_known_work_only(library: str, state: str) -> None:
    looks: list[float] = []

    async def body(session: Session) -> None:
        assert (await session.wait_idle()).kernel_state == state
        assert anyio.current_time() == 0

    uses(library, kernels((0, state), looks=looks), body)


@both
def test_when_the_time_is_up(library: str) -> None:
    looks: list[float] = []

    async def body(session: Session) -> None:
        with pytest.raises(SessionTimeoutError, match=r"was not idle within 3 s \(last seen busy\)") as caught:
            await session.wait_idle(3)
        assert anyio.current_time() == 3
        assert isinstance(caught.value, TimeoutError)
        assert (caught.value.session_id, caught.value.notebook_id) == (session.id, "nb")
        assert caught.value.kernel_state == "busy"
        assert_travels(caught.value)

    uses(library, kernels((0, "busy"), looks=looks), body)


@both
def test_a_dead_kernel_is_not_waited_for(library: str) -> None:
    looks: list[float] = []

    async def body(session: Session) -> None:
        with pytest.raises(SessionError, match="is dead and will not be idle again") as caught:
            await session.wait_idle(notebook_id="other")
        assert anyio.current_time() < 1
        assert not isinstance(caught.value, TimeoutError)
        assert caught.value.notebook_id == "other"

    uses(library, kernels((0.2, "busy"), (0, "dead"), looks=looks), body)


@both
def test_a_session_that_ends_meanwhile(library: str) -> None:
    async def body(session: Session) -> None:
        with pytest.raises(NotFoundError, match="the session has ended"):
            await session.wait_idle()

    uses(library, Office(answering("status_of", lambda: said(404, ""))), body)


@both
@pytest.mark.parametrize("timeout", [-1, float("nan"), "5", True])
def test_timeouts_that_are_none(library: str, timeout: Any) -> None:
    async def body(session: Session) -> None:
        with pytest.raises((ValueError, TypeError), match="timeout"):
            await session.wait_idle(timeout)

    uses(library, Office(), body)


@both
@pytest.mark.parametrize("session_says", [{"status": "busy"}, {"state": "starting"}])
@pytest.mark.parametrize("kernel", [None, {}, {"state": None}, {"executionState": "unknown"}])
def test_without_a_known_state_of_the_kernel_that_of_the_session_counts(
    library: str, session_says: dict[str, Any], kernel: dict[str, Any] | None
) -> None:
    def told() -> httpx.Response:
        says = session_says if anyio.current_time() < 3 else {"status": "ready"}
        return httpx.Response(200, json={"session": says, "kernel": kernel})

    async def body(session: Session) -> None:
        status = await session.wait_idle(10)
        assert 3 <= anyio.current_time() < 6
        assert status.kernel == (kernel or {})

    uses(library, Office(answering("status_of", told)), body)


@pytest.mark.parametrize("name", [
    "state", "status", "executionState", "execution_state", "kernelState", "kernelStatus",
])  # fmt: skip
@pytest.mark.parametrize(("state", "is_working", "is_dead"), [
    ("busy", True, False), ("idle", False, False), ("dead", False, True), ("Busy", True, False),
])  # fmt: skip
def test_the_kernels_own_state_counts_under_all_its_names(
    name: str, state: str, *, is_working: bool, is_dead: bool
) -> None:
    for session in ({}, {"status": "busy"}, {"status": "idle"}):
        status = read_status({"session": session, "kernel": {name: state}})
        assert (status.kernel_state, status.is_working, status.is_dead) == (state, is_working, is_dead)


def test_a_known_state_counts_more_than_an_unknown_one() -> None:
    assert read_status({"session": {}, "kernel": {"status": "attached", "executionState": "busy"}}).is_working


@both
def test_a_session_that_has_failed_is_not_waited_for(library: str) -> None:
    answer = {"session": {"status": "terminated"}, "kernel": None}

    async def body(session: Session) -> None:
        with pytest.raises(SessionError, match="is terminated and will not be idle again"):
            await session.wait_idle()

    uses(library, Office(answering("status_of", lambda: httpx.Response(200, json=answer))), body)
