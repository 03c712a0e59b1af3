"""What can go wrong before a request leaves: certificates, names, full pools; and who may be trusted with a token."""

from __future__ import annotations

import json
import socket
import ssl
import warnings
from collections.abc import Iterator
from pathlib import Path

import anyio
import anyio.to_thread
import httpx
import pytest

from deepnote_async import AsyncDeepnote, ConnectError
from deepnote_async.datalore import AsyncDatalore
from deepnote_async.transport.aiohttp_backend import AiohttpBackend
from deepnote_async.transport.backend import default_backend, shared_ssl_context
from deepnote_async.transport.deadline import Deadline
from deepnote_async.transport.faults import kind_of
from deepnote_async.transport.options import CONTEXT_KEY, CallContext
from tests.support.certificates import Authority, make_authority
from tests.support.names import resolve_to_loopback
from tests.support.proxy import Peer, answering, serving, silent
from tests.support.service import RUN_ID, run_json

HOST = "service.test"
RUN = json.dumps(run_json()).encode()

both = pytest.mark.parametrize("library", ["asyncio", "trio"])


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(Path(tmp_path_factory.mktemp("authority")), HOST)


@pytest.fixture(scope="module")
def secure(authority: Authority) -> Iterator[Peer]:
    with serving(answering(RUN, authority.server)) as peer:
        yield peer


def fault_of(library: str, url: str, verify: ssl.SSLContext | None = None) -> tuple[httpx.RequestError, CallContext]:
    """Send one request with the default backend and give what it raises."""

    async def main() -> tuple[httpx.RequestError, CallContext]:
        context = CallContext("GET", "/", Deadline.after(None), 0.0)
        timeouts = {"connect": 0.2, "read": None, "write": None, "pool": 0.2}
        backend = default_backend(verify)
        try:
            with pytest.raises(httpx.RequestError) as caught:
                await backend.handle_async_request(
                    httpx.Request("GET", url, extensions={CONTEXT_KEY: context, "timeout": timeouts})
                )
        finally:
            await backend.aclose()
        return caught.value, context

    return anyio.run(main, backend=library)


@both
def test_an_authority_of_your_own_is_trusted(
    monkeypatch: pytest.MonkeyPatch, library: str, authority: Authority, secure: Peer
) -> None:
    resolve_to_loopback(monkeypatch, HOST)

    async def main() -> None:
        url = f"https://{HOST}:{secure.port}"
        async with AsyncDeepnote("tok", url, verify=authority.trusting) as client:
            assert (await client.runs.get(RUN_ID)).status == "success"
        async with AsyncDeepnote("tok", url) as client:
            with pytest.raises(ConnectError) as caught:
                await client.runs.create("nb")
            assert caught.value.sent == "no"

    anyio.run(main, backend=library)


async def test_datalore_takes_an_authority_of_your_own(
    monkeypatch: pytest.MonkeyPatch, authority: Authority, secure: Peer
) -> None:
    resolve_to_loopback(monkeypatch, HOST)
    before = len(secure.seen)
    async with AsyncDatalore("tok", f"https://{HOST}:{secure.port}", verify=authority.trusting) as client:
        await client.generated.get_async_httpx_client().get("/anything")
    assert len(secure.seen) == before + 1


@pytest.mark.parametrize("verify", [False, True, "ca.pem"])
def test_only_tls_settings_can_be_given_to_verify(verify: object) -> None:
    for client in (AsyncDeepnote, AsyncDatalore):
        with pytest.raises(TypeError, match=r"pass ssl\.create_default_context"):
            client("tok", verify=verify)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def test_verify_beside_a_client_of_your_own_is_refused() -> None:
    async with httpx.AsyncClient() as http_client:
        with pytest.raises(ValueError, match="no effect"):
            AsyncDeepnote("tok", http_client=http_client, verify=ssl.create_default_context())


@both
def test_a_refused_certificate_is_one(monkeypatch: pytest.MonkeyPatch, library: str, secure: Peer) -> None:
    resolve_to_loopback(monkeypatch, HOST)
    error, context = fault_of(library, f"https://{HOST}:{secure.port}")
    assert isinstance(error, httpx.ConnectError)
    assert kind_of(error) == "certificate"
    assert context.record.sent == "no"


@both
def test_a_certificate_of_another_host_is_refused(
    monkeypatch: pytest.MonkeyPatch, library: str, authority: Authority, secure: Peer
) -> None:
    resolve_to_loopback(monkeypatch, "other.test")
    error, _ = fault_of(library, f"https://other.test:{secure.port}", authority.trusting)
    assert kind_of(error) == "certificate"
    assert "other.test" in str(error)


