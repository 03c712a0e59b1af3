"""The policy transport: what holds for every request, generated or hand-made.

It stands between the httpx.AsyncClient and the backend, adds the token for the service's own origin, keeps the call's
deadline over everything including the body, reads the decoded body up to a limit, and turns what is not a success into
the exception for it. Only the body of a call marked as streaming is left to its reader (`stream.py`).
"""

from __future__ import annotations

from collections.abc import Callable

import anyio
import httpx

from deepnote_async.errors import ResponseTooLargeError
from deepnote_async.transport.auth import TokenKeeper, origin_of
from deepnote_async.transport.deadline import Deadline
from deepnote_async.transport.limits import CLOSE_SECONDS, CONNECT_SECONDS, MAX_BODY_BYTES, POOL_SECONDS
from deepnote_async.transport.mapping import deadline_error, error_from_httpx, error_from_response, facts
from deepnote_async.transport.options import CONTEXT_KEY, CallContext

_UNAUTHORIZED = 401
_DROPPED_HEADERS = {"content-encoding", "content-length", "transfer-encoding", "set-cookie"}
"""The body is decoded already; and the API has no cookies, so none is kept for the next call."""


class PolicyTransport(httpx.AsyncBaseTransport):
    """Sends requests under the client's policy.

    Args:
        make_backend: makes what sends the bytes; asked at the first request, when it is known which event loop runs.
        tokens: where the token comes from.
        base_url: address of the service; only its origin gets the token.
        timeout: total seconds of a call that carries no deadline of its own, such as one made with `client.generated`.
    """

    def __init__(
        self,
        make_backend: Callable[[], httpx.AsyncBaseTransport],
        tokens: TokenKeeper,
        base_url: httpx.URL,
        timeout: float | None,
    ) -> None:
        self._make_backend = make_backend
        self._backend: httpx.AsyncBaseTransport | None = None
        self._closed = False
        self._tokens = tokens
        self._origin = _origin(base_url)
        self._timeout = timeout

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; return its success, or raise what went wrong. The body is read, unless the call streams."""
        context = self._context_of(request)
        response: httpx.Response | None = None
        with anyio.CancelScope(deadline=context.deadline.at):
            response = await self._authorized(request, context)
        if response is None:
            raise deadline_error(context)
        if not response.is_success:
            raise error_from_response(response, context, hide=self._tokens.shown)
        return response

    async def aclose(self) -> None:
        """Close the backend; a call that is still on its way to it is told so."""
        self._closed = True
        if self._backend is not None:
            await self._backend.aclose()

    def _context_of(self, request: httpx.Request) -> CallContext:
        context = request.extensions.get(CONTEXT_KEY)
        if not isinstance(context, CallContext):
            context = CallContext(
                request.method, request.url.path, Deadline.after(self._timeout), started=anyio.current_time()
            )
            request.extensions[CONTEXT_KEY] = context
        # Reading and writing end with the call's deadline, and with nothing earlier.
        request.extensions["timeout"] = {
            "connect": CONNECT_SECONDS, "read": None, "write": None, "pool": POOL_SECONDS,
        }  # fmt: skip
        return context

    async def _authorized(self, request: httpx.Request, context: CallContext) -> httpx.Response:
        if _origin(request.url) != self._origin:
            request.headers.pop("authorization", None)
            return await self._exchange(request, context)
        token = await self._tokens.current()
        request.headers["authorization"] = f"Bearer {token.reveal()}"
        response = await self._exchange(request, context)
        if response.status_code == _UNAUTHORIZED and self._tokens.can_renew:
            # A refused request was not applied, so sending it once more is safe for every method.
            self._tokens.refuse(token)
            token = await self._tokens.current()
            request.headers["authorization"] = f"Bearer {token.reveal()}"
            context.record.noted = "no"
            response = await self._exchange(request, context)
        return response

    async def _exchange(self, request: httpx.Request, context: CallContext) -> httpx.Response:
        if self._closed:
            raise RuntimeError("this client is closed; make another one")
        if self._backend is None:
            self._backend = self._make_backend()
        try:
            response = await self._backend.handle_async_request(request)
            context.record.noted = "yes"
            if context.streaming and response.is_success and not _is_stacked(response):
                return response
            try:
                return await self._read(response, context)
            finally:
                with anyio.move_on_after(CLOSE_SECONDS, shield=True):
                    await response.aclose()
        except httpx.HTTPStatusError as error:  # a hook of a client that the user brought
            return _without_body(error.response)
        except httpx.RequestError as error:
            failure = error_from_httpx(error, context)
        # Raised here and not above: httpx's exception holds the request, and the request holds the token.
        raise failure

    async def _read(self, response: httpx.Response, context: CallContext) -> httpx.Response:
        if _is_stacked(response):
            raise httpx.DecodingError("it is compressed more than once, as no real answer is")
        body = bytearray()
        try:
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    too_large = ResponseTooLargeError(
                        f"The answer is larger than {MAX_BODY_BYTES >> 20} MiB and was not read to its end",
                        **facts(context, response),
                    )
                    too_large.sent = "yes"
                    raise too_large
        except httpx.RequestError:
            if response.is_success:
                raise
            return _without_body(response)  # the status alone says that the service refused
        return _with_body(response, bytes(body))


def _is_stacked(response: httpx.Response) -> bool:
    return "," in response.headers.get("content-encoding", "")


def _with_body(response: httpx.Response, body: bytes) -> httpx.Response:
    headers = [(name, value) for name, value in response.headers.raw if name.decode().lower() not in _DROPPED_HEADERS]
    return httpx.Response(response.status_code, headers=headers, content=body, extensions=response.extensions)


def _without_body(response: httpx.Response) -> httpx.Response:
    return _with_body(response, b"")


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return origin_of(url.scheme, url.host, url.port)
