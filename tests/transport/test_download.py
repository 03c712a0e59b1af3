"""Downloads by signed addresses: nothing of ours goes there, and where they may lead is limited."""

from __future__ import annotations

import logging
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio
import httpx
import pytest
from pytest_httpx import HTTPXMock

from deepnote_async import (
    ConnectError,
    DeadlineExceededError,
    DeepnoteError,
    NotFoundError,
    PermissionDeniedError,
    ResponseTooLargeError,
    Retry,
    UnexpectedRedirectError,
)
from deepnote_async.transport import Transport
from deepnote_async.transport.addresses import check_download_address, check_resolves_publicly
from tests.support.raw_server import Connection, raw_server
from tests.support.virtual_time import run_virtually

ADDRESS = "https://storage.example.com/snapshots/1?X-Signature=s3cret&expires=1"
Answer = Callable[[httpx.Request], httpx.Response]


@asynccontextmanager
async def transport_of(
    answer: Answer | None = None, api: str = "https://api.example.com", retry: Retry | None = None
) -> AsyncIterator[Transport]:
    mock = httpx.AsyncClient(transport=httpx.MockTransport(answer), cookies={"c": "1"}) if answer else None
    made = Transport("tok", api, timeout=60, retry=retry, rate=None, http_client=mock, on_event=None)
    try:
        yield made
    finally:
        await made.aclose()


async def test_nothing_of_ours_goes_to_a_stranger() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, text="version: 1")

    async with transport_of(answer) as transport:
        options = {"extra_headers": {"x-mine": "1"}}
        assert (await transport.download(ADDRESS, "snapshot", **options)).text == "version: 1"  # type: ignore[arg-type]
    (request,) = seen
    assert str(request.url) == ADDRESS
    assert not {"authorization", "cookie", "x-mine", "user-agent"} & set(request.headers)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://storage.example.com/x", "https only"),
        ("ftp://storage.example.com/x", "https only"),
        ("file:///etc/passwd", "https only"),
        ("/relative", "https only"),
        ("https://user:pw@storage.example.com/", "user or password"),
        ("https://storage.example.com:8443/", "unusual port"),
        ("https://169.254.169.254/latest/meta-data", "not a public host"),
        ("https://10.0.0.1/", "not a public host"),
        ("https://127.0.0.1/", "not a public host"),
        ("https://localhost/", "not a public host"),
        ("https://x.localhost/", "not a public host"),
        ("https://0.0.0.0/", "not a public host"),
        ("https://[::1]/", "not a public host"),
        ("https://[fe80::1]/", "not a public host"),
        ("https://[::ffff:10.0.0.1]/", "not a public host"),
        ("https://[fd00::1]/", "not a public host"),
        ("https://224.0.0.1/", "not a public host"),
        ("https://x:port/", "is none"),
        ("https://2130706433/", "not a public host"),
        ("https://127.1/", "not a public host"),
        ("https://0x7f.0.0.1/", "not a public host"),
        ("https://0x7f000001/", "not a public host"),
        ("https://017700000001/", "not a public host"),
        ("https://127.0.0.1./", "not a public host"),
        ("https://localhost./", "not a public host"),
        ("https://[64:ff9b::a9fe:a9fe]/", "not a public host"),
        ("https://[2002:7f00:1::]/", "not a public host"),
        ("https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/", "not a public host"),
        ("https://[::127.0.0.1]/", "not a public host"),
        ("https://[::ffff:0:127.0.0.1]/", "not a public host"),
        ("https://[fec0::1]/", "not a public host"),
        ("https://x:99999/", "is none|unusual port"),
    ],
)
async def test_addresses_that_no_download_has_are_refused(address: str, reason: str) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        raise AssertionError("it was followed")

    async with transport_of(answer) as transport:
        with pytest.raises(ValueError, match=reason) as caught:
            await transport.download(f"{address}?signature=s3cret", "snapshot")
    assert "s3cret" not in str(caught.value)
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize("address", ["http://127.0.0.1:8000/x", "http://localhost:1/x", "https://[::1]:9/x"])
def test_a_service_on_this_machine_may_hand_out_this_machine(address: str) -> None:
    check_download_address(httpx.URL(address), loopback=True)
    with pytest.raises(ValueError, match="the address of a download leads to"):
        check_download_address(httpx.URL(address), loopback=False)
    with pytest.raises(ValueError, match="not a public host"):
        check_download_address(httpx.URL("https://10.0.0.1/"), loopback=True)


async def test_a_name_that_leads_into_the_own_network_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(host: str, port: int, **_options: object) -> list[object]:
        if host == "gone.example.com":
            raise socket.gaierror(-2, "unknown")
        found = {"inside.example.com": ["93.184.216.34", "192.168.1.1"], "public.example.com": ["93.184.216.34"]}
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found[host]]

    monkeypatch.setattr(anyio, "getaddrinfo", resolve)
    await check_resolves_publicly("public.example.com", 443)
    with pytest.raises(ValueError, match=r"inside.example.com, which is not a public host"):
        await check_resolves_publicly("inside.example.com", 443)
    async with transport_of() as transport:
        with pytest.raises(ValueError, match="not a public host"):
            await transport.download("https://inside.example.com/x?sig=s3cret", "snapshot")
        with pytest.raises(ConnectError, match=r"gone.example.com could not be resolved") as caught:
            await transport.download("https://gone.example.com/x", "snapshot")
        assert caught.value.sent == "no"


