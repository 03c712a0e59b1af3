"""Proxies of the environment, over real sockets, on asyncio and on trio."""

from __future__ import annotations

import base64
import json
import socket
import ssl
import traceback
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import anyio
import httpx
import pytest

from deepnote_async import (
    APIError,
    AsyncDeepnote,
    ConnectError,
    ConnectionLostError,
    DeadlineExceededError,
    DeepnoteError,
    Run,
    RunStartUnknownError,
    ServerError,
)
from deepnote_async.transport.aiohttp_backend import AiohttpBackend
from deepnote_async.transport.backend import shared_ssl_context
from deepnote_async.transport.proxies import Proxies
from tests.support.certificates import Authority, make_authority
from tests.support.names import resolve_to_loopback
from tests.support.proxy import Peer, Serve, answering, forwarding, hanging_up, serving, silent
from tests.support.service import RUN_ID, run_json

HOST = "service.test"
RUN = json.dumps(run_json()).encode()
CREDENTIALS = "Basic " + base64.b64encode(b"user:s3cret/").decode()
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUEST_METHOD")

both = pytest.mark.parametrize("library", ["asyncio", "trio"])


@pytest.fixture(autouse=True)
def _no_proxies_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(Path(tmp_path_factory.mktemp("authority")), HOST)


@pytest.fixture(scope="module")
def plain() -> Iterator[Peer]:
    with serving(answering(RUN)) as peer:
        yield peer


@pytest.fixture(scope="module")
def secure(authority: Authority) -> Iterator[Peer]:
    with serving(answering(RUN, authority.server)) as peer:
        yield peer


async def get_run(client: AsyncDeepnote) -> Run:
    return await client.runs.get(RUN_ID, timeout=10)


def get(
    library: str,
    base_url: str,
    *,
    verify: ssl.SSLContext | None = None,
    use: Callable[[AsyncDeepnote], Awaitable[object]] = get_run,
) -> object:
    """Open a client, use it, and close it."""

    async def main() -> object:
        async with AsyncDeepnote("tok", base_url, allow_http=(HOST,), verify=verify, retry=None) as client:
            return await use(client)

    return anyio.run(main, backend=library)


def failure_of(library: str, base_url: str, **options: object) -> DeepnoteError:
    with pytest.raises(DeepnoteError) as caught:
        get(library, base_url, **options)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    shown = "".join(traceback.format_exception(caught.value))
    assert "s3cret" not in shown
    assert CREDENTIALS not in shown
    return caught.value


@both
def test_no_proxy_is_used_where_the_environment_is_not_trusted(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    resolve_to_loopback(monkeypatch, "nothing-else.test")

    async def main() -> None:
        async with AsyncDeepnote("tok", f"http://{HOST}", allow_http=(HOST,), trust_env=False, retry=None) as client:
            with pytest.raises(ConnectError, match="could not be resolved"):
                await get_run(client)

    with serving(answering(RUN)) as proxy:
        monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{proxy.port}")
        anyio.run(main, backend=library)
    assert proxy.seen == []


@both
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_an_encrypted_service_is_reached_through_a_tunnel(
    monkeypatch: pytest.MonkeyPatch, library: str, variable: str, authority: Authority, secure: Peer
) -> None:
    with serving(forwarding(secure)) as proxy:
        monkeypatch.setenv(variable, f"127.0.0.1:{proxy.port}")
        run = get(library, f"https://{HOST}", verify=authority.trusting)
    assert isinstance(run, Run)
    assert run.status == "success"
    assert [line for line, _ in proxy.seen] == [f"CONNECT {HOST}:443 HTTP/1.1"]
    assert "authorization" not in proxy.seen[0][1]


@both
@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "ALL_PROXY"])
def test_a_plain_service_is_asked_for_by_its_whole_address(
    monkeypatch: pytest.MonkeyPatch, library: str, variable: str, plain: Peer
) -> None:
    with serving(forwarding(plain, CREDENTIALS)) as proxy:
        monkeypatch.setenv(variable, f"http://user:s3cret%2F@127.0.0.1:{proxy.port}")
        get(library, f"http://{HOST}")
    assert [line for line, _ in proxy.seen] == [f"GET http://{HOST}/v2/runs/{RUN_ID} HTTP/1.1"]


