"""What the policy makes of answers: errors by status, limits, redirects, deadlines, unreadable bodies."""

from __future__ import annotations

import gzip
import json
import pickle
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import httpx
import pytest

from deepnote_async import (
    APIError,
    AuthenticationError,
    BadRequestError,
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
    ServerError,
    TransportError,
    UnexpectedRedirectError,
    UnexpectedStatusError,
)
from tests.support.service import RUN_ID, client_of, run_json, started_json
from tests.support.virtual_time import run_virtually


async def error_of(
    answer: Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]], **options: Any
) -> DeepnoteError:
    async with client_of(answer) as client:
        with pytest.raises(DeepnoteError) as caught:
            await client.runs.get(RUN_ID, **options)
    return caught.value


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequestError),
        (401, AuthenticationError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (408, RequestTimeoutError),
        (409, ConflictError),
        (413, UnexpectedStatusError),
        (418, UnexpectedStatusError),
        (422, UnexpectedStatusError),
        (429, RateLimitError),
        (500, ServerError),
        (502, ServerError),
        (520, ServerError),
        (599, ServerError),
    ],
)
async def test_each_status_has_its_error(status: int, kind: type[APIError]) -> None:
    error = await error_of(
        lambda _: httpx.Response(status, json={"message": "because"}, headers={"x-request-id": "req-1"})
    )
    assert type(error) is kind
    assert isinstance(error, APIError)
    assert (error.status, error.message, error.method, error.path) == (status, "because", "GET", "/v2/runs/{run_id}")
    assert (error.request_id, error.attempts) == ("req-1", 1)
    assert error.elapsed >= 0
    assert str(status) in str(error)
    assert "because" in str(error)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"message": "m", "error": "e"}', "m"),
        (b'{"error": "e", "detail": "d"}', "e"),
        (b'{"detail": "d"}', "d"),
        (b'{"message": 5}', ""),
        (b"plain words", "plain words"),
        (b"", ""),
        (b"null", ""),
        (b"[" * 200_000, "[" * 500),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b'{"message": "sent Bearer abc.def to ?X-Signature=123&n=1"}', "sent Bearer *** to ?X-Signature=***&n=1"),
    ],
)
async def test_the_message_is_read_from_whatever_the_service_says(body: bytes, expected: str) -> None:
    error = await error_of(lambda _: httpx.Response(400, content=body))
    assert isinstance(error, BadRequestError)
    assert error.message == expected


async def test_html_of_a_proxy_is_not_quoted() -> None:
    page = "<html><body>Bad gateway</body></html>"
    error = await error_of(lambda _: httpx.Response(502, html=page))
    assert str(error) == "502 Bad Gateway (GET /v2/runs/{run_id})"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"ratelimit-reset": "30"}, 30.0),
        ({"retry-after": "2", "ratelimit-reset": "30"}, 2.0),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
async def test_a_429_tells_how_long_to_wait(headers: dict[str, str], expected: float | None) -> None:
    error = await error_of(lambda _: httpx.Response(429, json={"message": "slow down"}, headers=headers))
    assert isinstance(error, RateLimitError)
    assert error.retry_after == expected


@pytest.mark.parametrize(
    "location",
    ["https://evil.test/x?token=1", "/v2/other", "http://api.example.test/", ""],
)
async def test_redirects_are_refused(location: str) -> None:
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(302, headers={"location": location})

    error = await error_of(answer)
    assert isinstance(error, UnexpectedRedirectError)
    assert "token=1" not in str(error)
    assert len(requests) == 1


