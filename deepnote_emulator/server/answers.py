"""Reading requests and shaping answers, the same way for every operation."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn, TypeVar

from aiohttp import web

from deepnote_emulator.state import State

T = TypeVar("T")
JsonObject = dict[str, Any]
STATE: web.AppKey[State] = web.AppKey("state", State)

MAX_PAGE = 100
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Refused(Exception):  # noqa: N818  (it is an answer, not an accident)
    """An answer other than success: `status`, the message for the body, and further headers."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers


def bad_request(message: str) -> NoReturn:
    """Refuse with 400."""
    raise Refused(400, message)


def conflict(message: str) -> NoReturn:
    """Refuse with 409."""
    raise Refused(409, message)


def not_found(message: str) -> NoReturn:
    """Refuse with 404."""
    raise Refused(404, message)


def answer(body: JsonObject, status: int = 200) -> web.Response:
    """Answer with JSON."""
    return web.json_response(body, status=status)


def no_content() -> web.Response:
    """Answer that it is done, without a body."""
    return web.Response(status=204)


def check_query(request: web.Request, *allowed: str) -> None:
    """Refuse query parameters that the operation does not have, and repeated ones."""
    for name in request.query:
        if name not in allowed:
            bad_request(f"Unknown query parameter {name}")
        if len(request.query.getall(name)) > 1:
            bad_request(f"Query parameter {name} is given more than once")


def query_flag(request: web.Request, name: str) -> bool:
    """Read a boolean of the query, false when it is left out."""
    text = request.query.get(name, "false")
    if text not in {"true", "false"}:
        bad_request(f"{name} must be true or false")
    return text == "true"


def path_uuid(request: web.Request, name: str) -> str:
    """Read an id of the path that must be a UUID."""
    return checked_uuid(request.match_info[name], name)


def query_uuid(request: web.Request, name: str) -> str:
    """Read a required id of the query that must be a UUID."""
    if name not in request.query:
        bad_request(f"Query parameter {name} is missing")
    return checked_uuid(request.query[name], name)


def checked_uuid(text: str, name: str) -> str:
    """Refuse what is no UUID in its usual form."""
    if not _UUID.fullmatch(text):
        bad_request(f"{name} must be a UUID")
    return text


def page_of(
    request: web.Request, rows: Sequence[T], key: Callable[[T], str], *, default_size: int, filters: str = ""
) -> tuple[list[T], JsonObject]:
    """Cut a page out of all rows by `pageSize` and `pageToken`; the token names the last row that was seen.

    Returns:
        The rows of the page and its `pagination` object.
    """
    size = page_size(request, default_size)
    start = 0
    if (last := page_token(request, filters)) is not None:
        start = next((index + 1 for index, row in enumerate(rows) if key(row) == last), len(rows))
    page = list(rows[start : start + size])
    more = start + size < len(rows)
    return page, pagination(key(page[-1]) if more else None, filters, size)


def page_size(request: web.Request, default: int) -> int:
    """Read how many rows a page has."""
    text = request.query.get("pageSize", str(default))
    size = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= size <= MAX_PAGE:
        bad_request(f"pageSize must be a whole number from 1 to {MAX_PAGE}")
    return size


def page_token(request: web.Request, filters: str = "") -> str | None:
    """Read which row the page before ended with; None for the first page."""
    token = request.query.get("pageToken")
    if token is None:
        return None
    try:
        last, of = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        bad_token()
    if of != filters:
        bad_request("pageToken belongs to other filters")
    return str(last)


def bad_token() -> NoReturn:
    """Refuse a page token that was never handed out."""
    bad_request("pageToken is not one that was handed out")


def pagination(last: str | None, filters: str, size: int) -> JsonObject:
    """Say where a list goes on: behind the row with the key `last`; None where it ends."""
    token = base64.urlsafe_b64encode(json.dumps([last, filters]).encode()).decode() if last is not None else None
    return {"nextPageToken": token, "hasMore": last is not None, "pageSize": size}
