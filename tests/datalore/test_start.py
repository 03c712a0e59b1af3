"""Starting a run: what is sent, what is refused before it is sent, and what a failure means."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from deepnote_async import (
    APIError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    ConnectError,
    DecodeError,
    DeepnoteError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RunStartUnknownError,
    ServerError,
    UnsupportedError,
)
from deepnote_async.datalore import AsyncDatalore
from deepnote_async.runs.caller import refuse_own_notebook
from tests.datalore.service import BASE_URL, client_of
from tests.support.contract import DATALORE
from tests.support.service import body_of

NESTED: list[Any] = []
NESTED.append(NESTED)


def nothing_is_sent(_request: httpx.Request) -> httpx.Response:
    raise AssertionError("a request was sent")


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        ((), {}),
        (({},), {}),
        ((None, None, None), {}),
        (
            ({"Columns": "a", "n": 3, "x": 0.5, "on": True, "none": None, "list": ["a", {"b": 1}], "ü": "日本"},),
            {
                "parameters": [
                    {"name": "Columns", "value": "a"},
                    {"name": "n", "value": 3},
                    {"name": "x", "value": 0.5},
                    {"name": "on", "value": True},
                    {"name": "none", "value": None},
                    {"name": "list", "value": ["a", {"b": 1}]},
                    {"name": "ü", "value": "日本"},
                ]
            },
        ),
        ((None, "on success"), {"updateReport": "on success"}),
        ((None, "never", False), {"updateReport": "never", "directFileStorageWrite": False}),
        ((None, None, True), {"directFileStorageWrite": True}),
    ],
)
async def test_the_body_holds_what_was_asked_for_and_nothing_else(arguments: Any, body: dict[str, Any]) -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={"runId": "r1"})

    async with client_of(answer) as client:
        handle = await client.runs.create("u/n", *arguments)
    assert body_of(sent[0]) == {"notebookId": "u/n"} | body
    assert str(sent[0].url) == f"{BASE_URL}/api/run/v1/notebook"
    DATALORE.check_request(sent[0])
    assert (handle.id, handle.notebook_id, handle.status) == ("r1", "u/n", "running")


@pytest.mark.parametrize("base_url", [BASE_URL, f"{BASE_URL}/tools/datalore", f"{BASE_URL}/v2"])
@pytest.mark.parametrize("tail", ["", "/", "/cells/5", "?force=1", "#c", "/?a#b"])
async def test_an_address_of_the_browser_names_a_notebook(base_url: str, tail: str) -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(201, json={"runId": "r1"})

    async with client_of(answer, base_url=f"{base_url}/") as client:
        await client.runs.create(f"{base_url}/notebook/user%20123/notebook456{tail}")
    assert body_of(sent[0])["notebookId"] == "user 123/notebook456"
    assert str(sent[0].url) == f"{base_url}/api/run/v1/notebook"


@pytest.mark.parametrize(
    ("notebook_id", "reason"),
    [
        ("n", "'user/notebook'"),
        ("", "'user/notebook'"),
        ("u/", "notebook of notebook_id is empty"),
        ("/n", "user of notebook_id is empty"),
        ("u/n/x", "'user/notebook'"),
        ("../n", "path segment"),
        ("u/a\nb", "control character"),
        (f"{BASE_URL}/notebook/u", "must look like"),
        (f"{BASE_URL}/notebook/u/", "is empty"),
        (f"{BASE_URL}/report/u/n", "must look like"),
        ("https://datalore.jetbrains.com/notebook/u/n", "on another host than"),
        (f"{BASE_URL}:8080/notebook/u/n", "on another host than"),
        ("https://datalore.example.test.evil/notebook/u/n", "on another host than"),
        (5, "must be a string"),
    ],
)
async def test_ids_that_cannot_be_one(notebook_id: Any, reason: str) -> None:
    async with client_of(nothing_is_sent) as client:
        for start in (client.runs.create, client.runs.run_interactive):
            with pytest.raises((ValueError, TypeError), match=reason):
                await start(notebook_id)


@pytest.mark.parametrize(
    ("parameters", "kind", "reason"),
    [
        ({"when": object()}, TypeError, "parameter 'when': JSON cannot hold a object"),
        ({"s": {1}}, TypeError, "parameter 's'"),
        ({"b": b"x"}, TypeError, "bytes"),
        ({"l": [1, {"k": b"x"}]}, TypeError, r"parameter 'l'\[1\]\['k'\]"),
        ({"d": {1: 2}}, TypeError, "a key of parameter 'd'"),
        ({5: "x"}, TypeError, "name of a parameter"),
        ({"n": float("nan")}, ValueError, "parameter 'n': nan"),
        ({"n": [float("inf")]}, ValueError, r"parameter 'n'\[0\]: inf"),
        ({"t": "\ud800"}, ValueError, "surrogate"),
        ({"o": NESTED}, ValueError, "holds itself"),
        ([("a", "b")], TypeError, "mapping"),
    ],
)
async def test_values_that_json_cannot_hold(parameters: Any, kind: type[Exception], reason: str) -> None:
    async with client_of(nothing_is_sent) as client:
        with pytest.raises(kind, match=reason):
            await client.runs.create("u/n", parameters)


async def test_other_arguments_that_are_refused() -> None:
    async with client_of(nothing_is_sent) as client:
        with pytest.raises(ValueError, match="'on success', with a space"):
            await client.runs.create("u/n", update_report="on_success")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        with pytest.raises(ValueError, match="run_id is empty"):
            client.runs.handle("")
        with pytest.raises(ValueError, match="run_id is missing"):
            client.runs.from_dict({"service": "datalore"})


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequestError),
        (401, AuthenticationError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (409, ConflictError),
        (429, RateLimitError),
    ],
)
@pytest.mark.parametrize("field", ["error", "message"])
async def test_a_refusal_means_that_nothing_was_started(status: int, kind: type[APIError], field: str) -> None:
    async with client_of(lambda _: httpx.Response(status, json={field: "because"})) as client:
        for start in (client.runs.create, client.runs.run_interactive):
            with pytest.raises(kind, match="because") as caught:
                await start("u/n")
            assert caught.value.message == "because"


@pytest.mark.parametrize(
    ("response", "cause"),
    [
        (httpx.Response(500, json={"error": "no"}), ServerError),
        (httpx.Response(502, html="<html>"), ServerError),
        (httpx.Response(200, html="<html>login</html>"), DecodeError),
        (httpx.Response(200, content=b""), DecodeError),
        (httpx.Response(200, json=[]), DecodeError),
        (httpx.Response(200, json={}), DecodeError),
        (httpx.Response(200, json={"runId": ""}), DecodeError),
        (httpx.Response(200, json={"runId": 5}), DecodeError),
    ],
)
async def test_a_start_that_may_have_happened_cannot_be_looked_for(
    response: httpx.Response, cause: type[DeepnoteError]
) -> None:
    async with client_of(lambda _: response) as client:
        with pytest.raises(
            RunStartUnknownError, match="Datalore cannot list runs, so it cannot be looked for"
        ) as caught:
            await client.runs.create("u/n")
    assert type(caught.value.__cause__) is cause
    assert caught.value.notebook_id == "u/n"


@pytest.mark.parametrize("content", [b"", b"null", b"{}", b'{"anything": 1}', b"ok"])
async def test_an_interactive_run_takes_any_answer_but_a_page(content: bytes) -> None:
    async with client_of(lambda _: httpx.Response(202, content=content)) as client:
        await client.runs.run_interactive("u/n")
    async with client_of(lambda _: httpx.Response(200, html="<html>login</html>")) as client:
        with pytest.raises(RunStartUnknownError, match="gives such executions no id") as caught:
            await client.runs.run_interactive("u/n")
    assert isinstance(caught.value.__cause__, DecodeError)


async def test_a_fault_before_sending_is_no_unknown_start() -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    async with client_of(answer) as client:
        with pytest.raises(ConnectError):
            await client.runs.create("u/n")


async def test_what_datalore_cannot_do_is_said_in_one_sentence() -> None:
    async with client_of(nothing_is_sent) as client:
        with pytest.raises(UnsupportedError, match=r"^Datalore's Run API cannot stop a run; it goes on") as caught:
            client.runs.cancel("r1")
        assert caught.value.run_id == "r1"
        with pytest.raises(UnsupportedError, match=r"^Datalore's Run API cannot list the runs of notebook u/n;"):
            client.runs.list("u/n")
        with pytest.raises(UnsupportedError, match=r"^Datalore's Run API cannot list runs, so a lost start"):
            client.runs.reconcile("u/n")


async def test_a_notebook_that_would_run_itself_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATALORE_NOTEBOOK_ID", "u/n")
    async with client_of(lambda _: httpx.Response(200, json={"runId": "r1"})) as client:
        await client.runs.create("u/n")  # outside of a kernel the name may mean anything
        monkeypatch.setenv("DATALORE_USER", "u")
        for start in (client.runs.create, client.runs.run_interactive):
            with pytest.raises(ValueError, match="would run itself without end: DATALORE_NOTEBOOK_ID"):
                await start(f"{BASE_URL}/notebook/u/n")
        await client.runs.create("u/other")


def test_deepnote_kernels_have_signs_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPNOTE_NOTEBOOK_ID", "nb")
    refuse_own_notebook("deepnote", "nb")
    monkeypatch.setenv("DEEPNOTE_PROJECT_ID", "p")
    with pytest.raises(ValueError, match="would run itself"):
        refuse_own_notebook("deepnote", "nb")
    monkeypatch.setenv("DEEPNOTE_STREAMLIT_APP_ID", "a")
    refuse_own_notebook("deepnote", "nb")


def test_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPNOTE_TOKEN", "of another service")
    monkeypatch.setenv("DEEPNOTE_API_URL", "https://elsewhere.test")
    with pytest.raises(ValueError, match="set DATALORE_API_TOKEN"):
        AsyncDatalore()
    monkeypatch.setenv("DATALORE_API_TOKEN", "tok")
    assert repr(AsyncDatalore()) == "AsyncDatalore(base_url='https://datalore.jetbrains.com')"
    monkeypatch.setenv("DATALORE_URL", "https://on.prem/tools/v1/")
    assert repr(AsyncDatalore()) == "AsyncDatalore(base_url='https://on.prem/tools/v1')"
    with pytest.raises(ValueError, match=r"unencrypted; use https, or allow_http=\('on\.prem',\)"):
        AsyncDatalore(base_url="http://on.prem:8080")
    with pytest.raises(ValueError, match="unencrypted"):
        AsyncDatalore(base_url="http://on.prem.evil", allow_http=("on.prem",))
    assert "http://ON.prem:8080" in repr(AsyncDatalore("tok", "http://ON.prem:8080", allow_http=("On.Prem",)))
    with pytest.raises(TypeError, match="allow_http takes a list"):
        AsyncDatalore(base_url="http://on.prem", allow_http="on.prem")


@pytest.mark.parametrize("timeout", [-1, float("nan")])
async def test_a_timeout_that_cannot_be_is_refused_before_anything_is_started(timeout: float) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        raise AssertionError("it was started")

    async with client_of(answer) as client:
        with pytest.raises(ValueError, match="timeout must not be negative"):
            await client.runs.run("user/notebook", timeout=timeout)