@both
def test_the_credentials_of_a_proxy_go_to_the_proxy_alone(
    monkeypatch: pytest.MonkeyPatch, library: str, authority: Authority, secure: Peer
) -> None:
    before = len(secure.seen)
    with serving(forwarding(secure, CREDENTIALS)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:s3cret%2F@127.0.0.1:{proxy.port}")
        get(library, f"https://{HOST}", verify=authority.trusting)
    assert proxy.seen[0][1]["proxy-authorization"] == CREDENTIALS
    [(_, headers)] = secure.seen[before:]
    assert "proxy-authorization" not in headers
    assert headers["authorization"] == "Bearer tok"


@both
@pytest.mark.parametrize(
    ("serve", "said"),
    [
        (answering(b"", status="407 Proxy Authentication Required"), "407"),
        (answering(b"", status="502 Bad Gateway"), "502"),
        (hanging_up, "through the proxy"),
        (answering(b"", status="SSH"), "through the proxy"),
    ],
    ids=["407", "502", "hanging up", "garbage"],
)
def test_a_proxy_that_opens_no_tunnel_is_told_and_nothing_was_sent(
    monkeypatch: pytest.MonkeyPatch, library: str, serve: Serve, said: str
) -> None:
    with serving(serve) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:s3cret%2F@127.0.0.1:{proxy.port}")
        error = failure_of(library, f"https://{HOST}", use=lambda client: client.runs.create("nb"))
    assert isinstance(error, ConnectError)
    assert error.sent == "no"
    assert "proxy" in str(error)
    assert said in str(error)


@both
def test_a_proxy_that_refuses_the_connection_is_named(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
        for scheme in ("http", "https"):
            monkeypatch.setenv(f"{scheme}_proxy", f"http://user:s3cret%2F@{address}")
            error = failure_of(library, f"{scheme}://{HOST}", use=lambda client: client.runs.create("nb"))
            assert isinstance(error, ConnectError)
            assert error.sent == "no"
            assert f"through the proxy {address}" in str(error)


@both
def test_a_proxy_that_hangs_leaves_a_start_unsent(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    with serving(silent) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        error = failure_of(library, f"https://{HOST}", use=lambda client: client.runs.create("nb", timeout=0.5))
        assert proxy.seen[0][0].startswith("CONNECT")
    assert isinstance(error, DeadlineExceededError)
    assert error.sent == "no"


@both
def test_a_plain_request_may_have_reached_the_service_when_its_proxy_breaks(
    monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    with serving(hanging_up) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        error = failure_of(library, f"http://{HOST}")
        start = failure_of(library, f"http://{HOST}", use=lambda client: client.runs.create("nb"))
    assert isinstance(error, ConnectionLostError)
    assert error.sent == "maybe"
    assert isinstance(start, RunStartUnknownError)


@both
@pytest.mark.parametrize(("status", "kind"), [("502 Bad Gateway", ServerError), ("407 No", APIError)])
def test_what_a_proxy_answers_to_a_plain_request_is_an_answer(
    monkeypatch: pytest.MonkeyPatch, library: str, status: str, kind: type[APIError]
) -> None:
    with serving(answering(b"{}", status=status)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        error = failure_of(library, f"http://{HOST}")
    assert isinstance(error, kind)
    assert error.status == int(status[:3])


@both
def test_this_machine_is_never_reached_through_a_proxy(
    monkeypatch: pytest.MonkeyPatch, library: str, plain: Peer
) -> None:
    with serving(silent) as proxy:
        for scheme in ("HTTP", "HTTPS", "ALL"):
            monkeypatch.setenv(f"{scheme}_PROXY", f"socks5://127.0.0.1:{proxy.port}")
        for host in ("127.0.0.1", "localhost"):
            get(library, f"http://{host}:{plain.port}")
        assert proxy.seen == []


@both
def test_hosts_of_no_proxy_are_reached_directly(monkeypatch: pytest.MonkeyPatch, library: str, plain: Peer) -> None:
    resolve_to_loopback(monkeypatch, HOST)
    monkeypatch.setenv("no_proxy", "other.test, .test")
    with serving(silent) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        get(library, f"http://{HOST}:{plain.port}")
        assert proxy.seen == []


@both
def test_a_socks_proxy_takes_a_client_of_your_own(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://user:s3cret@127.0.0.1:1080")
    with pytest.raises(ValueError, match=r"SOCKS proxy \(HTTPS_PROXY or ALL_PROXY\).*http_client=httpx") as caught:
        get(library, f"https://{HOST}")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("given", ["http://u:s3cret@h:99999", "http://u:s3cret@[::1", "http://", "quic://u:s3cret@h"])
def test_a_proxy_that_is_no_address_is_refused_without_quoting_it(given: str) -> None:
    with pytest.raises(ValueError, match="HTTPS_PROXY or ALL_PROXY") as caught:
        Proxies({"https": given}).find(httpx.URL(f"https://{HOST}"))
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))


def test_the_password_of_a_proxy_is_not_shown() -> None:
    proxy = Proxies({"all": "http://user:s3cret@proxy.test:3128"}).find(httpx.URL(f"https://{HOST}"))
    assert str(proxy) == "proxy.test:3128"
    assert "s3cret" not in repr(proxy)
    assert proxy is not None
    assert base64.b64encode(b"user:s3cret").decode() not in repr(proxy)


@pytest.mark.parametrize(
    ("no_proxy", "url", "is_direct"),
    [
        ("*", "https://service.test", True),
        ("service.test", "https://service.test", True),
        (".service.test", "https://api.service.test", True),
        ("SERVICE.test", "https://api.service.test", True),
        ("service.test:443", "https://service.test", True),
        ("service.test:8443", "https://service.test", False),
        ("vice.test", "https://service.test", False),
        ("10.0.0.5,fd00::5", "https://10.0.0.5", True),
        ("10.0.0.5,fd00::5", "https://[fd00::5]:8080", True),
        ("", "https://127.8.8.8", True),
        ("", "https://[::1]:99", True),
        ("", "https://service.test", False),
    ],
)
def test_no_proxy_is_read_as_the_standard_library_does(no_proxy: str, url: str, is_direct: bool) -> None:  # noqa: FBT001
    found = Proxies({"https": "proxy.test", "no": no_proxy}).find(httpx.URL(url))
    assert (found is None) == is_direct


async def test_a_proxy_that_hangs_uses_up_the_connect_timeout() -> None:
    with serving(silent) as proxy:
        backend = AiohttpBackend(shared_ssl_context(), Proxies({"all": f"http://127.0.0.1:{proxy.port}"}))
        async with httpx.AsyncClient(transport=backend, timeout=httpx.Timeout(None, connect=0.1, pool=0.1)) as client:
            with pytest.raises(httpx.ConnectTimeout, match=f"through the proxy 127.0.0.1:{proxy.port}"):
                await client.get(f"https://{HOST}")


async def test_the_environment_is_read_when_the_client_opens(monkeypatch: pytest.MonkeyPatch, plain: Peer) -> None:
    with serving(forwarding(plain)) as proxy:
        async with AsyncDeepnote("tok", f"http://{HOST}", allow_http=(HOST,)) as client:
            monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
            await client.runs.get(RUN_ID)
            monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
            await client.runs.get(RUN_ID)
            assert len(proxy.seen) == 1  # and its connection is kept
