"""Answers that a service gives on a bad day, for hypothesis to draw: statuses, headers, bodies and faults."""

from __future__ import annotations

import copy
import json
from collections.abc import AsyncIterator
from typing import Any

import anyio
import httpx
from attrs import frozen
from hypothesis import strategies as st

from tests.support.service import run_json, started_json

ECHO = b"<token>"
"""Stands for the token of the request in what a service sends back."""

_MOMENT = "2026-01-01T00:00:00.000Z"
_BLOCK = {"id": "b", "type": "code", "content": "1", "metadata": {"deepnote_variable_name": "n"}}
_PAGES = {"nextPageToken": None, "hasMore": False, "pageSize": 20}

DOCUMENTS: tuple[dict[str, Any], ...] = (
    run_json(),
    run_json("running", snapshot={"downloadUrl": "https://storage.example.com/1"}),
    started_json(),
    {
        "notebook": {
            "id": "nb",
            "projectId": "p",
            "name": "n",
            "createdAt": _MOMENT,
            "isInit": False,
            "blocks": [_BLOCK],
        }
    },
    {"runs": [run_json()["run"]], "pagination": _PAGES},
    {"projects": [{"id": "p", "name": "n", "createdAt": _MOMENT, "notebooks": []}], "pagination": _PAGES},
    {"apiKey": {"type": "k"}, "user": {"name": "u"}, "workspace": {"id": "w"}, "accessLevel": "editor"},
    {"message": "no such thing", "error": "Not Found"},
    {"message": ECHO.decode()},
)

FAULTS: tuple[type[httpx.RequestError], ...] = (
    httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ReadTimeout, httpx.WriteTimeout,
    httpx.ReadError, httpx.WriteError, httpx.CloseError, httpx.ProxyError, httpx.UnsupportedProtocol,
    httpx.LocalProtocolError, httpx.RemoteProtocolError, httpx.DecodingError, httpx.TooManyRedirects,
)  # fmt: skip


