"""Every facade call: its request under the contract, its success, every documented refusal, every odd answer."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from deepnote_async import (
    APIError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    DecodeError,
    DeepnoteError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RequestTimeoutError,
    RunStartUnknownError,
    ServerError,
    UnexpectedStatusError,
)
from tests.resources.calls import CALLS, Call
from tests.resources.low_level import LOW_LEVEL
from tests.support.contract import check_request, operation_of
from tests.support.service import client_of

KINDS: dict[int, type[APIError]] = {
    400: BadRequestError, 401: AuthenticationError, 403: PermissionDeniedError, 404: NotFoundError,
    405: UnexpectedStatusError, 408: RequestTimeoutError, 409: ConflictError, 413: UnexpectedStatusError,
    422: UnexpectedStatusError, 429: RateLimitError, 500: ServerError, 520: ServerError,
}  # fmt: skip
every_call = pytest.mark.parametrize("call", [*CALLS, *LOW_LEVEL], ids=lambda call: call.operation)
by_operation = pytest.mark.parametrize("call", CALLS, ids=lambda call: call.operation)


def respond(call: Call) -> httpx.Response:
    return httpx.Response(call.status) if call.answer is None else httpx.Response(call.status, json=call.answer)


@every_call
async def test_the_request_fits_the_contract_and_the_answer_is_read(call: Call) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return respond(call)

    async with client_of(answer) as client:
        await call.make(client)
    (request,) = seen
    operation = operation_of(request.method, request.url.raw_path.decode().partition("?")[0])
    assert operation["operationId"] == call.operation
    assert str(call.status) in operation["responses"]
    if call.operation != "uploadFile":
        check_request(request)


@every_call
@pytest.mark.parametrize("status", KINDS)
async def test_every_refusal_has_its_error_with_the_services_words(call: Call, status: int) -> None:
    async with client_of(lambda _: httpx.Response(status, json={"message": "because of this"})) as client:
        with pytest.raises(DeepnoteError, match="because of this") as caught:
            await call.make(client)
    error: BaseException | None = caught.value
    if call.operation in {"createRun", "createSessionRun"} and (status == 408 or status >= 500):
        assert isinstance(error, RunStartUnknownError)
        error = error.__cause__
    assert type(error) is KINDS[status]
    assert isinstance(error, APIError)
    assert error.status == status


ODD: dict[str, dict[str, Any]] = {
    "empty": {"content": b""},
    "html": {"html": "<html><body>Sign in</body></html>"},
    "truncated": {"content": b'{"run": {"runId": "'},
    "null": {"content": b"null"},
    "list": {"content": b"[]"},
    "number": {"content": b"5"},
    "binary": {"content": b"\xff\xfe\x00"},
    "nothing in it": {"content": b"{}"},
    "nulls in it": {"json": dict.fromkeys(["run", "notebook", "project", "block", "session", "file"])},
}


@every_call
@pytest.mark.parametrize("odd", ODD)
async def test_odd_answers_are_decode_errors(call: Call, odd: str) -> None:
    # A generated parser reads documented statuses only; a typed call takes any success.
    status = call.status if call in LOW_LEVEL else 200
    async with client_of(lambda _: httpx.Response(status, **ODD[odd])) as client:
        reads_nothing = call.answer is None or call.operation in {"interruptSession", "updateBlock", "copyFile"}
        if reads_nothing and odd != "html":
            await call.make(client)  # so little can be wrong with the answer
            return
        with pytest.raises(DeepnoteError) as caught:
            await call.make(client)
    error = caught.value.__cause__ if isinstance(caught.value, RunStartUnknownError) else caught.value
    assert type(error) is DecodeError


@pytest.mark.parametrize("call", LOW_LEVEL, ids=lambda call: call.operation)
async def test_the_low_level_calls_say_where_an_answer_cannot_be_read(call: Call) -> None:
    ((name, _value),) = call.answer.items()
    async with client_of(lambda _: httpx.Response(call.status, json={name: 5})) as client:
        with pytest.raises(DecodeError) as caught:
            await call.make(client)
    assert caught.value.pointer in {f"/{name}", ""}
    async with client_of(lambda _: httpx.Response(call.status, json={})) as client:
        with pytest.raises(DecodeError, match=f"/{name} is missing") as caught:
            await call.make(client)
    assert caught.value.pointer == f"/{name}"


@by_operation
async def test_unknown_fields_and_another_success_status_do_no_harm(call: Call) -> None:
    if call.answer is None:
        response = httpx.Response(200, json={"surprise": 1})
    else:
        answer: Any = json.loads(json.dumps(call.answer))
        answer["surprise"] = 1
        for part in answer.values():
            if isinstance(part, dict):
                part["surprise"] = {"deep": [1]}
        response = httpx.Response(200, json=answer)
    async with client_of(lambda _: response) as client:
        await call.make(client)
