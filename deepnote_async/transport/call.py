"""`Transport.call`: from the generated request builder to the generated parser, in one function."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeVar, Unpack

import anyio
import httpx

from deepnote_async.transport.auth import TokenKeeper, TokenSource
from deepnote_async.transport.backend import checked_verify, default_backend, injected_backend
from deepnote_async.transport.deadline import Deadline
from deepnote_async.transport.decode import decode, guarded, refuse_page
from deepnote_async.transport.limits import CLOSE_SECONDS
from deepnote_async.transport.options import CONTEXT_KEY, CallContext, CallOptions
from deepnote_async.transport.policy import PolicyTransport
from deepnote_async.transport.stream import Streamed
from deepnote_async_api import AuthenticatedClient as GeneratedClient

T = TypeVar("T")


class Operation(Protocol):
    """What `call` needs of a generated endpoint module."""

    METHOD: str
    PATH_TEMPLATE: str


class Transport:
    """The connection of one client to one service. Opens at the first call; `aclose` ends it.

    Args:
        tokens: where the token comes from.
        base_url: address of the service, tidied by `base_url_from`.
        timeout: total seconds of a call that names none; None for no limit.
        http_client: sends the requests instead of the built-in backend; never closed here.
        verify: TLS settings of the built-in backend; None for the usual certificate authorities.
    """

    def __init__(
        self,
        tokens: TokenSource,
        base_url: str,
        timeout: float | None,
        http_client: httpx.AsyncClient | None,
        *,
        verify: ssl.SSLContext | None = None,
    ) -> None:
        self._verify = checked_verify(verify, http_client)
        self._tokens = TokenKeeper(tokens)
        self._base_url = httpx.URL(base_url)
        self._timeout = timeout
        self._injected = http_client
        self._client: httpx.AsyncClient | None = None
        self._closed = False

    async def call(
        self,
        operation: Operation,
        request: Mapping[str, Any],
        read: Callable[[dict[str, Any]], T],
        **options: Unpack[CallOptions],
    ) -> T:
        """Send what a generated `build_request` made and read the answer.

        Args:
            operation: the generated module of the operation; gives method and path template.
            request: what its `build_request` returned.
            read: turns the JSON object of the answer into a result, usually the `from_dict` of a generated model.
            **options: see CallOptions.

        Raises:
            APIError: the service refused; the subclass tells the status.
            TransportError: no complete answer came.
            DecodeError: the answer is not what the operation promises.
        """
        context = self._context(operation.METHOD, operation.PATH_TEMPLATE, options)
        return decode(await self._send(context, request, options), read, context)

    async def acknowledge(
        self, operation: Operation, request: Mapping[str, Any], **options: Unpack[CallOptions]
    ) -> None:
        """Send what a generated `build_request` made and take any success, whatever its body says.

        Raises:
            APIError: the service refused; the subclass tells the status.
            TransportError: no complete answer came.
            DecodeError: the answer is a web page, such as the login page of a proxy.
        """
        context = self._context(operation.METHOD, operation.PATH_TEMPLATE, options)
        refuse_page(await self._send(context, request, options), context)

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        path_template: str,
        request: Mapping[str, Any],
        *,
        max_bytes: int | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncIterator[Streamed]:
        """Send a request and read its answer piece by piece, under the same policy and deadline as every call.

        Args:
            method: HTTP method.
            path_template: the path with names for its ids, for messages.
            request: what a generated `build_request` returned, or at least its `url`.
            max_bytes: largest body, after decoding; None for no limit.
            **options: see CallOptions. `timeout` spans the whole body, and what the caller does between its pieces.

        Raises:
            APIError: the service refused; the subclass tells the status.
            TransportError: no answer came, or it broke off while it was read.
        """
        context = self._context(method.upper(), path_template, options, streaming=True)
        headers = {"accept": "*/*", **request.get("headers", {})}  # what comes is a file, and may be of any kind
        response = await self._send(context, {"method": method, **request, "headers": headers}, options)
        body = Streamed(response, context, max_bytes)
        try:
            yield body
        finally:
            await body.aclose()

    async def request(self, method: str, path: str, content: Mapping[str, Any], options: CallOptions) -> httpx.Response:
        """Send a request that no generated module builds, under the same policy; the body of the answer is read."""
        context = self._context(method.upper(), path, options)
        return await self._send(context, {"method": method, "url": path, **content}, options)

    @property
    def generated(self) -> GeneratedClient:
        """A client for the generated low-level functions, over the same connection and policy."""
        return GeneratedClient(self._open(), read=guarded)

    async def aclose(self) -> None:
        """Close the connections; a client the user brought stays open. Closing twice does nothing."""
        self._closed = True
        client, self._client = self._client, None
        if client is not None:
            with anyio.move_on_after(CLOSE_SECONDS, shield=True):
                await client.aclose()

    def _context(self, method: str, path: str, options: CallOptions, *, streaming: bool = False) -> CallContext:
        deadline = Deadline.after(options.get("timeout", self._timeout))
        return CallContext(method, path, deadline, started=anyio.current_time(), streaming=streaming)

    async def _send(self, context: CallContext, request: Mapping[str, Any], options: CallOptions) -> httpx.Response:
        headers = {**options.get("extra_headers", {}), **request.get("headers", {})}
        for name, value in headers.items():
            _check_header(name, value)
        client = self._open()
        made = client.build_request(**{**request, "headers": headers, "extensions": {CONTEXT_KEY: context}})
        return await client.send(made, stream=context.streaming)

    def _backend(self) -> httpx.AsyncBaseTransport:
        return injected_backend(self._injected) if self._injected is not None else default_backend(self._verify)

    def _open(self) -> httpx.AsyncClient:
        if self._closed:
            raise RuntimeError("this client is closed; make another one")
        if self._client is None:
            self._client = httpx.AsyncClient(
                transport=PolicyTransport(self._backend, self._tokens, self._base_url, self._timeout),
                base_url=self._base_url,
                headers={"user-agent": _user_agent(), "accept": "application/json"},
                timeout=None,  # noqa: S113  (the policy transport sets every timeout, from the call's deadline)
                follow_redirects=False,
                trust_env=False,
            )
        return self._client


def _check_header(name: str, value: str) -> None:
    if name.lower() == "authorization":
        raise ValueError("extra_headers cannot set Authorization; give the client another token instead")
    if not all(" " <= character <= "~" for character in f"{name}{value}") or not name.strip():
        raise ValueError(f"the header {name!r} or its value holds a character that no header can")


def _user_agent() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415  (only a client that opens needs it)

    try:
        return f"deepnote-async/{version('deepnote-async')}"
    except PackageNotFoundError:
        return "deepnote-async"
