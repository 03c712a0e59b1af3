"""Whose token goes where: reading it, keeping it out of sight, and sending it to one origin only."""

from __future__ import annotations

import inspect
import ipaddress
import os
import warnings
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import TypeAlias
from urllib.parse import urlsplit

import anyio
import httpx

TokenSource: TypeAlias = str | Callable[[], str | Awaitable[str]]
"""A token, or a function that returns one, at once or as an awaitable. It is asked again after a 401."""

DEFAULT_BASE_URL = "https://api.deepnote.com"
Origin: TypeAlias = tuple[str, str, int | None]


class Secret:
    """A token that does not show itself in repr, str, logs or pickles."""

    __slots__ = ("_value",)

    def __init__(self, value: object) -> None:
        trouble = _trouble_with(value)
        if trouble is not None:
            del value  # reports of crashes show the variables of every frame
            raise trouble
        self._value = str(value)

    def reveal(self) -> str:
        """Give the token itself; only the policy transport has a use for it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')"

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a token does not leave the process; give the other process its own")


def _trouble_with(token: object) -> TypeError | ValueError | None:
    if not isinstance(token, str):
        return TypeError(f"the token must be a string, not {type(token).__name__}")
    if not token:
        return ValueError("the token is empty")
    if not all("!" <= character <= "~" for character in token):
        return ValueError(
            "the token holds a space, a line break or another character that no token has; "
            "if it was read from a file, strip it"
        )
    return None


class TokenKeeper:
    """Keeps the current token of a client, and asks its source again when told that it was refused."""

    def __init__(self, source: TokenSource) -> None:
        self._source = source
        self._current = Secret(source) if isinstance(source, str) else None
        self._asking = anyio.Lock()

    @property
    def can_renew(self) -> bool:
        """Whether there is a source that could give another token."""
        return not isinstance(self._source, str)

    async def current(self) -> Secret:
        """Give the token in use, asking the source if there is none yet; many calls at once ask it once."""
        if self._current is not None:
            return self._current
        async with self._asking:
            if self._current is None:
                self._current = await self._ask()
            return self._current

    def refuse(self, token: Secret) -> None:
        """Forget a token that the service did not take, unless another call has replaced it already."""
        if self._current is token and self.can_renew:
            self._current = None

    async def _ask(self) -> Secret:
        if isinstance(self._source, str):
            return Secret(self._source)
        return Secret(await _answer_of(self._source))


async def _answer_of(source: Callable[[], str | Awaitable[str]]) -> str:
    answer = source()
    return await answer if inspect.isawaitable(answer) else answer


def token_source(
    token: TokenSource | None,
    variables: Sequence[str] = ("DEEPNOTE_TOKEN", "DEEPNOTE_API_KEY"),
    kind: str = "an API key of your Deepnote workspace",
) -> TokenSource:
    """Pick the token: the argument, else the first environment variable that holds one.

    Args:
        token: what the user passed.
        variables: the environment variables to look into, in order.
        kind: what the service calls its tokens, for the message.

    Raises:
        ValueError: there is none, or it cannot be a token.
        TypeError: it is neither a string nor a function.
    """
    found = (os.environ.get(variable) for variable in variables)
    source = token if token is not None else next((value for value in found if value), None)
    if source is None:
        raise ValueError(f"no token: pass token=... or set {variables[0]} ({kind})")
    if isinstance(source, str):
        Secret(source)
    elif not callable(source):
        raise TypeError(f"token takes a string or a function, not {type(source).__name__}")
    return source


def warn_of_stranger(base_url: str, vendor: str) -> None:
    """Warn that a token from the environment goes to a host that is neither the vendor's nor this machine.

    To be called by the constructor of a client: the warning points at the line that makes one.

    Args:
        base_url: tidied address of the service.
        vendor: the vendor's domain.
    """
    host = (urlsplit(base_url).hostname or "").removesuffix(".")
    if is_loopback(host) or host == vendor or host.endswith(f".{vendor}"):
        return
    warnings.warn(
        f"the token from the environment will be sent to {host}, which is not of {vendor}; if that is meant, pass it "
        "as token=...",
        UserWarning,
        stacklevel=3,
    )


def base_url_from(base_url: str | None, allow_http: Collection[str] = ()) -> str:
    """Pick and tidy the address of Deepnote: the argument, else DEEPNOTE_API_URL, else Deepnote's cloud.

    Paths carry the API version, so a `/v1` or `/v2` at the end is dropped, as is a slash.

    Args:
        base_url: what the user passed.
        allow_http: see `tidy_url`.

    Raises:
        TypeError: see `tidy_url`.
        ValueError: see `tidy_url`.
    """
    parts = urlsplit(tidy_url(base_url or os.environ.get("DEEPNOTE_API_URL") or DEFAULT_BASE_URL, allow_http))
    path = parts.path.removesuffix("/v1") if parts.path.endswith("/v1") else parts.path.removesuffix("/v2")
    return f"{parts.scheme}://{parts.netloc}{path.rstrip('/')}"


def tidy_url(text: str, allow_http: Collection[str] = ()) -> str:
    """Check the address of a service and drop slashes at its end.

    Args:
        text: scheme, host and, if need be, port and a path prefix.
        allow_http: other machines than this one that may be spoken to without encryption, by host name.

    Raises:
        TypeError: `allow_http` is one string, whose letters would be taken for hosts.
        ValueError: it is no http(s) address, holds a user, a query or a fragment, or is plain http to another machine.
    """
    if isinstance(allow_http, str):
        raise TypeError(f"allow_http takes a list of hosts, such as ({allow_http!r},), not one string")
    if not isinstance(text, str):
        raise TypeError(f"base_url must be a string, not {type(text).__name__}")
    if "@" in text:  # before anything quotes it
        raise ValueError("base_url holds a user or password; pass the token as token=...")
    try:
        parts = urlsplit(text)
        _ = parts.port
        httpx.URL(text)
    except (ValueError, httpx.InvalidURL) as error:
        raise ValueError(f"base_url {text!r} is not an address: {error}") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"base_url {text!r} must look like https://host")
    if parts.query or parts.fragment:
        raise ValueError(f"base_url {text!r} must not hold a query or a fragment")
    if any(not "!" <= character <= "~" for character in text):
        raise ValueError(f"base_url {text!r} holds a space or another character that no address has")
    allowed = is_loopback(parts.hostname) or parts.hostname in {host.lower() for host in allow_http}
    if parts.scheme == "http" and not allowed:
        raise ValueError(
            f"base_url {text!r} would send the token unencrypted; use https, or allow_http=({parts.hostname!r},) "
            "if its network is yours alone"
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def is_loopback(host: str) -> bool:
    """Whether a host name means this machine (RFC 6761 for localhost)."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def origin_of(scheme: str, host: str, port: int | None) -> Origin:
    """Give the origin of an address (RFC 6454), with the scheme's default port made plain."""
    return scheme, host.lower(), port if port is not None else {"http": 80, "https": 443}.get(scheme)
