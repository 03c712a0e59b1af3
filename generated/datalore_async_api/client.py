"""The one thing a call needs: an httpx.AsyncClient that knows where the service is."""

from collections.abc import Callable
from typing import Protocol, TypeVar

import httpx
from attrs import field, frozen

T = TypeVar("T")


class Read(Protocol):
    """Runs the parser of an answer, and may turn what it raises into something better."""

    def __call__(self, parse: Callable[[], T], response: httpx.Response, /) -> T:
        """Give what the parser gives."""
        ...


def _just_read(parse: Callable[[], T], response: httpx.Response, /) -> T:
    return parse()


@frozen
class Client:
    """Carries the httpx client that the calls of this package send their requests with.

    Attributes:
        httpx_client: sends every request; owns base URL, authentication, timeouts and its own closing.
        read: runs the parser of every answer; by default what the parser raises passes as it is.
        raise_on_unexpected_status: raise errors.UnexpectedStatus for a status the document does not list.
    """

    httpx_client: httpx.AsyncClient = field(repr=False)
    read: Read = field(default=_just_read, repr=False, kw_only=True)
    raise_on_unexpected_status: bool = field(default=False, kw_only=True)

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """Give the httpx client."""
        return self.httpx_client


AuthenticatedClient = Client
