"""Arbitrary answers, arguments and bytes: what comes out is an error of ours, can be pickled, and tells no token.

The examples are the same in every run.
"""

from __future__ import annotations

import itertools
import json
import pickle
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any

import anyio
import attrs
import httpx
import pytest
from anyio.from_thread import start_blocking_portal
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from deepnote_async import AsyncDeepnote, DeepnoteError, Retry, RunHandle
from deepnote_async.events import Event
from deepnote_async_api.api.notebooks import list_notebook_runs
from deepnote_async_api.api.projects import list_projects
from deepnote_async_api.api.runs import create_run, get_run
from deepnote_async_api.models import CreateRunBody
from tests.support.answers import ECHO, Answer, answers, said
from tests.support.leaks import all_logs, assert_hidden, assert_silent, assert_travels
from tests.support.raw_answers import CHUNKED, edge_cases
from tests.support.raw_server import Connection, raw_server
from tests.support.service import BASE_URL, RUN_ID, run_json
from tests.support.virtual_time import run_virtually

pytestmark = pytest.mark.long

TOKEN = "dn-Vq7-" + "3f9c41d80b" * 2
ADDRESS = "https://storage.example.com/snapshots/1?X-Signature=s3cret"

steady = settings(
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    max_examples=100,
)

Call = Callable[[AsyncDeepnote], Awaitable[object]]


async def first_page(pages: Any) -> object:
    return await anext(pages.pages())


async def streamed(client: AsyncDeepnote) -> object:
    async with client._transport.stream("GET", "/v2/files/download", {"url": "/v2/files/download"}) as body:
        return (body.size, body.content_type, await body.read())


CALLS: dict[str, Call] = {
    "runs.get": lambda client: client.runs.get(RUN_ID),
    "runs.create": lambda client: client.runs.create("nb", inputs={"n": 1}),
    "notebooks.get": lambda client: client.notebooks.get("nb"),
    "notebooks.runs": lambda client: first_page(client.notebooks.runs("nb")),
    "projects.list": lambda client: first_page(client.projects.list()),
    "me.get": lambda client: client.me.get(),
    "request": lambda client: client.request("PUT", "/v2/x", json={"a": 1}),
    "generated get_run": lambda client: get_run.asyncio(RUN_ID, client=client.generated),
    "generated list_projects": lambda client: list_projects.asyncio(client=client.generated),
    "generated list_notebook_runs": lambda client: list_notebook_runs.asyncio("nb", client=client.generated),
    "generated create_run": lambda client: create_run.asyncio(
        client=client.generated, body=CreateRunBody(notebook_id="nb", detached=True)
    ),
    "stream": streamed,
    "download": lambda client: client._transport.download(ADDRESS, "snapshot"),
}


async def outcome(call: Call, script: list[Answer], token: Any, events: list[Event]) -> BaseException | object:
    """Make a call of a service that gives these answers, the last one for ever."""
    given = iter(script)

    async def answer(request: httpx.Request) -> httpx.Response:
        return await next(given, script[-1]).give(request)

    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(answer)) as backend,
        AsyncDeepnote(token, BASE_URL, http_client=backend, on_event=events.append, retry=Retry()) as client,
    ):
        try:
            return await call(client)
        except Exception as error:  # noqa: BLE001  (every one is looked at)
            return error


@pytest.mark.parametrize("name", CALLS)
@steady
@given(script=st.lists(answers(), min_size=1, max_size=4), renews=st.booleans())
@example(script=[said(200, ECHO)], renews=False)
@example(script=[said(200, b"", content_type=ECHO, x_request_id=ECHO)], renews=True)
@example(script=[said(200, b"x", content_length=b"9" * 5000)], renews=False)
@example(script=[said(301, b"", location=b"http://[::1")], renews=False)
@example(script=[said(301, b"", location=b"https://h:port/")], renews=False)
@example(script=[said(301, b"", location=b"x", set_cookie=b"\xc2\x80")], renews=False)
@example(script=[said(200, b'{"runs": [{"runId": [], "status": "success"}], "pagination": {}}')], renews=False)
@example(script=[said(200, b'{"runs": [], "pagination": {"nextPageToken": {}, "hasMore": true}}')], renews=False)
def test_whatever_the_service_answers(name: str, script: list[Answer], *, renews: bool) -> None:
    events: list[Event] = []
    with all_logs() as lines:
        result = run_virtually(outcome(CALLS[name], script, (lambda: TOKEN) if renews else TOKEN, events))
    if isinstance(result, BaseException):
        may_lead_astray = name == "download" and type(result) is ValueError  # to where no download is followed
        assert may_lead_astray or isinstance(result, DeepnoteError), repr(result)
        assert_hidden(TOKEN, result, in_frames=not any(answer.echoes for answer in script))
        assert_travels(result)
    elif not isinstance(result, RunHandle):
        pickle.loads(pickle.dumps(result))  # noqa: S301  (our own)
        repr(result)
    assert_silent(TOKEN, lines, events)


