"""From what came back, or did not, to the exception that says so."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, TypedDict

import anyio
import httpx

from deepnote_async.errors import (
    APIError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    ConnectError,
    ConnectionLostError,
    DeadlineExceededError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RequestTimeoutError,
    Sent,
    ServerError,
    TransportError,
    UnexpectedRedirectError,
    UnexpectedStatusError,
)
from deepnote_async.transport.experimental import hint
from deepnote_async.transport.faults import kind_of
from deepnote_async.transport.options import CallContext
from deepnote_async.transport.retry_after import retry_after_of

ERRORS_BY_STATUS: Mapping[int, type[APIError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    408: RequestTimeoutError,
    409: ConflictError,
    429: RateLimitError,
}

_MESSAGE_KEYS = ("message", "error", "detail")
_MAX_MESSAGE = 500
_MAX_QUOTED = 2 * _MAX_MESSAGE
_SECRET = re.compile(
    r"(?i)(bearer\s+|[?&][^=\s&?]{0,40}?(?:signature|sig|token|credential|key|secret)[^=\s&?]{0,40}=)[^\s&\"']+"
)
"""Bounded, and applied to the beginning of a text only: whoever writes that text must not decide how long it takes."""
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class CallFacts(TypedDict):
    """The keyword arguments that every CallError takes."""

    method: str
    path: str
    status: int | None
    request_id: str | None
    attempts: int
    elapsed: float


def facts(context: CallContext, response: httpx.Response | None = None) -> CallFacts:
    """Gather what is known of a call for its error."""
    return {
        "method": context.method,
        "path": context.path,
        "status": response.status_code if response is not None else None,
        "request_id": request_id_of(response),
        "attempts": max(1, context.record.attempt),
        "elapsed": anyio.current_time() - context.started,
    }


def request_id_of(response: httpx.Response | None) -> str | None:
    """Read the service's id of a request."""
    return response.headers.get("x-request-id") if response is not None else None


def error_from_response(
    response: httpx.Response, context: CallContext, *, hide: str = ""
) -> APIError | UnexpectedRedirectError:
    """Make the exception for an answer whose status is not 2xx; the body has been read.

    Args:
        response: the answer.
        context: the call.
        hide: the token; a service that repeats it in its message is not quoted on that.
    """
    status = response.status_code
    if 300 <= status < 400:  # noqa: PLR2004  (RFC 9110, section 15.4)
        target = _host_of(response.headers.get("location", ""))
        redirect = UnexpectedRedirectError(
            f"{status} redirect to {target}: redirects are not followed, check base_url", **facts(context, response)
        )
        redirect.sent = "yes"
        return redirect
    kind = ERRORS_BY_STATUS.get(status) or (ServerError if status >= 500 else UnexpectedStatusError)  # noqa: PLR2004
    # What a stranger says of a signed address may well hold its parts.
    said = "" if context.follows else message_of(response, hide=hide)
    head = f"{status_name(status)}: {said}" if said else status_name(status)
    error = kind(head + hint(context.method, context.path, status), **facts(context, response))
    error.message = said
    error.retry_after = retry_after_of(response.headers)
    return error


def error_from_httpx(error: httpx.RequestError, context: CallContext, *, hide: str = "") -> TransportError:
    """Make the exception for a request that got no complete answer.

    Args:
        error: what httpx raised.
        context: the call.
        hide: the token; an error that quotes it is not quoted on that.
    """
    known = facts(context)
    said = _without(hide, str(error)) or type(error).__name__
    context.record.fault = kind_of(error)
    unsent: Sent = "maybe" if context.record.is_ambiguous else "no"  # an earlier attempt may have arrived
    mapped: TransportError
    if isinstance(error, httpx.LocalProtocolError) and context.record.noted == "no":
        # httpx quotes the header that it refuses, and a header can be a secret.
        mapped = TransportError("The request cannot be sent: a header or the address is not valid", **known)
        mapped.sent = unsent
    elif isinstance(error, httpx.ProxyError) and context.record.noted == "no":
        mapped = ConnectError(f"Cannot connect through the proxy: {said}", **known)
        mapped.sent = unsent
    elif context.record.noted == "no" and _was_not_sent(error, context):
        mapped = ConnectError(f"Cannot connect: {said}", **known)
        mapped.sent = unsent
    else:
        mapped = ConnectionLostError(f"Connection lost: {said}", **known)
        mapped.sent = "yes" if context.record.noted == "yes" else "maybe"
    return mapped


def _was_not_sent(error: httpx.RequestError, context: CallContext) -> bool:
    """Whether nothing left: because tracing says so, or because the type can mean nothing else.

    Without tracing a ConnectTimeout proves nothing: httpx-aiohttp raises it for nearly every fault.
    """
    if context.record.traced:
        return isinstance(error, _NOT_SENT)
    return isinstance(error, _NOT_SENT) and not isinstance(error, httpx.ConnectTimeout)


def deadline_error(context: CallContext) -> DeadlineExceededError:
    """Make the exception for a call whose total time ran out."""
    spent = context.record.spent(anyio.current_time())
    went = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in spent)
    where = {
        "no": "nothing had been sent",
        "maybe": "the request was sent, no answer had come",
        "yes": "the answer had begun",
    }[context.record.sent]
    error = DeadlineExceededError(f"Not done within {context.deadline.allowed:g} s: {where} ({went})", **facts(context))
    error.sent, error.spent = context.record.sent, spent
    return error


def message_of(response: httpx.Response, *, hide: str = "") -> str:
    """Read the service's explanation: `message`, else `error`, else `detail`, else the beginning of the text.

    Args:
        response: the answer, its body read.
        hide: what is taken out of it.
    """
    try:
        body: Any = json.loads(response.content)
    except (ValueError, RecursionError):
        is_page = "html" in response.headers.get("content-type", "")
        said = "" if is_page else response.content[: 4 * _MAX_MESSAGE].decode("utf-8", "replace")
    else:
        fields = body if isinstance(body, Mapping) else {}
        said = next((fields[key] for key in _MESSAGE_KEYS if isinstance(fields.get(key), str)), "")
    beginning = " ".join(_without(hide, said[: _MAX_QUOTED + len(hide)]).split())[:_MAX_QUOTED]
    return _SECRET.sub(r"\1***", beginning)[:_MAX_MESSAGE]


def _without(secret: str, text: str) -> str:
    return text.replace(secret, "***") if secret else text


def _host_of(location: str) -> str:
    try:
        return httpx.URL(location).host or "the same host"
    except httpx.InvalidURL:
        return "an address that is none"


def status_name(status: int) -> str:
    """Give a status with its usual phrase."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
