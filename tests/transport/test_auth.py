"""Tokens, addresses and ids: what is refused, and that a refusal shows no token."""

from __future__ import annotations

import pickle
import traceback

import anyio
import httpx
import pytest

from deepnote_async import AsyncDeepnote, AuthenticationError
from deepnote_async.transport.auth import Secret, base_url_from
from deepnote_async.transport.path import path_id
from deepnote_emulator import Emulator
from tests.support.service import client_of

TOKEN = "tok-for-tests"


@pytest.mark.parametrize("token", ["", "tok\n", "to\nk", " tok", "tok ", "to\tk", "t\u00f6k", "tok\x00", "tok\x7f"])
def test_a_token_that_cannot_be_one_is_refused_without_showing_it(token: str) -> None:
    with pytest.raises(ValueError, match="token") as caught:
        AsyncDeepnote(f"{TOKEN}{token}" if token else token)
    shown = "".join(traceback.format_exception(caught.value))
    assert TOKEN not in shown
    assert TOKEN not in repr(caught.value)


def test_no_token_at_all_says_where_to_put_one() -> None:
    with pytest.raises(ValueError, match="DEEPNOTE_TOKEN"):
        AsyncDeepnote()


@pytest.mark.parametrize("name", ["DEEPNOTE_TOKEN", "DEEPNOTE_API_KEY"])
async def test_the_token_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, TOKEN)
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["authorization"])
        return httpx.Response(401, json={"message": "no"})

    async def ask() -> None:
        async with client_of(answer, token=None) as client:
            with pytest.raises(AuthenticationError):
                await client.me.get()

    with pytest.warns(UserWarning, match=r"sent to api\.example\.test"):
        await ask()
    assert seen == [f"Bearer {TOKEN}"]


def test_the_first_variable_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPNOTE_API_KEY", "broken\n")
    monkeypatch.setenv("DEEPNOTE_TOKEN", TOKEN)
    AsyncDeepnote()


def test_a_token_is_neither_shown_nor_pickled() -> None:
    secret = Secret(TOKEN)
    assert TOKEN not in f"{secret!r} {secret} {AsyncDeepnote(TOKEN)!r} {vars(AsyncDeepnote(TOKEN))}"
    with pytest.raises(TypeError, match="does not leave the process"):
        pickle.dumps(secret)


async def test_a_token_function_is_asked_again_after_a_401() -> None:
    tokens = iter(["old", "new"])
    seen: list[str] = []

    async def token() -> str:
        return next(tokens)

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["authorization"])
        if request.headers["authorization"] != "Bearer new":
            return httpx.Response(401, json={"message": "expired"})
        return httpx.Response(200, json={"apiKey": {}, "user": {}, "workspace": {"id": "w"}, "accessLevel": "admin"})

    async with client_of(answer, token=token) as client:
        assert (await client.me.get()).access_level == "admin"
        assert (await client.me.get()).access_level == "admin"
    assert seen == ["Bearer old", "Bearer new", "Bearer new"]


async def test_the_token_goes_to_its_own_origin_only() -> None:
    seen: dict[str, str | None] = {}

    def answer(request: httpx.Request) -> httpx.Response:
        seen[str(request.url)] = request.headers.get("authorization")
        return httpx.Response(200, json={})

    async with client_of(answer) as client:
        http = client.generated.get_async_httpx_client()
        for url in (
            "/v2/me",
            "https://api.example.test:444/v2/me",
            "https://other.test/x",
            "http://api.example.test/x",
        ):
            await http.get(url, headers={"authorization": "Bearer smuggled"} if "//" in url else {})
        with pytest.raises(ValueError, match="must begin with one slash"):
            await client.request("GET", "https://other.test/x")
        with pytest.raises(ValueError, match="must begin with one slash"):
            await client.request("GET", "//other.test/x")
        with pytest.raises(ValueError, match="cannot set Authorization"):
            await client.me.get(extra_headers={"authorization": "Bearer x"})
    assert seen == {
        "https://api.example.test/v2/me": "Bearer tok",
        "https://api.example.test:444/v2/me": None,
        "https://other.test/x": None,
        "http://api.example.test/x": None,
    }


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, "https://api.deepnote.com"),
        ("https://api.deepnote.com/v2", "https://api.deepnote.com"),
        ("https://api.deepnote.com/v2/", "https://api.deepnote.com"),
        ("https://api.deepnote.com/v1", "https://api.deepnote.com"),
        ("https://gateway.test/deepnote/v2", "https://gateway.test/deepnote"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
        ("http://localhost", "http://localhost"),
    ],
)
def test_base_urls_are_tidied(given: str | None, expected: str) -> None:
    assert base_url_from(given) == expected


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("api.deepnote.com", "must look like https://host"),
        ("ftp://api.deepnote.com", "must look like"),
        ("https://", "must look like"),
        ("http://api.deepnote.com", "unencrypted"),
        ("https://user:pass@api.deepnote.com", "user or password"),
        ("https://api.deepnote.com/?x=1", "query"),
        ("https://api.deepnote.com/#x", "fragment"),
        ("https://api.deepnote.com:99999", "not an address"),
        ("https://api.deep note.com", "space"),
    ],
)
def test_base_urls_that_cannot_be_are_refused(given: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as caught:
        base_url_from(given)
    assert "pass@" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "is empty"),
        (".", "path segment"),
        ("..", "path segment"),
        ("x" * 5000, "5000 characters"),
        ("a\nb", "control character"),
        ("a\x00b", "control character"),
        ("a\x7f", "control character"),
        ("\ud800", "surrogate"),
    ],
)
def test_ids_that_cannot_be_are_refused(value: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"notebook_id .*{reason}"):
        path_id(value, "notebook_id")
    with pytest.raises(TypeError, match="notebook_id must be a string, not int"):
        path_id(5, "notebook_id")


