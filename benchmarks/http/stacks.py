"""The ways to read a run. All send the same path and query; all give the status they read."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import aiohttp
import httpx

from benchmarks import absent
from benchmarks.http.server import RUN_ID
from benchmarks.http.stock import StockPackage
from deepnote_async import AsyncDeepnote
from deepnote_async.transport.backend import default_backend
from deepnote_async.transport.limits import CONNECT_SECONDS, MAX_CONNECTIONS, POOL_SECONDS

Call = Callable[[], Awaitable[str]]
"""Reads the run once and gives its status."""
Opener = Callable[[str], AbstractAsyncContextManager[Call]]
"""Opens a client of the server at a base URL."""

FACADE = "facade"
RAW_HTTPX = "raw httpx, same backend"
STOCK = "stock generated client"
STOCK_SNIFFIO = "stock client + sniffio"
RAW_AIOHTTP = "raw aiohttp"

FAILURES = (httpx.HTTPError, aiohttp.ClientError, TimeoutError)
"""What a call may fail with while the benchmark goes on; it counts as a failure and not as an answer."""

_TOKEN = "benchmark"  # noqa: S105  (the server takes any)
_HEADERS = {"authorization": f"Bearer {_TOKEN}", "accept": "application/json"}
_PATH = f"/v2/runs/{RUN_ID}?snapshotDelivery=downloadUrl"


def stacks(stock: StockPackage) -> Mapping[str, Opener]:
    """Name every stack, in the order of the tables."""
    return {
        FACADE: facade,
        RAW_HTTPX: raw_httpx,
        STOCK: lambda url: stock_generated(url, stock),
        STOCK_SNIFFIO: lambda url: stock_with_sniffio(url, stock),
        RAW_AIOHTTP: raw_aiohttp,
    }


@asynccontextmanager
async def facade(url: str) -> AsyncIterator[Call]:
    """`client.runs.get`, as users call it: policy, deadline, model and public record."""
    async with AsyncDeepnote(_TOKEN, url) as client:

        async def call() -> str:
            return (await client.runs.get(RUN_ID)).status.value

        yield call


@asynccontextmanager
async def raw_httpx(url: str) -> AsyncIterator[Call]:
    """`httpx.AsyncClient.get` over the backend that the facade uses, with the timeouts that the facade gives it."""
    address = url + _PATH
    timeout = httpx.Timeout(None, connect=CONNECT_SECONDS, pool=POOL_SECONDS)
    async with httpx.AsyncClient(transport=default_backend(), timeout=timeout, trust_env=False) as client:

        async def call() -> str:
            response = await client.get(address, headers=_HEADERS)
            return _status(response.content)

        yield call


@asynccontextmanager
async def stock_generated(url: str, stock: StockPackage) -> AsyncIterator[Call]:
    """The generated `asyncio_detailed` over its own `AuthenticatedClient` with httpx's defaults."""
    delivery = stock.models.SnapshotDelivery.DOWNLOADURL
    async with stock.root.AuthenticatedClient(base_url=url, token=_TOKEN) as client:

        async def call() -> str:
            answer = await stock.get_run.asyncio_detailed(RUN_ID, client=client, snapshot_delivery=delivery)
            return str(answer.parsed.run.status.value)

        yield call


@asynccontextmanager
async def stock_with_sniffio(url: str, stock: StockPackage) -> AsyncIterator[Call]:
    """The same with the one dependency that is known to help it."""
    with absent.shown():
        async with stock_generated(url, stock) as call:
            yield call


@asynccontextmanager
async def raw_aiohttp(url: str) -> AsyncIterator[Call]:
    """`aiohttp.ClientSession.get`, the floor under our backend."""
    address = url + _PATH
    connector = aiohttp.TCPConnector(limit=MAX_CONNECTIONS)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def call() -> str:
            async with session.get(address, headers=_HEADERS) as response:
                return _status(await response.read())

        yield call


def _status(body: bytes) -> str:
    return str(json.loads(body)["run"]["status"])
