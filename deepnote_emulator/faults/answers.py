"""Answers that are whole on the wire and wrong in what they say."""

from __future__ import annotations

import functools
import gzip
import json
import uuid
import zlib
from collections.abc import Callable, Mapping
from http import HTTPStatus

from aiohttp import web
from attrs import evolve, field, frozen

from deepnote_emulator.clock import iso, now
from deepnote_emulator.faults.model import BOMB_BYTES, Fault, Kind

JSON = {"content-type": "application/json; charset=utf-8"}
PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>Welcome</title></head><body><h1>Not what you asked for</h1></body></html>\n"
)
_STARTS = {"createRun": HTTPStatus.ACCEPTED, "datalore.runNotebook": HTTPStatus.OK}
"""Operations that answer with nothing but the run they started."""
_CHUNK_BYTES = 1 << 20


@frozen
class Answer:
    """An answer as bytes: `headers` does not tell the length."""

    status: int
    headers: Mapping[str, str] = field(factory=dict)
    body: bytes = field(default=b"", repr=False)

    @classmethod
    def of(cls, response: web.StreamResponse) -> Answer:
        """Take a handler's answer apart; one that has nothing to break is given a plausible body."""
        body = response.body if isinstance(response, web.Response) else None
        if not isinstance(body, bytes | bytearray) or not body:
            return evolve(
                plausible(), status=HTTPStatus.OK if response.status == HTTPStatus.NO_CONTENT else response.status
            )
        return cls(response.status, dict(response.headers), bytes(body))

    def response(self) -> web.Response:
        """Make it an answer of the server."""
        return web.Response(status=self.status, headers=self.headers, body=self.body)

    def head(self, framing: str) -> bytes:
        """Write the status line and the headers, with the header that frames the body."""
        reason = HTTPStatus(self.status).phrase if self.status in set(HTTPStatus) else ""
        headers = [f"{name}: {value}" for name, value in self.headers.items() if name.lower() != "content-length"]
        lines = [f"HTTP/1.1 {self.status} {reason}", *headers, framing, "connection: close", "", ""]
        return "\r\n".join(lines).encode()


def plausible(operation: str = "") -> Answer:
    """Make up the answer of an operation that was not carried out."""
    run = {"runId": str(uuid.uuid4()), "status": "pending", "createdAt": iso(now())}
    if (status := _STARTS.get(operation)) is not None:
        return Answer(status, JSON, json.dumps(run).encode())
    return Answer(HTTPStatus.OK, JSON, json.dumps({"run": run}).encode())


def status_answer(fault: Fault, message_key: str) -> Answer:
    """Make the answer of a fault of kind "status"."""
    status = fault.status or HTTPStatus.INTERNAL_SERVER_ERROR
    if isinstance(fault.body, str):
        headers, body = {"content-type": "text/plain; charset=utf-8"}, fault.body.encode()
    elif fault.body is not None:
        headers, body = JSON, json.dumps(fault.body).encode()
    elif status >= HTTPStatus.BAD_REQUEST:
        phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else f"Status {status}"
        headers, body = JSON, json.dumps({message_key: phrase}).encode()
    else:
        headers, body = {}, b""
    given = {name.lower(): value for name, value in fault.headers.items()}
    return Answer(status, headers | given, body)


def spoiled(fault: Fault, answer: Answer) -> Answer:
    """Spoil an answer's body. The kind must be one of SPOILERS. A bomb takes about a second: not for the event loop."""
    if fault.kind == "gzip_bomb":
        return Answer(HTTPStatus.OK, JSON | {"content-encoding": "gzip"}, _bomb(fault.size or BOMB_BYTES))
    return SPOILERS[fault.kind](answer)


def _html(_answer: Answer) -> Answer:
    return Answer(HTTPStatus.OK, {"content-type": "text/html; charset=utf-8"}, PAGE)


def _stacked(answer: Answer) -> Answer:
    headers = {**answer.headers, "content-encoding": "gzip, gzip"}
    return evolve(answer, headers=headers, body=gzip.compress(gzip.compress(answer.body)))


SPOILERS: Mapping[Kind, Callable[[Answer], Answer]] = {
    "truncated_json": lambda answer: evolve(answer, body=answer.body[: len(answer.body) // 2]),
    "empty": lambda answer: evolve(answer, body=b""),
    "null": lambda answer: evolve(answer, body=b"null"),
    "list": lambda answer: evolve(answer, body=b"[" + answer.body + b"]"),
    "html": _html,
    "gzip_bomb": lambda answer: answer,
    "stacked_gzip": _stacked,
}


@functools.lru_cache(maxsize=4)
def _bomb(size: int) -> bytes:
    """Compress a JSON string of some bytes without ever holding it."""
    packer = zlib.compressobj(level=9, wbits=31)
    if size < len('""'):
        return packer.compress(b"0" * size) + packer.flush()
    packed, left = [packer.compress(b'"')], size - len('""')
    while left:
        packed.append(packer.compress(b"0" * min(left, _CHUNK_BYTES)))
        left -= min(left, _CHUNK_BYTES)
    return b"".join([*packed, packer.compress(b'"'), packer.flush()])