async def test_redirects_are_followed_three_times_and_checked_each_time() -> None:
    hops = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal hops
        hops += 1
        target = {"/a": "/b", "/b": "https://other.example.com/c", "/c": "/d", "/d": None}.get(request.url.path)
        if request.url.path == "/loop":
            target = "/loop"
        if request.url.path == "/inside":
            target = "https://10.0.0.1/"
        if target is None:
            return httpx.Response(200, text=str(request.url))
        return httpx.Response(302, headers={"location": target})

    async with transport_of(answer) as transport:
        found = await transport.download("https://storage.example.com/a", "snapshot")
        assert found.text == "https://other.example.com/d"
        hops = 0
        with pytest.raises(UnexpectedRedirectError, match="more than 3 times"):
            await transport.download("https://storage.example.com/loop", "snapshot")
        assert hops == 4
        with pytest.raises(ValueError, match=r"10\.0\.0\.1"):
            await transport.download("https://storage.example.com/inside", "snapshot")


@pytest.mark.parametrize("host", ["93.184.216.34", "[2606:2800:220:1::1]", "[64:ff9b::5db8:d822]", "x1.example.com."])
def test_public_hosts_are_followed(host: str) -> None:
    check_download_address(httpx.URL(f"https://{host}/"), loopback=False)


async def test_what_a_stranger_says_of_an_address_is_not_quoted() -> None:
    said = '{"message": "X-Amz-Signature deadbeef <AWSAccessKeyId>AKIA</AWSAccessKeyId>"}'
    async with transport_of(lambda _: httpx.Response(403, text=said)) as transport:
        with pytest.raises(PermissionDeniedError) as caught:
            await transport.download(ADDRESS, "snapshot")
    assert "deadbeef" not in f"{caught.value} {caught.value.__dict__}"


def test_each_hop_of_a_download_has_its_own_attempts() -> None:
    answers = [
        httpx.Response(302, headers={"location": "/a"}),
        httpx.Response(302, headers={"location": "/b"}),
        httpx.Response(302, headers={"location": "/c"}),
        httpx.Response(503),
        httpx.Response(200, text="whole"),
    ]

    async def main() -> None:
        async with transport_of(lambda _: answers.pop(0), retry=Retry()) as transport:
            assert (await transport.download(ADDRESS, "snapshot")).text == "whole"

    run_virtually(main())


async def test_a_name_is_looked_up_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0

    async def resolve(_host: str, _port: int, **_options: object) -> list[object]:
        nonlocal asked
        asked += 1
        raise socket.gaierror(-2, "unknown")

    monkeypatch.setattr(anyio, "getaddrinfo", resolve)
    async with transport_of(retry=Retry(backoff=0)) as transport:
        with pytest.raises(ConnectError) as caught:
            await transport.download("https://gone.example.com/x", "snapshot")
    assert (asked, caught.value.attempts, caught.value.sent) == (2, 2, "no")


async def test_pytest_httpx_intercepts_downloads(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=ADDRESS, text="mocked")
    async with transport_of() as transport:
        assert (await transport.download(ADDRESS, "snapshot")).text == "mocked"


@pytest.mark.parametrize(("status", "kind"), [(403, PermissionDeniedError), (404, NotFoundError)])
async def test_errors_name_what_it_was_and_not_the_address(status: int, kind: type[DeepnoteError]) -> None:
    answer = httpx.Response(status, text=f"denied {ADDRESS}")
    async with transport_of(lambda _: answer) as transport:
        with pytest.raises(kind) as caught:
            await transport.download(ADDRESS, "snapshot of run 7")
    assert "s3cret" not in f"{caught.value} {caught.value!r} {caught.value.__dict__}"
    assert "(GET snapshot of run 7)" in str(caught.value)


async def test_a_signed_address_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with transport_of(lambda _: httpx.Response(200, text="x")) as transport:
        await transport.download(ADDRESS, "snapshot")
    assert "GET snapshot attempt 1: 200" in caplog.text
    assert "s3cret" not in caplog.text
    caplog.clear()
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(200))) as theirs:
        await theirs.get("https://theirs.example.com/")
    assert "https://theirs.example.com/" in caplog.text  # only ours is kept out of httpx's log


async def test_a_download_is_limited_in_size_and_time_and_is_repeated() -> None:
    behaviours: list[str] = []

    async def serve(connection: Connection) -> None:
        await connection.read_request()
        match behaviours.pop(0):
            case "huge":
                await connection.send(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")
                while True:
                    await connection.send(b"\0" * (1 << 20))
            case "hang":
                await anyio.sleep_forever()
            case "broken":
                await connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf")
            case _:
                await connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nwhole")

    async with raw_server(serve) as server, transport_of(api=server.url, retry=Retry(backoff=0)) as transport:
        behaviours[:] = ["huge"]
        with pytest.raises(ResponseTooLargeError):
            await transport.download(server.url, "snapshot")
        behaviours[:] = ["hang"]
        with pytest.raises(DeadlineExceededError):
            await transport.download(server.url, "snapshot", timeout=0.3, retry=None)
        behaviours[:] = ["broken", "broken", "whole"]
        assert (await transport.download(server.url, "snapshot")).text == "whole"
