"""Reading a body: what is unpacked, what is too much, and what an abandoned one leaves behind."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import AsyncIterator, Callable
from functools import partial

import anyio
import httpx
import pytest

from deepnote_async import AsyncDeepnote
from deepnote_async.transport.body import BodyTooLargeError, read_body
from deepnote_emulator import Emulator, Fault, FaultStep

TEXT = b'{"a": 1}' * 500
pack = partial(gzip.compress, mtime=0)  # the same bytes each time, since they name the test
PACKERS: dict[str, Callable[[bytes], bytes]] = {"": bytes, "gzip": pack, "deflate": zlib.compress}


def answer(body: bytes, encoding: str = "", size: int = 100) -> httpx.Response:
    async def pieces() -> AsyncIterator[bytes]:
        for begin in range(0, len(body), size):
            yield body[begin : begin + size]

    return httpx.Response(200, headers={"content-encoding": encoding} if encoding else {}, content=pieces())


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (TEXT, ""),
        (TEXT, "identity"),
        (pack(TEXT), "gzip"),
        (pack(TEXT), " X-GZIP "),
        (zlib.compress(TEXT), "deflate"),
        (raw_deflate(TEXT), "deflate"),
        (b"", ""),
        (b"", "gzip"),
    ],
)
@pytest.mark.parametrize("size", [1, 100, 1 << 20])
async def test_a_body_is_unpacked(body: bytes, encoding: str, size: int) -> None:
    assert await read_body(answer(body, encoding, size), 1 << 20) == (TEXT if body else b"")


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (pack(TEXT)[:-10], "gzip"),
        (pack(TEXT)[:20] + b"\0" * 20, "gzip"),
        (b"plain", "gzip"),
        (b"\xff" * 50, "deflate"),
        (pack(pack(TEXT)), "gzip, gzip"),
    ],
)
async def test_broken_compression_is_told(body: bytes, encoding: str) -> None:
    with pytest.raises(httpx.DecodingError):
        await read_body(answer(body, encoding), 1 << 20)


@pytest.mark.parametrize("encoding", ["", "gzip", "deflate"])
async def test_the_limit_is_exact(encoding: str) -> None:
    pack = PACKERS[encoding]
    assert await read_body(answer(pack(TEXT), encoding), len(TEXT)) == TEXT
    with pytest.raises(BodyTooLargeError):
        await read_body(answer(pack(TEXT), encoding), len(TEXT) - 1)
    whole = httpx.Response(200, stream=httpx.ByteStream(pack(TEXT)), headers={"content-encoding": encoding})
    with pytest.raises(BodyTooLargeError):
        await read_body(whole, len(TEXT) - 1)
    read = httpx.Response(200, content=pack(TEXT), headers={"content-encoding": encoding})
    assert await read_body(read, len(TEXT)) == TEXT


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_stream_left_half_way_leaves_nothing_behind(backend: str, emulator: Emulator) -> None:
    """Warnings of generators that were dropped are errors here, as all are."""

    async def main() -> None:
        async with AsyncDeepnote(emulator.token, emulator.url) as client:
            run = await client.runs.create(emulator.notebook_id("score.deepnote"))
            emulator.faults.set([FaultStep("getRun", Fault("gzip_bomb"))])
            async with client._transport.stream("GET", "/x", {"url": f"/v2/runs/{run.id}"}) as body:
                assert len(await anext(body)) > 0

    anyio.run(main, backend=backend)
    emulator.faults.clear()