@pytest.mark.parametrize("value", ["", ".", "..", "x" * 5000, "a\rb"])
async def test_nothing_is_sent_for_an_id_that_cannot_be(value: str) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        raise AssertionError("a request was sent")

    async with client_of(answer) as client:
        for call in (
            lambda: client.notebooks.get(value),
            lambda: client.runs.create(value),
            lambda: client.runs.run(value),
            lambda: client.runs.get(value),
        ):
            with pytest.raises(ValueError, match=r"(notebook|run)_id"):
                await call()
        with pytest.raises(ValueError, match="run_id"):
            client.runs.handle(value)
        with pytest.raises(ValueError, match="run_id"):
            client.runs.from_dict({"service": "deepnote", "run_id": value, "notebook_id": None})


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("a/../b", b"/v2/notebooks/a%2F..%2Fb"),
        ("../me", b"/v2/notebooks/..%2Fme"),
        ("a?b#c", b"/v2/notebooks/a%3Fb%23c"),
        ("%2e%2e", b"/v2/notebooks/%252e%252e"),
        ("n\u00f6", b"/v2/notebooks/n%C3%B6"),
    ],
)
async def test_other_ids_are_encoded(value: str, path: bytes) -> None:
    seen: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.raw_path)
        return httpx.Response(404, json={"message": "Notebook not found"})

    async with client_of(answer) as client:
        with pytest.raises(Exception, match="404"):
            await client.notebooks.get(value)
    assert seen == [path]


async def test_many_first_calls_ask_for_one_token() -> None:
    asked = 0

    async def token() -> str:
        nonlocal asked
        asked += 1
        await anyio.sleep(0)
        return TOKEN

    body = {"apiKey": {}, "user": {}, "workspace": {"id": "w"}, "accessLevel": "admin"}
    async with (
        client_of(lambda _: httpx.Response(200, json=body), token=token) as client,
        anyio.create_task_group() as group,
    ):
        for _ in range(20):
            group.start_soon(client.me.get)
    assert asked == 1


async def test_closing_while_a_call_waits_for_its_token_leaves_nothing_open(emulator: Emulator) -> None:
    asked, told = anyio.Event(), anyio.Event()

    async def token() -> str:
        asked.set()
        await told.wait()
        return emulator.token

    client = AsyncDeepnote(token, emulator.url)
    async with anyio.create_task_group() as group:

        async def call() -> None:
            with pytest.raises(RuntimeError, match="this client is closed"):
                await client.me.get()

        group.start_soon(call)
        await asked.wait()
        await client.aclose()
        told.set()


@pytest.mark.parametrize("given", ["https://u:SECRET@h:99999", "https://u:SECRET@[::1", "https://SECRET@"])
def test_a_password_in_a_base_url_is_never_quoted(given: str) -> None:
    with pytest.raises(ValueError, match="user or password") as caught:
        base_url_from(given)
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize("given", ["https://256.256.256.256", "https://[::1"])
def test_hosts_that_cannot_be_are_refused(given: str) -> None:
    with pytest.raises(ValueError, match="is not an address"):
        AsyncDeepnote("tok", given)
