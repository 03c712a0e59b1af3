"""`Transport.call`: from the generated request builder to the generated parser, in one function."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeVar, Unpack

import anyio
import httpx
from attrs import evolve

from deepnote_async.events import OnEvent
from deepnote_async.transport.auth import TokenKeeper, TokenSource
from deepnote_async.transport.backend import checked_verify, default_backend, injected_backend
from deepnote_async.transport.deadline import Deadline, check_timeout
from deepnote_async.transport.decode import decode, guarded, refuse_page
from deepnote_async.transport.download import address_check, download
from deepnote_async.transport.gate import RateGate, checked_rate
from deepnote_async.transport.limits import CLOSE_SECONDS
from deepnote_async.transport.options import CallContext, CallOptions, lane_of
from deepnote_async.transport.policy import Defaults, PolicyTransport, as_it_is
from deepnote_async.transport.progress import SendRecord
from deepnote_async.transport.reporting import Reporter, log_as_told
from deepnote_async.transport.retry import Retry, checked_retry
from deepnote_async.transport.sender import Sender
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
        retry: how failed attempts of a call that says nothing else are repeated; None sends once.
        rate: requests per second; None learns the limit from the service's refusals.
        http_client: sends the requests instead of the built-in backend; never closed here.
        on_event: told of what happens below the calls.
        verify: TLS settings of the built-in backend; None for the usual certificate authorities.
        trust_env: whether the built-in backend uses the proxies that the environment names.
    """

    def __init__(
        self,
        tokens: TokenSource,
        base_url: str,
        *,
        timeout: float | None,
        retry: Retry | None,
        rate: float | None,
        http_client: httpx.AsyncClient | None,
        on_event: OnEvent | None,
        verify: ssl.SSLContext | None = None,
        trust_env: bool = True,
    ) -> None:
        log_as_told()
        self.report = Reporter(on_event)
        self._base_url = base_url
        check_timeout(timeout)
        self._defaults = Defaults(timeout=timeout, retry=checked_retry(retry))
        self._verify = checked_verify(verify, http_client)
        self._trust_env = trust_env
        self._injected = http_client
        origin = httpx.URL(base_url)
        sender = Sender(self._backend, TokenKeeper(tokens), origin, self.report)
        self._gate = RateGate(checked_rate(rate), self.report)
        self._policy = PolicyTransport(sender, self._defaults, self._gate, self.report)
        stranger = Sender(self._backend, None, origin, self.report)
        self._downloads = PolicyTransport(stranger, self._defaults, RateGate(None, self.report), self.report)
        self._check_address = address_check(origin.host, resolving=http_client is None, trust_env=trust_env)
        self._client: httpx.AsyncClient | None = None
        self._before_closing: list[Callable[[], Awaitable[None]]] = []
        self._closed = False

    async def call(
        self,
        operation: Operation,
        request: Mapping[str, Any],
        read: Callable[[dict[str, Any]], T],
        *,
        record: SendRecord | None = None,
        least: float | None = None,
        **options: Unpack[CallOptions],
    ) -> T:
        """Send what a generated `build_request` made and read the answer.

        Args:
            operation: the generated module of the operation; gives method and path template.
            request: what its `build_request` returned.
            read: turns the JSON object of the answer into a result, usually the `from_dict` of a generated model.
            record: where to write how far the call came, for a caller that wants to know even if it is cancelled.
            least: seconds that must be left of the call's time for an attempt to be sent; None for the usual.
            **options: see CallOptions.

        Raises:
            APIError: the service refused; the subclass tells the status.
            TransportError: no complete answer came.
            DecodeError: the answer is not what the operation promises.
        """
        context = self._context(operation.METHOD, operation.PATH_TEMPLATE, options, record=record, least=least)
        return await self._send(context, request, options, lambda response: decode(response, read, context))

    async def acknowledge(
        self,
        operation: Operation,
        request: Mapping[str, Any],
        *,
        record: SendRecord | None = None,
        **options: Unpack[CallOptions],
    ) -> None:
        """Send what a generated `build_request` made and take any success, whatever its body says; see `call`.

        Raises:
            APIError: the service refused; the subclass tells the status.
            TransportError: no complete answer came.
            DecodeError: the answer is a web page, such as the login page of a proxy.
        """
        context = self._context(operation.METHOD, operation.PATH_TEMPLATE, options, record=record)
        await self._send(context, request, options, lambda response: refuse_page(response, context))

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
        # What comes is a file, and may be of any kind; packed, a small piece of it could unpack to a huge one.
        headers = {"accept": "*/*", "accept-encoding": "identity", **request.get("headers", {})}
        sent = {"method": method, **request, "headers": headers}
        body = await self._send(context, sent, options, lambda response: Streamed(response, context, max_bytes))
        try:
            yield body
        finally:
            await body.aclose()

    async def request(self, method: str, path: str, content: Mapping[str, Any], options: CallOptions) -> httpx.Response:
        """Send a request that no generated module builds, under the same policy; the body of the answer is read."""
        context = self._context(method.upper(), path.partition("?")[0], options)
        response = await self._send(context, {"method": method, "url": path, **content}, options, as_it_is)
        response.request = httpx.Request(method, f"{self._base_url}{path}")  # without the token
        return response

    async def download(self, address: str, what: str, **options: Unpack[CallOptions]) -> httpx.Response:
        """Fetch what the service handed out by a signed address; the token does not go there.

        Args:
            address: the address; it is a credential and stands in no error.
            what: what it is, in place of a path in errors and events: "snapshot of run ...".
            **options: see CallOptions; `extra_headers` are for the API and do not go there.

        Raises:
            ValueError: it leads where no download is followed to.
            APIError: the host refused, for instance since the address has expired (403).
            TransportError: no complete answer came.
        """
        context = evolve(self._context("GET", what, options), follows=True, lane="download")
        return await download(self._downloads, context, address, self._check_address)

    def deadline(self, options: CallOptions) -> Deadline:
        """Tell when a call with these options would have to be over, for what takes several calls."""
        return Deadline.after(options.get("timeout", self._defaults.timeout))

    @property
    def default_timeout(self) -> float | None:
        """Total seconds of a call that names none; None for no limit."""
        return self._defaults.timeout

    @property
    def is_throttled(self) -> bool:
        """Whether the service has refused requests for their rate lately."""
        return self._gate.is_strict(anyio.current_time())

    def before_closing(self, close: Callable[[], Awaitable[None]]) -> None:
        """Have something ended before the connections are closed."""
        self._before_closing.append(close)

    @property
    def generated(self) -> GeneratedClient:
        """A client for the generated low-level functions, over the same connection and policy."""
        return GeneratedClient(self._open(), read=guarded)

    async def aclose(self) -> None:
        """Close the connections; a client the user brought stays open. Closing twice does nothing."""
        try:
            for close in self._before_closing:
                await close()  # which may send something yet
        finally:
            self._closed = True
            self._client = None
            with anyio.move_on_after(CLOSE_SECONDS, shield=True):
                await self._policy.aclose()
                await self._downloads.aclose()

    def _context(
        self,
        method: str,
        path: str,
        options: CallOptions,
        *,
        streaming: bool = False,
        record: SendRecord | None = None,
        least: float | None = None,
    ) -> CallContext:
        return CallContext(
            method,
            path,
            self.deadline(options),
            started=anyio.current_time(),
            retry=checked_retry(options.get("retry", self._defaults.retry)),
            streaming=streaming,
            lane=lane_of(method, streaming=streaming),
            record=record or SendRecord(),
            least=least,
        )

    async def _send(
        self,
        context: CallContext,
        request: Mapping[str, Any],
        options: CallOptions,
        read: Callable[[httpx.Response], T],
    ) -> T:
        """Build a request and hand it to the policy: what httpx.AsyncClient would add to that is only time."""
        headers = self._open().headers
        added = {**options.get("extra_headers", {}), **request.get("headers", {})}
        if added:
            headers = headers.copy()
            for name, value in added.items():
                _check_header(name, value)
                headers[name] = value
        url = f"{self._base_url}{request['url']}" if request["url"].startswith("/") else request["url"]
        try:
            made = httpx.Request(**{**request, "url": url, "headers": headers})
        except httpx.InvalidURL as error:
            raise ValueError(f"the path {request['url']!r} is not one: {error}") from None
        return await self._policy.send(made, context, read)

    def _backend(self) -> httpx.AsyncBaseTransport:
        return (
            injected_backend(self._injected)
            if self._injected is not None
            else default_backend(self._verify, trust_env=self._trust_env)
        )

    def _open(self) -> httpx.AsyncClient:
        if self._closed:
            raise RuntimeError("this client is closed; make another one")
        if self._client is None:
            self._client = httpx.AsyncClient(
                transport=self._policy,
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
