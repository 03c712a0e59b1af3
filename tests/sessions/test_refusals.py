"""What the service's refusals mean where a session is used: which of their meanings, and what to do."""

from __future__ import annotations

from typing import Any

import anyio
import httpx
import pytest

from deepnote_async import APIError, ConflictError, NotFoundError, PermissionDeniedError, Session
from deepnote_async.errors import ConflictReason
from deepnote_async.sessions.refusals import CONFLICTS
from tests.sessions.office import Hook, Office, answering, uses
from tests.support.farm import both, said
from tests.support.leaks import assert_travels

KINDS: list[ConflictReason | None] = ["suspended", "busy", "kernel", None]


@both
@pytest.mark.parametrize(("words", "reason"), [
    ("Project is suspended", "suspended"), ("The project has been suspended.", "suspended"),
    ("The notebook is busy with a run", "busy"), ("Notebook has a tracked run in progress", "busy"),
    ("Another run is still running", "busy"), ("Kernel is busy", "busy"),
    ("Session kernel unavailable", "kernel"), ("The session's kernel is not available: it died", "kernel"),
    ("No kernel for this session", "kernel"), ("Kernel has died", "kernel"),
])  # fmt: skip
def test_what_a_409_says_tells_its_meaning_without_a_question(library: str, words: str, reason: ConflictReason) -> None:
    office = Office(answering("execute", lambda: said(409, words)))

    async def body(session: Session) -> None:
        with pytest.raises(ConflictError) as caught:
            await session.execute("1")
        assert caught.value.reason == reason
        assert str(caught.value).startswith(f"409 Conflict: {words}; {CONFLICTS[reason]} (POST ")
        assert_travels(caught.value)

    uses(library, office, body)
    assert office.count("status_of") == 0


@both
@pytest.mark.parametrize(("kernel", "reason"), [
    ({"state": "busy"}, "busy"), ({"status": "starting"}, "busy"), ({"state": "idle", "queue": ["b"]}, "busy"),
    ({"state": "dead"}, "kernel"), ({"state": "idle"}, None), ({"state": "hibernating"}, None), ({}, None),
])  # fmt: skip
def test_else_how_the_kernel_is_tells(library: str, kernel: dict[str, Any], reason: ConflictReason | None) -> None:
    office = Office(answering("execute", lambda: said(409, "No.")))
    office.kernel = kernel

    async def body(session: Session) -> None:
        with pytest.raises(ConflictError) as caught:
            await session.execute("1")
        assert caught.value.reason == reason
        assert CONFLICTS[reason] in str(caught.value)

    uses(library, office, body)
    assert office.count("status_of") == 1


@both
@pytest.mark.parametrize("words", [
    "Kernel is not available while a run is active", "The notebook has an active run; the kernel is not available",
    "Notebook kernel is busy and not available for execution", "Session is busy: kernel unavailable until it has ended",
])  # fmt: skip
@pytest.mark.parametrize(("state", "reason"), [("busy", "busy"), ("dead", "kernel"), ("idle", None)])
def test_so_it_does_where_the_service_says_two_of_them(
    library: str, words: str, state: str, reason: ConflictReason | None
) -> None:
    office = Office(answering("execute", lambda: said(409, words)))
    office.kernel = {"state": state}

    async def body(session: Session) -> None:
        with pytest.raises(ConflictError) as caught:
            await session.execute("1")
        assert caught.value.reason == reason

    uses(library, office, body)
    assert office.count("status_of") == 1


@both
@pytest.mark.parametrize(("status", "reason"), [(409, "suspended"), (404, None), (500, None), (0, None)])
def test_or_that_it_cannot_be_asked(library: str, status: int, reason: ConflictReason | None) -> None:
    async def refuse(operation: str, _request: httpx.Request) -> httpx.Response | None:
        if operation == "status_of" and status == 0:
            await anyio.sleep_forever()
        return said(status if operation == "status_of" else 409, "No.")

    async def body(session: Session) -> None:
        with pytest.raises(ConflictError) as caught:
            await session.execute("1")
        assert caught.value.reason == reason

    uses(library, Office(refuse), body)


@both
@pytest.mark.parametrize("words", [
    "The kernel was restarted", "The kernel of this session was started anew", "Kernel died and has been restarted",
])  # fmt: skip
def test_a_kernel_that_was_restarted_needs_no_other_session(library: str, words: str) -> None:
    async def body(session: Session) -> None:
        with pytest.raises(ConflictError, match="the session goes on: run the blocks of the notebook again") as caught:
            await session.execute("1")
        assert caught.value.reason == "kernel"
        assert "open another session" not in str(caught.value)

    uses(library, Office(answering("execute", lambda: said(409, words))), body)


@both
@pytest.mark.parametrize("call", ["status", "interrupt"])
@pytest.mark.parametrize(("words", "reason"), [("No.", "suspended"), ("Busy: kernel unavailable", None)])
def test_a_question_is_refused_where_the_project_is_suspended(
    library: str, call: str, words: str, reason: ConflictReason | None
) -> None:
    async def body(session: Session) -> None:
        with pytest.raises(ConflictError) as caught:
            await getattr(session, call)()
        assert caught.value.reason == reason

    uses(library, Office(answering("status_of" if call == "status" else call, lambda: said(409, words))), body)


@both
@pytest.mark.parametrize("call", ["execute", "status", "interrupt", "run"])
@pytest.mark.parametrize(("status", "kind", "told"), [
    (403, PermissionDeniedError, "sessions may not be enabled for this workspace"),
    (404, NotFoundError, "the session has ended, for instance after its idle time, or there never was one"),
    (409, ConflictError, "the project is suspended"),
])  # fmt: skip
def test_every_call_says_what_its_refusal_means(
    library: str, call: str, status: int, kind: type[APIError], told: str
) -> None:
    async def refuse(_operation: str, _request: httpx.Request) -> httpx.Response:
        return said(status, "suspended")

    async def body(session: Session) -> None:
        known: dict[str, list[Any]] = {"execute": ["1"], "run": [["b"]]}
        arguments = known.get(call, [])
        with pytest.raises(kind, match=told) as caught:
            await getattr(session, call)(*arguments)
        assert caught.value.message == "suspended"

    hook: Hook = refuse
    uses(library, Office(hook), body)


def test_every_meaning_has_its_advice() -> None:
    assert list(CONFLICTS) == KINDS
