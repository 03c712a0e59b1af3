"""Starting a run: what is sent, what is refused before it is sent, and what a failure means."""

from __future__ import annotations

import pickle
from typing import Any

import anyio
import httpx
import pytest

from deepnote_async import (
    AsyncDeepnote,
    AuthenticationError,
    BadRequestError,
    CallError,
    ConflictError,
    ConnectError,
    ConnectionLostError,
    DeadlineExceededError,
    DecodeError,
    DeepnoteError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RequestTimeoutError,
    ResponseTooLargeError,
    RunStartUnknownError,
    ServerError,
    TransportError,
    UnexpectedRedirectError,
    UnexpectedStatusError,
)
from deepnote_async.errors import Sent
from deepnote_async.runs.start import may_have_succeeded
from deepnote_async.transport import may_have_been_applied
from tests.support.service import body_of, client_of, started_json
from tests.support.virtual_time import run_virtually


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        ({}, {"detached": True}),
        ({"inputs": {}}, {"detached": True}),
        (
            {"inputs": {"a": "x", "b": True, "c": ["y", "z"], "n": 3, "f": 0.5}},
            {"detached": True, "inputs": {"a": "x", "b": True, "c": ["y", "z"], "n": "3", "f": "0.5"}},
        ),
        (
            {"storage_mode": "readonly", "machine_type": "m"},
            {"detached": True, "detachedRunStorageMode": "readonly", "machineType": "m"},
        ),
        (
            {"detached": False, "block_ids": ["b", "a"], "run_dependent_blocks": True},
            {"detached": False, "blockIds": ["b", "a"], "runDependentBlocks": True},
        ),
    ],
)
async def test_the_body_holds_what_was_asked_for_and_nothing_else(
    arguments: dict[str, Any], body: dict[str, Any]
) -> None:
    sent: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(body_of(request))
        return httpx.Response(202, json=started_json())

    async with client_of(answer) as client:
        handle = await client.runs.create("nb", **arguments, check_inputs=False)
    assert sent == [{"notebookId": "nb"} | body]
    assert (handle.notebook_id, handle.status) == ("nb", "pending")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"block_ids": []}, "block_ids is empty"),
        ({"block_ids": ["a"]}, "needs detached=False"),
        ({"block_ids": ["a", "a"], "detached": False}, "twice"),
        ({"block_ids": "abc", "detached": False}, "list of ids"),
        ({"run_dependent_blocks": True}, "together with block_ids"),
        ({"detached": False, "storage_mode": "readonly"}, "storage_mode is for detached"),
        ({"detached": False, "machine_type": "m"}, "machine_type is for detached"),
        ({"storage_mode": "rw"}, "'read_write' or 'readonly'"),
        ({"inputs": {"n": float("nan")}}, "input 'n': nan"),
        ({"inputs": {"n": None}}, "input 'n': a NoneType"),
        ({"inputs": {"n": [1, 2]}}, "input 'n': a list"),
        ({"inputs": {5: "x"}}, "name of an input"),
        ({"inputs": [("a", "b")]}, "mapping"),
    ],
)
async def test_what_the_service_would_refuse_is_refused_here(arguments: dict[str, Any], reason: str) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        raise AssertionError("a request was sent")

    async with client_of(answer) as client:
        with pytest.raises((ValueError, TypeError), match=reason):
            await client.runs.create("nb", **arguments, check_inputs=False)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequestError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (409, ConflictError),
        (405, UnexpectedStatusError),
        (413, UnexpectedStatusError),
        (422, UnexpectedStatusError),
        (451, UnexpectedStatusError),
        (302, UnexpectedRedirectError),
        (429, RateLimitError),
    ],
)
async def test_a_refusal_means_that_nothing_was_started(status: int, kind: type[CallError]) -> None:
    async with client_of(lambda _: httpx.Response(status, json={"message": "no"})) as client:
        with pytest.raises(kind):
            await client.runs.create("nb")


@pytest.mark.parametrize(
    ("response", "cause"),
    [
        (httpx.Response(408, json={"message": "slow"}), RequestTimeoutError),
        (httpx.Response(500, json={"message": "Hardware unable to start"}), ServerError),
        (httpx.Response(502, html="<html>"), ServerError),
        (httpx.Response(202, content=b""), DecodeError),
        (httpx.Response(202, content=b"null"), DecodeError),
        (httpx.Response(202, content=b'{"status": "pend'), DecodeError),
        (httpx.Response(202, json={"status": "pending"}), DecodeError),
        (httpx.Response(202, json={"runId": "", "status": "pending"}), DecodeError),
    ],
)
async def test_other_failures_leave_it_unknown(response: httpx.Response, cause: type[DeepnoteError]) -> None:
    requests = 0

    def answer(_request: httpx.Request) -> httpx.Response:
        nonlocal requests
        requests += 1
        return response

    async with client_of(answer) as client:
        with pytest.raises(RunStartUnknownError, match="nothing proves whether the run exists") as caught:
            await client.runs.create("nb")
    assert type(caught.value.__cause__) is cause
    assert requests == 1
    copy = pickle.loads(pickle.dumps(caught.value))  # noqa: S301  (made right here)
    assert (copy.notebook_id, type(copy.__cause__)) == ("nb", cause)


