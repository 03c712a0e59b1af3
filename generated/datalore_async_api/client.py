"""The one thing a call needs: an httpx.AsyncClient that knows where the service is."""

import httpx
from attrs import field, frozen


@frozen
class Client:
    """Carries the httpx client that the calls of this package send their requests with.

    Attributes:
        httpx_client: sends every request; owns base URL, authentication, timeouts and its own closing.
        raise_on_unexpected_status: raise errors.UnexpectedStatus for a status the document does not list.
    """

    httpx_client: httpx.AsyncClient = field(repr=False)
    raise_on_unexpected_status: bool = field(default=False, kw_only=True)

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """Give the httpx client."""
        return self.httpx_client


AuthenticatedClient = Client