@pytest.mark.parametrize(
    ("body", "pointer", "says"),
    [
        (b"", "", "not JSON"),
        (b"<html>", "", "not JSON"),
        (b'{"run": {"runId": "x"', "", "not JSON"),
        (b"[" * 100_000, "", "not JSON"),
        (b'{"a":' * 201 + b"1" + b"}" * 201, "", "nested more than 200 deep"),
        (b'{"a": [' * 300 + b"1" + b"]}" * 300, "", "nested more than 200 deep"),
        (b"null", "", "JSON null"),
        (b"[]", "", "JSON list"),
        (b'"text"', "", "JSON string"),
        (b'{"run": {"status": "success"}}', "/run/runId", "/run/runId is missing"),
        (b'{"run": {"runId": "x"}}', "/run/status", "/run/status is missing"),
        (b'{"run": {"runId": "x", "status": 5}}', "/run/status", "/run/status cannot be read"),
        (b'{"run": {"runId": "x", "status": "success", "createdAt": "noon"}}', "/run/createdAt", "cannot be read"),
        (b'{"run": {"runId": "x", "status": "success", "createdAt": 7}}', "/run/createdAt", "cannot be read"),
    ],
)
async def test_an_unreadable_answer_says_where(body: bytes, pointer: str, says: str) -> None:
    error = await error_of(lambda _: httpx.Response(200, content=body, headers={"x-request-id": "req-2"}))
    assert isinstance(error, DecodeError)
    assert error.pointer == pointer
    assert says in str(error)
    assert error.request_id == "req-2"


async def test_the_pointer_reaches_into_lists() -> None:
    notebook = {"id": "n", "name": "N", "blocks": [{"id": "a", "type": "code"}, {"id": "b"}]}
    async with client_of(lambda _: httpx.Response(200, json={"notebook": notebook})) as client:
        with pytest.raises(DecodeError) as caught:
            await client.notebooks.get("n")
    assert caught.value.pointer == "/notebook/blocks/1/type"


async def test_a_huge_answer_is_not_read() -> None:
    bomb = httpx.ByteStream(gzip.compress(b"\0" * (80 << 20)))
    error = await error_of(lambda _: httpx.Response(200, stream=bomb, headers={"content-encoding": "gzip"}))
    assert isinstance(error, ResponseTooLargeError)
    assert "64 MiB" in str(error)


async def test_broken_compression_is_a_lost_connection() -> None:
    stream = httpx.ByteStream(b"not gzip")
    error = await error_of(lambda _: httpx.Response(200, stream=stream, headers={"content-encoding": "gzip"}))
    assert isinstance(error, ConnectionLostError)
    assert error.sent == "yes"


async def test_compressed_answers_are_read() -> None:
    body = httpx.ByteStream(gzip.compress(json.dumps(run_json()).encode()))
    async with client_of(lambda _: httpx.Response(200, stream=body, headers={"content-encoding": "gzip"})) as client:
        assert (await client.runs.get(RUN_ID)).status == "success"


@pytest.mark.parametrize(
    ("fault", "kind", "sent"),
    [
        (httpx.ConnectError("refused"), ConnectError, "no"),
        (httpx.ConnectTimeout("slow"), ConnectionLostError, "maybe"),  # httpx-aiohttp raises it for nearly everything
        (httpx.ProxyError("407"), ConnectError, "no"),
        (httpx.PoolTimeout("full"), ConnectError, "no"),
        (httpx.ReadTimeout("silent"), ConnectionLostError, "maybe"),
        (httpx.ReadError("reset"), ConnectionLostError, "maybe"),
        (httpx.WriteError("reset"), ConnectionLostError, "maybe"),
        (httpx.RemoteProtocolError("closed"), ConnectionLostError, "maybe"),
        (httpx.LocalProtocolError("header"), TransportError, "no"),
    ],
)
async def test_each_fault_says_whether_the_request_was_sent(
    fault: httpx.TransportError, kind: type[TransportError], sent: str
) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        raise fault

    error = await error_of(answer)
    assert type(error) is kind
    assert isinstance(error, TransportError)
    assert error.sent == sent
    assert error.__cause__ is None
    assert error.__context__ is None  # httpx's exception holds the request, and with it the token