@both
def test_a_name_that_nobody_knows_is_one(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    resolve_to_loopback(monkeypatch)
    error, context = fault_of(library, f"https://{HOST}")
    assert isinstance(error, httpx.ConnectError)
    assert kind_of(error) == "resolve"
    assert context.record.sent == "no"


@both
def test_a_silent_plain_port_answers_no_handshake_in_time(library: str) -> None:
    with serving(silent) as peer:
        error, context = fault_of(library, f"https://127.0.0.1:{peer.port}")
    assert isinstance(error, httpx.ConnectTimeout)
    assert kind_of(error) == "other"
    assert context.record.sent == "no"


@both
def test_a_plain_port_that_speaks_is_no_certificate(library: str) -> None:
    with serving(lambda _, connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as peer:
        error, context = fault_of(library, f"https://127.0.0.1:{peer.port}")
    assert kind_of(error) == "other"
    assert context.record.sent == "no"


@both
def test_a_refused_connection_is_neither(library: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        error, context = fault_of(library, f"http://127.0.0.1:{unused.getsockname()[1]}")
    assert isinstance(error, httpx.ConnectError)
    assert kind_of(error) == "other"
    assert context.record.sent == "no"


def test_causes_that_run_in_a_ring_have_an_end() -> None:
    error, cause = httpx.ConnectError("one"), httpx.ConnectError("two")
    error.__cause__, cause.__context__ = cause, error
    assert kind_of(error) == "other"
    cause.__cause__ = ExceptionGroup("attempts", [OSError("v6"), socket.gaierror("v4")])
    assert kind_of(error) == "resolve"


async def test_a_full_pool_sends_nothing_and_is_free_again_later() -> None:
    with serving(silent) as hanging, serving(answering(RUN)) as peer:
        backend = AiohttpBackend(shared_ssl_context(), max_connections=1)
        timeouts = {"connect": 0.1, "read": None, "write": None, "pool": 0.1}
        async with httpx.AsyncClient(transport=backend, timeout=None) as client, anyio.create_task_group() as group:  # noqa: S113
            group.start_soon(client.get, f"http://127.0.0.1:{hanging.port}")
            assert await anyio.to_thread.run_sync(hanging.arrived.wait, 20)
            context = CallContext("GET", "/", Deadline.after(None), 0.0)
            extensions = {CONTEXT_KEY: context, "timeout": timeouts}
            with pytest.raises(httpx.ConnectTimeout):
                await client.get(f"http://127.0.0.1:{peer.port}", extensions=extensions)
            assert context.record.sent == "no"
            assert peer.seen == []
            group.cancel_scope.cancel()
        client = httpx.AsyncClient(transport=AiohttpBackend(shared_ssl_context(), max_connections=1))
        async with client:
            for _ in range(2):
                assert (await client.get(f"http://127.0.0.1:{peer.port}")).status_code == 200


def test_plain_http_goes_to_hosts_you_name() -> None:
    assert "http://corp.test" in repr(AsyncDeepnote("tok", "http://corp.test/v2", allow_http=("Corp.test",)))
    with pytest.raises(ValueError, match=r"unencrypted; use https, or allow_http=\('corp\.test',\)"):
        AsyncDeepnote("tok", "http://corp.test", allow_http=("other.test",))
    with pytest.raises(TypeError, match="allow_http takes a list"):
        AsyncDeepnote("tok", "http://corp.test", allow_http="corp.test")


@pytest.mark.parametrize(
    "base_url", [None, "https://api.deepnote.com", "https://deepnote.com.", "http://127.0.0.1:8000", "http://localhost"]
)
def test_a_token_of_the_environment_goes_to_deepnote_in_silence(
    monkeypatch: pytest.MonkeyPatch, base_url: str | None
) -> None:
    monkeypatch.setenv("DEEPNOTE_TOKEN", "tok")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        AsyncDeepnote(base_url=base_url)
        AsyncDeepnote("tok", "https://gateway.test")


@pytest.mark.parametrize(
    "base_url", ["https://gateway.test", "https://deepnote.com.evil.test", "https://mydeepnote.com"]
)
@pytest.mark.parametrize("variable", ["DEEPNOTE_API_URL", None])
def test_a_token_of_the_environment_does_not_go_to_a_stranger_in_silence(
    monkeypatch: pytest.MonkeyPatch, base_url: str, variable: str | None
) -> None:
    monkeypatch.setenv("DEEPNOTE_TOKEN", "tok")
    if variable is not None:
        monkeypatch.setenv(variable, base_url)
    with pytest.warns(UserWarning, match="token from the environment") as caught:
        AsyncDeepnote(base_url=base_url if variable is None else None)
    assert caught[0].filename == __file__


def test_datalore_on_premises_is_no_stranger_when_the_environment_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATALORE_API_TOKEN", "tok")
    monkeypatch.setenv("DATALORE_URL", "https://datalore.corp.test")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        AsyncDatalore()
        AsyncDatalore(base_url="https://eu.datalore.jetbrains.com")
        AsyncDatalore("tok", "https://datalore.corp.test")
    with pytest.warns(UserWarning, match=r"datalore\.corp\.test, which is not of jetbrains\.com") as caught:
        AsyncDatalore(base_url="https://datalore.corp.test")
    assert caught[0].filename == __file__
