"""One attempt of a call: the token for the service's own origin, the backend, and the body up to a limit."""

from __future__ import annotations

from collections.abc import Callable

import anyio
import httpx

from deepnote_async.errors import CallError, ResponseTooLargeError, Sent
from deepnote_async.events import RequestEvent
from deepnote_async.transport.auth import Origin, TokenKeeper, origin_of
from deepnote_async.transport.body import BodyTooLargeError, read_body
from deepnote_async.transport.limits import MAX_BODY_BYTES
from deepnote_async.transport.mapping import error_from_httpx, error_from_response, facts, request_id_of
from deepnote_async.transport.options import CallContext
from deepnote_async.transport.reporting import Reporter

_UNAUTHORIZED = 401
_DROPPED_HEADERS = {"content-encoding", "content-length", "transfer-encoding", "set-cookie"}
"""The body is decoded already; and the API has no cookies, so none is kept for the next call."""


class Sender:
    """Sends requests once each, and reads their answers.

    Args:
        make_backend: makes what sends the bytes; asked at the first request, when it is known which event loop runs.
        tokens: where the token comes from; None for a sender that talks to strangers and has none.
        base_url: address of the service; only its origin gets the token.
        report: told of every request.
    """

    def __init__(
        self,
        make_backend: Callable[[], httpx.AsyncBaseTransport],
        tokens: TokenKeeper | None,
        base_url: httpx.URL,
        report: Reporter,
    ) -> None:
        self._make_backend = make_backend
        self._backend: httpx.AsyncBaseTransport | None = None
        self._closed = False
        self._tokens = tokens
        self._origin = _origin(base_url)
        self._report = report

    async def send(self, request: httpx.Request, context: CallContext) -> httpx.Response:
        """Send a request; give its success with the body read, unless the call streams.

        Raises:
            APIError: the service refused.
            TransportError: no complete answer came.
        """
        response = await self._authorized(request, context)
        if not response.is_success and not (context.follows and response.has_redirect_location):
            raise error_from_response(response, context, hide=_token_in(request))
        return response

    async def aclose(self) -> None:
        """Close the backend; a call that is still on its way to it is told so."""
        self._closed = True
        if self._backend is not None:
            await self._backend.aclose()

    async def _authorized(self, request: httpx.Request, context: CallContext) -> httpx.Response:
        if self._tokens is None or _origin(request.url) != self._origin:
            request.headers.pop("authorization", None)
            return await self._exchange(request, context)
        token = await self._tokens.current()
        request.headers["authorization"] = f"Bearer {token.reveal()}"
        response = await self._exchange(request, context)
        if response.status_code == _UNAUTHORIZED and self._tokens.can_renew:
            self._tokens.refuse(token)
            if can_repeat(request):
                # A refused request was not applied, so sending it once more is safe for every method.
                context.record.noted, context.record.is_handed_over = "no", False
                token = await self._tokens.current()
                request.headers["authorization"] = f"Bearer {token.reveal()}"
                response = await self._exchange(request, context)
        return response

    async def _exchange(self, request: httpx.Request, context: CallContext) -> httpx.Response:
        if not self._report.wants_requests:
            return await self._carry_out(request, context)
        began = anyio.current_time()
        response: httpx.Response | None = None
        ended = "cancelled"
        try:
            response = await self._carry_out(request, context)
            return response  # noqa: TRY300  (the report below has to see it)
        except Exception as error:
            ended = type(error).__name__
            raise
        finally:
            self._report(_event(context, response, anyio.current_time() - began, ended))

    async def _carry_out(self, request: httpx.Request, context: CallContext) -> httpx.Response:
        if self._closed:
            raise RuntimeError("this client is closed; make another one")
        if self._backend is None:
            self._backend = self._make_backend()
        context.record.is_handed_over = True
        failure: CallError
        try:
            response = await self._backend.handle_async_request(request)
            context.record.noted = "yes"
            _hide(_token_in(request), response)
            if context.streaming and response.is_success and not _is_stacked(response):
                return response
            return await _read(response, context)
        except httpx.HTTPStatusError as error:  # a hook of a client that the user brought
            return _without_body(error.response)
        except httpx.RequestError as error:
            failure = error_from_httpx(error, context, hide=_token_in(request))
        # Raised here and not above: httpx's exception holds the request, and the request holds the token.
        raise failure


def can_repeat(request: httpx.Request) -> bool:
    """Whether the body of a request can be sent a second time; one that is streamed is used up by the first."""
    return isinstance(request.stream, httpx.ByteStream)


def _token_in(request: httpx.Request) -> str:
    """Give the token that a request carries: the client may have another one by now."""
    held: str = request.headers.get("authorization", "")
    return held.removeprefix("Bearer ")


async def _read(response: httpx.Response, context: CallContext) -> httpx.Response:
    try:
        return _with_body(response, await read_body(response, MAX_BODY_BYTES))
    except BodyTooLargeError:
        too_large = ResponseTooLargeError(
            f"The answer is larger than {MAX_BODY_BYTES >> 20} MiB and was not read to its end",
            **facts(context, response),
        )
        too_large.sent = "yes"
    except httpx.RequestError:
        if response.is_success:
            raise
        return _without_body(response)  # the status alone says that the service refused
    raise too_large


def _event(context: CallContext, response: httpx.Response | None, elapsed: float, ended: str) -> RequestEvent:
    sent: Sent = context.record.sent if response is None else "yes"
    return RequestEvent(
        method=context.method,
        path=context.path,
        attempt=context.record.attempt,
        status=response.status_code if response is not None else None,
        sent=sent,
        elapsed=elapsed,
        request_id=request_id_of(response),
        error=ended if response is None else None,
    )


def _hide(token: str, response: httpx.Response) -> None:
    """Take the token out of the headers of an answer that repeats it: some of them stand in errors, logs and events."""
    secret = token.encode()
    if secret and any(secret in value for _, value in response.headers.raw):
        hidden = [(name, value.replace(secret, b"***")) for name, value in response.headers.raw]
        response.headers = httpx.Headers(hidden)


def _is_stacked(response: httpx.Response) -> bool:
    return "," in response.headers.get("content-encoding", "")


def _with_body(response: httpx.Response, body: bytes) -> httpx.Response:
    headers = [(name, value) for name, value in response.headers.raw if name.decode().lower() not in _DROPPED_HEADERS]
    return httpx.Response(response.status_code, headers=headers, content=body, extensions=response.extensions)


def _without_body(response: httpx.Response) -> httpx.Response:
    return _with_body(response, b"")


def _origin(url: httpx.URL) -> Origin:
    return origin_of(url.scheme, url.host, url.port)
