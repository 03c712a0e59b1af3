"""The client of Datalore: configuration in, resources out."""

from __future__ import annotations

import os
from collections.abc import Collection
from types import TracebackType
from typing import TYPE_CHECKING, Self

from datalore_async_api import AuthenticatedClient
from deepnote_async.datalore.runs import Runs
from deepnote_async.events import OnEvent
from deepnote_async.transport import (
    DEFAULT_RETRY,
    Retry,
    TokenSource,
    Transport,
    tidy_url,
    token_source,
    warn_of_stranger,
)

if TYPE_CHECKING:
    import ssl

    import httpx

DEFAULT_BASE_URL = "https://datalore.jetbrains.com"


class AsyncDatalore:
    """A client of Datalore's Run API, in JetBrains' cloud or on-premises.

    Use it with `async with`, or without: it opens at the first call and is closed with `await client.aclose()`. It may
    be opened in one task and closed in another, and belongs to the event loop and the process it was opened in. The
    proxies of the environment are read when it opens: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY.

    A token from the environment that goes to a `base_url` which is neither this machine nor of jetbrains.com brings a
    UserWarning. An address from DATALORE_URL brings none: whoever set both variables meant them for each other.

    Args:
        token: an API token of the account settings, or a function that returns one, at once or as an awaitable; it is
            asked again after a 401. Default: DATALORE_API_TOKEN.
        base_url: address of the service, with a path prefix if it has one; default DATALORE_URL, else
            https://datalore.jetbrains.com.
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

    Raises:
        ValueError: there is no token, the token cannot be one, or the address is none.
        TypeError: `verify` is no ssl.SSLContext, or `allow_http` is one string.

    Example:
        >>> async with AsyncDatalore() as client:
        ...     result = await client.runs.run("user123/notebook456", {"Region": "EU"}, timeout=600)
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
    ) -> None:
        self._base_url = tidy_url(base_url or os.environ.get("DATALORE_URL") or DEFAULT_BASE_URL, allow_http)
        tokens = token_source(token, ("DATALORE_API_TOKEN",), "an API token of your Datalore account")
        self._transport = Transport(
            tokens,
            self._base_url,
            timeout=timeout,
            retry=retry,
            rate=rate,
            http_client=http_client,
            on_event=on_event,
            verify=verify,
            trust_env=trust_env,
        )
        if token is None and base_url:
            warn_of_stranger(self._base_url, "jetbrains.com")
        self.runs = Runs(self._transport, self._base_url)

    def __repr__(self) -> str:
        return f"AsyncDatalore(base_url={self._base_url!r})"

    @property
    def generated(self) -> AuthenticatedClient:
        """The client to pass to the functions of `datalore_async_api.api`, the generated low-level package.

        They go through the same connection, token, deadline and errors as everything else.

        Example:
            >>> from datalore_async_api.api.runs import get_run
            >>> run = await get_run.asyncio(run_id, client=client.generated)
        """
        low_level = self._transport.generated
        return AuthenticatedClient(low_level.get_async_httpx_client(), read=low_level.read)

    async def aclose(self) -> None:
        """Close the connections. Closing twice does nothing; a later call says that the client is closed."""
        await self._transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()