@frozen
class Answer:
    """What a service does with one request.

    Attributes:
        status: HTTP status.
        headers: names and values as they stand on the wire.
        body: bytes of the body.
        fault: what goes wrong, if anything does.
        moment: when: before anything leaves, after that, or in the middle of the body.
    """

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    fault: type[httpx.RequestError] | None
    moment: str

    @property
    def echoes(self) -> bool:
        """Whether it repeats the token."""
        return ECHO in self.body or any(ECHO in value for _, value in self.headers)

    async def give(self, request: httpx.Request) -> httpx.Response:
        """Answer a request, or fail."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ").encode() or b"none"
        said = "out of luck with " + request.headers.get("x-mine", "nothing")
        if self.moment == "silence":
            await request.extensions["trace"]("http11.send_request_headers.started", {})
            await anyio.sleep(request.extensions["timeout"]["read"] or 3600)
            raise httpx.ReadTimeout("", request=request)
        if self.fault is not None and self.moment != "body":
            event = "connection.connect_tcp" if self.moment == "before" else "http11.send_request_headers"
            await request.extensions["trace"](f"{event}.started", {})
            raise self.fault(said, request=request)
        body = self.body.replace(ECHO, token)
        fault = self.fault(said, request=request) if self.fault is not None else None
        headers = [(name, value.replace(ECHO, token)) for name, value in self.headers]
        return httpx.Response(self.status, headers=headers, stream=_Pieces(body, fault))


def said(status: int, body: bytes, **headers: bytes) -> Answer:
    """Make an answer that comes without a fault."""
    named = tuple((name.replace("_", "-").encode(), value) for name, value in headers.items())
    return Answer(status, named, body, None, "body")


class _Pieces(httpx.AsyncByteStream):
    def __init__(self, body: bytes, fault: httpx.RequestError | None) -> None:
        self._body = body
        self._fault = fault

    async def __aiter__(self) -> AsyncIterator[bytes]:
        half = len(self._body) // 2
        yield self._body[:half]
        if self._fault is not None:
            raise self._fault
        yield self._body[half:]


def _json_values() -> st.SearchStrategy[Any]:
    plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just(ECHO.decode())
    return st.recursive(
        plain,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        max_leaves=8,
    )


@st.composite
def _nearly_right(draw: st.DrawFn) -> Any:
    """Draw a document of the service with some of its fields replaced or removed."""
    document = copy.deepcopy(draw(st.sampled_from(DOCUMENTS)))
    for _ in range(draw(st.integers(0, 3))):
        holder, key = draw(st.sampled_from(_places(document)))
        if isinstance(holder, dict) and draw(st.booleans()):
            holder.pop(key)
        else:
            holder[key] = draw(_json_values())
        if not _places(document):
            break
    return document


def _places(node: Any) -> list[tuple[Any, Any]]:
    keys = list(node) if isinstance(node, dict) else list(range(len(node))) if isinstance(node, list) else []
    return [(node, key) for key in keys] + [place for key in keys for place in _places(node[key])]


def _nested(depth: int) -> bytes:
    return b'{"run":' * depth + b"1" + b"}" * depth


_TEXTS = st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass"))
_VALUES = (
    _TEXTS
    | st.binary(max_size=40)
    | st.just(ECHO)
    | st.sampled_from(["\u00fcber".encode("latin-1"), "\u540d".encode()])
    | st.sampled_from([(b"A", 100_000), (b"9", 5000)]).map(lambda repeated: repeated[0] * repeated[1])
)
_SPECIAL = {
    b"retry-after": [
        b"0",
        b"1.5",
        b"-1",
        b"1e400",
        b"nan",
        b"99999999",
        b"Sun, 01 Jan 2040 00:00:00 GMT",
        b"Fri, 32 Foo",
    ],
    b"ratelimit-reset": [b"3", b"x"],
    b"date": [b"Sun, 01 Jan 2040 00:00:00 GMT", b"Sun, 01 Jan 99999 00:00:00 -9999"],
    b"location": [
        b"/",
        b"https://other.example.com/x?sig=1",
        b"http://[::1",
        b"https://h:99999/",
        b"//",
        b"https://10.0.0.1/",
    ],
    b"content-encoding": [b"gzip", b"deflate", b"br", b"zstd", b"gzip, gzip", b"identity", b"x"],
    b"content-type": [b"application/json", b"text/html", b"text/plain; charset=klingon", b"\xff/\xff"],
    b"content-length": [b"3", b"-1"],
    b"x-request-id": [b"r-1"],
    b"set-cookie": [b"a=b; Path=/"],
    b"transfer-encoding": [b"chunked"],
}


@st.composite
def _headers(draw: st.DrawFn) -> tuple[tuple[bytes, bytes], ...]:
    names = draw(st.lists(st.sampled_from(list(_SPECIAL)) | st.just(b"x-other"), max_size=4))
    return tuple((name, draw(st.sampled_from(_SPECIAL.get(name, [b"1"])) | _VALUES)) for name in names)


def answers() -> st.SearchStrategy[Answer]:
    """Draw an answer."""
    bodies = (
        _nearly_right().map(lambda document: json.dumps(document).encode())
        | _json_values().map(lambda document: json.dumps(document).encode())
        | st.binary(max_size=200)
        | st.sampled_from([b"", b"null", b"\xef\xbb\xbf{}", b'{"run": NaN}', ECHO])
        | st.sampled_from([150, 250, 5000]).map(_nested)
    )
    statuses = st.sampled_from(
        [200, 200, 200, 202, 204, 301, 307, 400, 401, 404, 408, 409, 429, 500, 503]
    ) | st.integers(100, 999)
    return st.builds(
        Answer,
        status=statuses,
        headers=_headers(),
        body=bodies,
        fault=st.none() | st.none() | st.sampled_from(FAULTS),
        moment=st.sampled_from(["before", "after", "body", "body", "silence"]),
    )
