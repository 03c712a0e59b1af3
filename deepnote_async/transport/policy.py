"""The policy transport: what holds for every request, generated or hand-made.

It stands between the httpx.AsyncClient and the backend, adds the token for the service's own origin, keeps the call's
deadline over everything including the body, reads the decoded body up to a limit, and turns what is not a success into
the exception for it. Only the body of a call marked as streaming is left to its reader (`stream.py`).
"""

from __future__ import annotations

import anyio
import httpx

from deepnote_async.errors import ResponseTooLargeError
from deepnote_async.transport.auth import TokenKeeper, origin_of
from deepnote_async.transport.deadline import Deadline
from deepnote_async.transport.limits import CLOSE_SECONDS, CONNECT_SECONDS, MAX_BODY_BYTES, POOL_SECONDS, READ_SECONDS
from deepnote_async.transport.mapping import deadline_error, error_from_httpx, error_from_response, facts
from deepnote_async.transport.options import CONTEXT_KEY, CallContext

_UNAUTHORIZED = 401
_BODY_HEADERS = {"content-encoding", "content-length", "transfer-encoding"}


class PolicyTransport(httpx.AsyncBaseTransport):
    """Sends requests under the client's policy.

    Args:
        backend: what sends the bytes.
        tokens: where the token comes from.
        base_url: address of the service; only its origin gets the token.
        timeout: total seconds of a call that carries no deadline of its own, such as one made with `client.generated`.
    """

    def __init__(
        self, backend: httpx.AsyncBaseTransport, tokens: TokenKeeper, base_url: httpx.URL, timeout: float | None
    ) -> None:
        self._backend = backend
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
            raise error_from_response(response, context)
        return response

    async def aclose(self) -> None:
        """Close the backend."""
        await self._backend.aclose()

    def _context_of(self, request: httpx.Request) -> CallContext:
        context = request.extensions.get(CONTEXT_KEY)
        if not isinstance(context, CallContext):
            context = CallContext(
                request.method, request.url.path, Deadline.after(self._timeout), started=anyio.current_time()
            )
            request.extensions[CONTEXT_KEY] = context
        request.extensions["timeout"] = {
            "connect": CONNECT_SECONDS, "read": READ_SECONDS, "write": READ_SECONDS, "pool": POOL_SECONDS,
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
            context.record.sent = "no"
            response = await self._exchange(request, context)
        return response

    async def _exchange(self, request: httpx.Request, context: CallContext) -> httpx.Response:
        try:
            response = await self._backend.handle_async_request(request)
            context.record.sent = "yes"
            if context.streaming and response.is_success:
                return response
            try:
                return await self._read(response, context)
            finally:
                with anyio.move_on_after(CLOSE_SECONDS, shield=True):
                    await response.aclose()
        except httpx.TransportError as error:
            failure = error_from_httpx(error, context)
        # Raised here and not above: httpx's exception holds the request, and the request holds the token.
        raise failure

    async def _read(self, response: httpx.Response, context: CallContext) -> httpx.Response:
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
        except httpx.DecodingError:
            failure = httpx.RemoteProtocolError("the answer's compression is broken")
        else:
            headers = [
                (name, value) for name, value in response.headers.raw if name.decode().lower() not in _BODY_HEADERS
            ]
            return httpx.Response(
                response.status_code, headers=headers, content=bytes(body), extensions=response.extensions
            )
        raise failure


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return origin_of(url.scheme, url.host, url.port)
