"""Reading a run: every way in which it can go wrong, and what the error says."""

from __future__ import annotations

import pickle

import httpx
import pytest

from deepnote_async import (
    APIError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    ConnectionLostError,
    DecodeError,
    DeepnoteError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    UnexpectedRedirectError,
    UnexpectedStatusError,
)
from tests.datalore.service import RUN_ID, client_of, run_json
from tests.support.virtual_time import run_virtually


async def error_of(response: httpx.Response) -> DeepnoteError:
    async with client_of(lambda _: response) as client:
        with pytest.raises(DeepnoteError) as caught:
            await client.runs.handle(RUN_ID).refresh()
    assert caught.value.run_id == RUN_ID
    return caught.value


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequestError),
        (401, AuthenticationError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (409, ConflictError),
        (418, UnexpectedStatusError),
        (429, RateLimitError),
        (500, ServerError),
        (520, ServerError),
    ],
)
@pytest.mark.parametrize("body", [{"error": "because"}, {"message": "because"}, "because"])
async def test_each_status_has_its_error(status: int, kind: type[APIError], body: object) -> None:
    response = httpx.Response(status, json=body) if isinstance(body, dict) else httpx.Response(status, text=str(body))
    error = await error_of(response)
    assert type(error) is kind
    assert isinstance(error, APIError)
    assert (error.status, error.message, error.path) == (status, "because", "/api/run/v1/{run_id}")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301  (made right here)
    assert str(copy) == str(error)


async def test_a_refused_token_is_explained() -> None:
    refused = await error_of(httpx.Response(401, json={"error": "no"}))
    assert "no. The token is missing, invalid or expired: see Account settings" in str(refused)
    forbidden = await error_of(httpx.Response(403, json={"error": "no"}))
    assert "The token is valid, but may not do this" in str(forbidden)
    assert "'Full user access'" in str(forbidden)
    limited = await error_of(httpx.Response(429, json={"error": "slow"}, headers={"retry-after": "7"}))
    assert isinstance(limited, RateLimitError)
    assert limited.retry_after == 7


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(200, html="<html>please log in</html>"),
        httpx.Response(200, content=b""),
        httpx.Response(200, content=b"null"),
        httpx.Response(200, json=[]),
        httpx.Response(200, content=b'{"runId": "run'),
        httpx.Response(200, json={}),
        httpx.Response(200, json={"error": "said with a 200"}),
    ],
)
async def test_answers_that_are_no_run(response: httpx.Response) -> None:
    assert type(await error_of(response)) is DecodeError


async def test_a_redirect_to_a_login_page_is_not_followed() -> None:
    error = await error_of(httpx.Response(302, headers={"location": "https://login.example/"}))
    assert isinstance(error, UnexpectedRedirectError)


async def test_the_id_of_a_run_stays_one_segment_of_the_path() -> None:
    paths: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.raw_path)
        return httpx.Response(200, json=run_json())

    async with client_of(answer) as client:
        await client.runs.get("a/b?c#d e%20")
        with pytest.raises(ValueError, match="path segment"):
            await client.runs.get("..")
    assert paths == [b"/api/run/v1/a%2Fb%3Fc%23d%20e%2520"]


def test_a_wait_bears_what_passes() -> None:
    answers = iter(
        [
            httpx.Response(503, json={"error": "busy"}),
            httpx.Response(429, json={"error": "slow"}, headers={"retry-after": "2"}),
            httpx.Response(404, json={"error": "too new"}),
            httpx.Response(200, json=run_json(ended=False)),
            httpx.Response(200, json=run_json()),
        ]
    )

    async def main() -> str:
        async with client_of(lambda _: next(answers)) as client:
            return (await client.runs.handle(RUN_ID).wait(timeout=60)).status

    assert run_virtually(main()) == "success"


async def test_a_token_that_is_asked_for_again() -> None:
    tokens = iter(["old", "new"])

    def answer(request: httpx.Request) -> httpx.Response:
        if request.headers["authorization"] == "Bearer old":
            return httpx.Response(401, json={"error": "expired"})
        return httpx.Response(200, json=run_json())

    async with client_of(answer, token=lambda: next(tokens)) as client:
        assert (await client.runs.get(RUN_ID)).status == "success"


async def test_a_connection_that_breaks() -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("broken")

    async with client_of(answer) as client:
        with pytest.raises(ConnectionLostError):
            await client.runs.get(RUN_ID)
