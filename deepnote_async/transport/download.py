"""Fetch what a service hands out by a signed address.

The address is a credential and its host a stranger: no token, no cookie and none of the client's headers go there, the
rate gate of the API does not count it, and where it may lead is limited (`addresses.py`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio
import httpx
from attrs import evolve

from deepnote_async.errors import UnexpectedRedirectError
from deepnote_async.transport.addresses import check_download_address, check_resolves_publicly
from deepnote_async.transport.auth import is_loopback
from deepnote_async.transport.mapping import deadline_error, error_from_httpx, facts
from deepnote_async.transport.options import CallContext
from deepnote_async.transport.policy import PolicyTransport, as_it_is
from deepnote_async.transport.progress import SendRecord
from deepnote_async.transport.proxies import Proxies
from deepnote_async.transport.tracing import is_patched

MAX_HOPS = 3
"""Redirects that are followed; storage services use one at most."""

Check = Callable[[httpx.URL], Awaitable[None]]


def address_check(api_host: str, *, resolving: bool, trust_env: bool = True) -> Check:
    """Make the check that every address of a download has to pass.

    Args:
        api_host: host of the service that hands out addresses.
        resolving: whether names are resolved here, and not by a client of the user, which has rules of its own. What
            goes through a proxy of the environment is resolved there.
        trust_env: whether those proxies are used.
    """
    loopback = is_loopback(api_host)

    async def check(url: httpx.URL) -> None:
        check_download_address(url, loopback=loopback)
        is_here = loopback and is_loopback(url.host)
        is_elsewhere = is_patched() or (trust_env and Proxies.of_environment().find(url) is not None)
        if resolving and not is_here and not is_elsewhere:
            await check_resolves_publicly(url.host, url.port or 443)

    return check


async def download(policy: PolicyTransport, context: CallContext, address: str, check: Check) -> httpx.Response:
    """Fetch an address, following at most three redirects, each as suspect as the first address.

    Args:
        policy: a policy whose sender has no token.
        context: the call; its deadline spans every hop.
        address: the signed address.
        check: refuses addresses.

    Raises:
        ValueError: the address, or where it leads, is not to be followed.
        CallError: it could not be fetched.
    """
    url = _parsed(address)
    for _ in range(1 + MAX_HOPS):
        await _checked(url, check, evolve(context, record=SendRecord()))
        hop = evolve(context, record=SendRecord())
        request = httpx.Request("GET", url, headers={"accept": "*/*", "accept-encoding": "gzip, deflate"})
        response = await policy.send(request, hop, as_it_is)
        if not response.has_redirect_location:
            return response
        url = _parsed(response.headers["location"], url)
    raise UnexpectedRedirectError(f"The download was redirected more than {MAX_HOPS} times", **facts(context))


async def _checked(url: httpx.URL, check: Check, context: CallContext) -> None:
    context.record.attempt += 1
    with anyio.CancelScope(deadline=context.deadline.at):
        try:
            await check(url)
        except httpx.ConnectError as error:
            failure = error_from_httpx(error, context)
        else:
            return
        if context.retry is None or context.retry.attempts == 1:
            raise failure
        await anyio.sleep(context.retry.backoff)
        await _checked(url, check, evolve(context, retry=None))
        return
    raise deadline_error(context)


def _parsed(address: str, base: httpx.URL | None = None) -> httpx.URL:
    try:
        return httpx.URL(address) if base is None else base.join(address)
    except (httpx.InvalidURL, ValueError, TypeError):
        raise ValueError("the address of a download is none") from None