def test_the_deadline_covers_the_whole_call() -> None:
    async def slow(_request: httpx.Request) -> httpx.Response:
        await anyio.sleep(3600)
        raise AssertionError("unreachable")

    async def main() -> DeepnoteError:
        before = anyio.current_time()
        error = await error_of(slow, timeout=7.0)
        assert anyio.current_time() - before == pytest.approx(7.0)
        return error

    error = run_virtually(main())
    assert isinstance(error, DeadlineExceededError)
    assert isinstance(error, TimeoutError)
    assert "within 7 s" in str(error)


def test_the_clients_timeout_is_the_default() -> None:
    async def slow(_request: httpx.Request) -> httpx.Response:
        await anyio.sleep(3600)
        return httpx.Response(200, json=run_json())

    async def main() -> None:
        async with client_of(slow, timeout=3.0) as client:
            with pytest.raises(DeadlineExceededError, match="within 3 s"):
                await client.runs.get(RUN_ID)
            with pytest.raises(DeadlineExceededError, match="within 3 s"):
                await client.request("GET", "/v2/anything")
            with pytest.raises(DeadlineExceededError, match="within 3 s"):
                await client.generated.get_async_httpx_client().get("/v2/anything")
            assert (await client.runs.get(RUN_ID, timeout=None)).status == "success"

    run_virtually(main())


def test_a_callers_own_timeout_stays_theirs() -> None:
    async def slow(_request: httpx.Request) -> httpx.Response:
        await anyio.sleep(3600)
        raise AssertionError("unreachable")

    async def main() -> None:
        async with client_of(slow) as client:
            with anyio.move_on_after(1) as scope:
                await client.runs.get(RUN_ID, timeout=5)
            assert scope.cancelled_caught
            with pytest.raises(TimeoutError) as caught, anyio.fail_after(1):
                await client.runs.get(RUN_ID, timeout=5)
            assert not isinstance(caught.value, DeepnoteError)

    run_virtually(main())


@pytest.mark.parametrize("timeout", [-1, float("nan")])
async def test_a_timeout_that_cannot_be_is_refused(timeout: float) -> None:
    async with client_of(lambda _: httpx.Response(200)) as client:
        with pytest.raises(ValueError, match="timeout must not be negative or NaN"):
            await client.runs.get(RUN_ID, timeout=timeout)
        with pytest.raises(TypeError, match="timeout takes seconds"):
            await client.runs.get(RUN_ID, timeout="10s")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def test_errors_survive_pickling() -> None:
    error = await error_of(lambda _: httpx.Response(429, json={"message": "m"}, headers={"retry-after": "3"}))
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301  (made right here)
    assert type(copy) is RateLimitError
    assert (str(copy), copy.retry_after, copy.status, copy.path) == (str(error), 3.0, 429, "/v2/runs/{run_id}")


async def test_undocumented_calls_and_generated_calls_share_the_policy() -> None:
    from deepnote_async_api.api.projects import list_projects

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Bearer tok"
        assert request.headers["user-agent"].startswith("deepnote-async/")
        if request.url.path == "/v2/projects":
            return httpx.Response(200, json={"projects": [], "pagination": {"nextPageToken": None}})
        return httpx.Response(404, json={"message": request.url.query.decode() + request.headers["x-extra"]})

    async with client_of(answer) as client:
        page = await list_projects.asyncio(client=client.generated, page_size=5)
        assert page is not None
        with pytest.raises(NotFoundError, match="a=1more"):
            await client.request("GET", "/v2/anything", params={"a": 1}, extra_headers={"x-extra": "more"})


def test_a_start_that_waited_too_long_at_the_gate_is_not_sent_to_be_cut_off() -> None:
    sent: list[float] = []

    async def answer(_request: httpx.Request) -> httpx.Response:
        sent.append(anyio.current_time())
        return httpx.Response(202, json=started_json())

    async def main() -> None:
        async with client_of(answer, rate=1 / 58) as client:
            await client.runs.create("nb")
            with pytest.raises(DeadlineExceededError) as caught:
                await client.runs.create("nb")  # its turn comes with 2 of its 60 seconds left
            assert caught.value.sent == "no"
            await client.runs.create("nb", timeout=None)

    run_virtually(main())
    assert sent == [0, pytest.approx(116)]