GOOD = Answer(200, ((b"content-type", b"application/json"),), json.dumps(run_json()).encode(), None, "body")
CROSS = Answer(400, (), b'{"message": "<token> is not welcome"}', httpx.LocalProtocolError, "before")
texts = st.text(max_size=30) | st.sampled_from(["", ".", "..", "a/b", "%2e%2e", "a\r\nb", "\0", "\ud800", "x" * 300])
wild = (
    st.just("nb")
    | st.just(RUN_ID)
    | texts
    | st.none()
    | st.integers()
    | st.floats()
    | st.binary(max_size=8)
    | st.lists(texts, max_size=3)
)
tokens = st.text(min_size=4, max_size=30).map(lambda text: TOKEN + text) | st.just(TOKEN)
options = st.fixed_dictionaries(
    {},
    optional={
        "extra_headers": st.dictionaries(st.sampled_from(["x-mine", "accept"]) | texts, texts, max_size=3) | wild,
        "timeout": st.just(5.0) | st.floats() | wild,
        "retry": st.none() | wild,
    },
)
ARGUMENTS: dict[str, st.SearchStrategy[Call]] = {
    "runs.get": st.builds(lambda id_, more: lambda client: client.runs.get(id_, **more), wild, options),
    "runs.create": st.builds(
        lambda id_, inputs, more: lambda client: client.runs.create(id_, inputs=inputs, **more),
        wild, st.dictionaries(texts, wild, max_size=3) | wild, options,
    ),
    "notebooks.get": st.builds(lambda id_, more: lambda client: client.notebooks.get(id_, **more), wild, options),
    "notebooks.runs": st.builds(
        lambda id_, cursor: lambda client: anext(client.notebooks.runs(id_).pages(cursor)), wild, st.none() | texts
    ),
    "projects.list": st.builds(
        lambda name, more: lambda client: first_page(client.projects.list(name_contains=name, **more)), texts, options
    ),
    "me.get": st.builds(lambda more: lambda client: client.me.get(**more), options),
    "request": st.builds(
        lambda method, path, params, more: lambda client: client.request(method, path, params=params, **more),
        texts | st.just("GET"), texts | texts.map("/{}".format), st.none() | st.dictionaries(texts, wild, max_size=3),
        options,
    ),
    "generated get_run": st.builds(lambda id_: lambda client: get_run.asyncio(id_, client=client.generated), texts),
    "download": st.builds(
        lambda address, more: lambda client: client._transport.download(address, "snapshot", **more),
        texts | texts.map("https://h.example.com/{}".format) | texts.map("https://{}/".format), options,
    ),
}  # fmt: skip


async def attempt(call: Call, answer: Answer, source: Any, events: list[Event]) -> BaseException | object:
    try:
        return await outcome(call, [answer], source, events)
    except (ValueError, TypeError) as error:  # the client could not be made
        return error


@pytest.mark.parametrize("name", ARGUMENTS)
@steady
@given(
    data=st.data(),
    answer=st.sampled_from([GOOD, CROSS, attrs.evolve(CROSS, fault=None)]),
    token=tokens,
    asks=st.booleans(),
)
def test_whatever_the_caller_passes(name: str, data: st.DataObject, answer: Answer, token: str, *, asks: bool) -> None:
    call, events = data.draw(ARGUMENTS[name]), list[Event]()
    with all_logs() as lines:
        result = run_virtually(attempt(call, answer, (lambda: token) if asks else token, events))
    if isinstance(result, BaseException):
        assert isinstance(result, DeepnoteError | ValueError | TypeError), repr(result)
        # A string that cannot be a token is in the frame of whoever passed it, so also in those of the constructor.
        is_refused_at_once = not asks and isinstance(result, ValueError) and "token" in str(result)
        assert_hidden(token, result, in_frames=not is_refused_at_once and not answer.echoes)
        if isinstance(result, DeepnoteError):
            assert_travels(result)
    assert_silent(token, lines, events)


class Bytes:
    """What the server of `any_server` answers from now on."""

    pieces: Iterable[bytes] = ()

    async def __call__(self, connection: Connection) -> None:
        await connection.read_request()
        for piece in self.pieces:
            await connection.send(piece)


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, Bytes]]:
    """Run a server of bytes in a thread of its own."""
    said = Bytes()
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(raw_server(said)) as running:
        yield running.url, said


@pytest.fixture(params=["asyncio", "trio"])
def library(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def check_bytes(server: tuple[str, Bytes], library: str, pieces: Iterable[bytes]) -> None:
    """Let both kinds of calls read an answer, and look at what comes of it."""
    url, said = server
    said.pieces = pieces
    events: list[Event] = []

    async def main(call: Call) -> object:
        async with AsyncDeepnote(TOKEN, url, retry=None, timeout=0.25, on_event=events.append) as client:
            try:
                return await call(client)
            except Exception as error:  # noqa: BLE001  (every one is looked at)
                return error

    with all_logs() as lines:
        for call in (
            CALLS["runs.get"],
            CALLS["runs.create"],
            lambda client: client._transport.download(url, "snapshot"),
        ):
            result = anyio.run(main, call, backend=library)
            if isinstance(result, BaseException):
                assert isinstance(result, DeepnoteError) or type(result) is ValueError, repr(result)
                assert_hidden(TOKEN, result)
                assert_travels(result)
    assert_silent(TOKEN, lines, events)


# Without asyncio's care httpx leaves generators of an answer to the collector, and trio warns of each.
left_to_the_collector = pytest.mark.filterwarnings("ignore:Async generator 'http:ResourceWarning")


@left_to_the_collector
@pytest.mark.parametrize("case", edge_cases())
def test_whatever_bytes_a_server_sends(case: str, server: tuple[str, Bytes], library: str) -> None:
    check_bytes(server, library, list(itertools.islice(edge_cases()[case], 5000)))


STARTS = (
    b"",
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n",
    b"HTTP/1.1 429 No\r\nretry-after: ",
    CHUNKED,
)


@left_to_the_collector
@steady
@given(
    start=st.sampled_from(STARTS),
    rest=st.binary(max_size=60) | st.text("\r\n :0123456789abcHTP/.", max_size=60).map(str.encode),
)
def test_arbitrary_bytes_from_a_server(server: tuple[str, Bytes], library: str, start: bytes, rest: bytes) -> None:
    check_bytes(server, library, [start + rest])