def failed(kind: type[CallError], sent: Sent | None = None, status: int | None = None) -> CallError:
    error = kind("failed", method="POST", path="/v2/runs", status=status)
    if isinstance(error, TransportError) and sent is not None:
        error.sent = sent
    return error


@pytest.mark.parametrize(
    ("error", "is_unknown", "is_success"),
    [
        (failed(ConnectError, "no"), False, False),
        (failed(DeadlineExceededError, "no"), False, False),
        (failed(DeadlineExceededError, "maybe"), True, False),
        (failed(DeadlineExceededError, "yes"), True, True),
        (failed(ConnectionLostError, "maybe"), True, False),
        (failed(ConnectionLostError, "yes"), True, True),
        (failed(ResponseTooLargeError, "yes", 202), True, True),
        (failed(UnexpectedRedirectError, "yes", 307), False, False),
        (failed(DecodeError, status=200), True, True),
        (failed(RequestTimeoutError, status=408), True, False),
        (failed(ServerError, status=503), True, False),
        (failed(UnexpectedStatusError, status=425), False, False),
        (failed(UnexpectedStatusError, status=103), True, False),
        (failed(AuthenticationError, status=401), False, False),
        (failed(RateLimitError, status=429), False, False),
    ],
    ids=lambda value: f"{type(value).__name__}-{value.status}" if isinstance(value, CallError) else None,
)
def test_what_each_failure_says_of_the_run(error: CallError, is_unknown: bool, is_success: bool) -> None:  # noqa: FBT001
    assert may_have_been_applied(error) is is_unknown
    assert may_have_succeeded(error) is is_success


async def test_a_fault_before_sending_is_no_unknown_start() -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    async with client_of(answer) as client:
        with pytest.raises(ConnectError):
            await client.runs.create("nb")


@pytest.mark.parametrize(
    "body",
    [
        {"runId": "r1", "status": "pending", "createdAt": "2026-01-01T00:00:00Z"},
        {"run": {"id": "r1", "status": "pending"}},
        {"id": "r1", "status": "queued"},
        {"runId": "r1"},
        {"runId": "r1", "status": 7, "createdAt": "yesterday"},
    ],
)
async def test_a_started_run_is_never_lost_over_its_other_fields(body: dict[str, Any]) -> None:
    async with client_of(lambda _: httpx.Response(200, json=body)) as client:
        assert (await client.runs.create("nb")).id == "r1"


def test_cancelling_a_start_passes_through_with_a_note() -> None:
    async def answer(_request: httpx.Request) -> httpx.Response:
        await anyio.sleep(3600)
        raise AssertionError("unreachable")

    notes: list[str] = []

    async def start(client: AsyncDeepnote) -> None:
        try:
            await client.runs.create("nb")
        except anyio.get_cancelled_exc_class() as cancelled:
            notes.extend(cancelled.__notes__)
            raise

    async def main() -> None:
        async with client_of(answer) as client:
            with anyio.move_on_after(1) as scope:
                await start(client)
            assert scope.cancelled_caught

    run_virtually(main())
    assert notes == ["The start of a run of notebook nb was cancelled; the run may exist all the same."]


async def test_a_notebook_does_not_start_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPNOTE_PROJECT_ID", "p")
    monkeypatch.setenv("DEEPNOTE_NOTEBOOK_ID", "nb")
    async with client_of(lambda _: httpx.Response(202, json=started_json())) as client:
        with pytest.raises(ValueError, match="notebook nb would run itself without end"):
            await client.runs.create("nb")
        assert (await client.runs.create("another")).notebook_id == "another"


async def test_a_hook_that_fails_after_the_answer_does_not_hide_that_the_run_may_exist() -> None:
    async def fail(_response: httpx.Response) -> None:
        raise KeyError("a bug in a hook")

    events: list[object] = []
    transport = httpx.MockTransport(lambda _: httpx.Response(202, json=started_json()))
    async with (
        httpx.AsyncClient(transport=transport, event_hooks={"response": [fail]}) as http,
        AsyncDeepnote("tok", "https://api.example.test", http_client=http, on_event=events.append) as client,
    ):
        with pytest.raises(KeyError) as caught:
            await client.runs.create("nb")
    assert any("was ended by KeyError; the run may exist all the same" in note for note in caught.value.__notes__)
    assert any(getattr(event, "status", None) == "unknown" for event in events)
