"""The client: configuration in, resources out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self, Unpack

from deepnote_async.events import OnEvent
from deepnote_async.resources.blocks import Blocks
from deepnote_async.resources.checked_inputs import InputChecker
from deepnote_async.resources.deliveries import SnapshotDelivery, checked_delivery
from deepnote_async.resources.files import Files
from deepnote_async.resources.legacy import Legacy
from deepnote_async.resources.me import MeResource
from deepnote_async.resources.notebooks import Notebooks
from deepnote_async.resources.projects import Projects
from deepnote_async.resources.run_service import DeepnoteRuns
from deepnote_async.resources.runs import Runs
from deepnote_async.resources.sessions import Sessions
from deepnote_async.runs import StartRegistry
from deepnote_async.transport import (
    DEFAULT_RETRY,
    CallOptions,
    Retry,
    TokenSource,
    Transport,
    base_url_from,
    token_source,
    warn_of_stranger,
)

if TYPE_CHECKING:
    import ssl

    import httpx

    from deepnote_async_api import AuthenticatedClient


class AsyncDeepnote:
    """A client of the Deepnote Public API.

    Use it with `async with`, or without: it opens at the first call and is closed with `await client.aclose()`. It may
    be opened in one task and closed in another, and belongs to the event loop and the process it was opened in. The
    proxies of the environment are read when it opens: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY.

    A token from the environment that goes to a host which is neither this machine nor of deepnote.com brings a
    UserWarning, wherever the address came from.

    Args:
        token: API key of the workspace, or a function that returns one, at once or as an awaitable; it is asked again
            after a 401. Default: DEEPNOTE_TOKEN, else DEEPNOTE_API_KEY.
        base_url: address of the service; default DEEPNOTE_API_URL, else https://api.deepnote.com. A `/v1` or `/v2` at
            its end is dropped, since paths carry the version.
        timeout: total seconds for one call, whatever it does: waiting for the rate gate, retries and the body included;
            None for no limit.
        retry: how failed attempts of a call are repeated, see Retry; None sends once.
        rate: requests per second, if the limit is known. None sends without a limit until the service answers 429, and
            then learns one; all calls of the client share it.
        http_client: an httpx.AsyncClient to send with; its proxies, mounts and hooks apply, its default headers and
            authentication do not, and it is never closed here.
        on_event: called with a record of every request, retry, rate change and change of a run, see
            `deepnote_async.events`; what it raises is logged.
        allow_http: hosts of your own network that may be spoken to without encryption: the token travels in the clear.
        verify: TLS settings to verify the server with, for a certificate authority of your own:
            `ssl.create_default_context(cafile="corp.pem")`. Servers are always verified.
        trust_env: whether the proxies that the environment names are used; an `http_client` has its own.
        snapshot_delivery: how snapshots are asked for. "inline": within the answer. "downloadUrl": by an address, from
            which they are fetched without the token. "blocks": the outputs alone, without a document to parse; then
            `result.snapshot` is None and its blocks have no source. What the service refuses is replaced by another.

    Raises:
        ValueError: there is no token, the token cannot be one, the address is none, or there is no such delivery.
        TypeError: `verify` is no ssl.SSLContext, or `allow_http` is one string.

    Example:
        >>> async with AsyncDeepnote() as client:
        ...     result = await client.runs.run(notebook_id, inputs={"region": "EU"}, timeout=600)
        ...     print(result.text)
    """

    def __init__(
        self,
        token: TokenSource | None = None,
        base_url: str | None = None,
        *,
        timeout: float | None = 60.0,
        retry: Retry | None = DEFAULT_RETRY,
        rate: float | None = None,
        http_client: httpx.AsyncClient | None = None,
        on_event: OnEvent | None = None,
        allow_http: Collection[str] = (),
        verify: ssl.SSLContext | None = None,
        trust_env: bool = True,
        snapshot_delivery: SnapshotDelivery = "inline",
    ) -> None:
        delivery = checked_delivery(snapshot_delivery)
        self._base_url = base_url_from(base_url, allow_http)
        self._transport = Transport(
            token_source(token),
            self._base_url,
            timeout=timeout,
            retry=retry,
            rate=rate,
            http_client=http_client,
            on_event=on_event,
            verify=verify,
            trust_env=trust_env,
        )
        if token is None:
            warn_of_stranger(self._base_url, "deepnote.com")
        inputs = InputChecker(self._transport)
        service, registry = DeepnoteRuns(self._transport, delivery), StartRegistry()
        self.runs = Runs(self._transport, service, registry, inputs)
        self.notebooks = Notebooks(self._transport)
        self.projects = Projects(self._transport)
        self.sessions = Sessions(self._transport, service, registry, inputs)
        self.blocks = Blocks(self._transport)
        self.files = Files(self._transport)
        self.me = MeResource(self._transport)
        self.legacy = Legacy(self._transport)

    def __repr__(self) -> str:
        return f"AsyncDeepnote(base_url={self._base_url!r})"

    @property
    def generated(self) -> AuthenticatedClient:
        """The client to pass to the functions of `deepnote_async_api.api`, the generated low-level package.

        They go through the same connection, token, deadline and errors as everything else.

        Example:
            >>> from deepnote_async_api.api.projects import list_projects
            >>> page = await list_projects.asyncio(client=client.generated)
        """
        return self._transport.generated

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int | bool] | None = None,
        json: object = None,
        **options: Unpack[CallOptions],
    ) -> httpx.Response:
        """Send a request that nothing else covers, under the same policy.

        Args:
            method: HTTP method.
            path: path with its version, such as "/v2/anything".
            params: query parameters.
            json: body, sent as JSON; None sends none.
            **options: see CallOptions.

        Returns:
            The answer with its body read; its status is 2xx, anything else raises.

        Raises:
            CallError: the service refused or did not answer.
            ValueError: the path does not begin with a slash.
        """
        if not path.startswith("/") or path.startswith("//"):
            raise ValueError(f"path {path!r} must begin with one slash; requests go to {self._base_url} only")
        content: dict[str, object] = {}
        if params is not None:
            content["params"] = params
        if json is not None:
            content["json"] = json
        return await self._transport.request(method, path, content, options)

    async def aclose(self) -> None:
        """Close the connections. Closing twice does nothing; a later call says that the client is closed."""
        await self._transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()
