"""Thousands of cancelled calls against a healthy service: what is left of the client afterwards.

httpx's own pool is dead for good after such a storm (httpcore issue 1093), and only a long one tells for sure: at least
five seconds and ten thousand cancelled calls for each way of cancelling.
"""

from __future__ import annotations

import asyncio
import functools
import gc
import random
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import psutil
import pytest
import trio
from attrs import define, field

from deepnote_async import AsyncDeepnote, ConnectionLostError, DeadlineExceededError, Retry, RunStartUnknownError
from deepnote_async.transport import call as transport_call
from deepnote_async.transport import policy, save
from deepnote_async.transport.aiohttp_backend import AiohttpBackend
from deepnote_async.transport.backend import shared_ssl_context
from deepnote_async.transport.gate import RateGate
from tests.support.raw_server import Connection, raw_server
from tests.support.service import RUN_ID
from tests.support.storm_server import FILE_BYTES, storm_server

WORKERS = 40
CANCELS = 10_000
SECONDS = 5.0
LONGEST_PATIENCE = 0.050
GIVE_UP_SECONDS = 120.0
"""A storm that has not cancelled enough by then tests nothing."""
PLAIN_CALLS = 100

Call = Callable[[], Awaitable[object]]
Cancel = Callable[[Call, float], Awaitable[bool]]
"""Cancels a call after so many seconds; tells whether it came to that."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with storm_server() as port:
        yield port


@define
class Storm:
    """Workers that call and cancel until it is enough.

    Attributes:
        cancels: calls that were cancelled from outside.
        expired: calls that the SDK's own timeout ended.
        done: calls that were answered.
    """

    client: AsyncDeepnote
    cancel: Cancel
    folder: Path
    cancels: int = 0
    expired: int = 0
    done: int = 0
    began: float = field(factory=time.monotonic)

    @property
    def is_over(self) -> bool:
        elapsed = time.monotonic() - self.began
        assert elapsed < GIVE_UP_SECONDS, f"only {self.cancels} calls could be cancelled"
        return elapsed >= SECONDS and self.cancels >= CANCELS

    async def run(self) -> None:
        async with anyio.create_task_group() as group:
            for number in range(WORKERS):
                group.start_soon(self._work, number)

    async def _work(self, number: int) -> None:
        chance = random.Random(number)  # noqa: S311  (not for secrets)
        count = 0
        while not self.is_over:
            count += 1
            call = self._draw(chance, f"{number}-{count}")
            # Many short ones: most answers have come after a few milliseconds.
            patience = chance.choice((0.0, chance.uniform(0, 0.005), chance.uniform(0, LONGEST_PATIENCE)))
            try:
                if await self.cancel(call, patience):
                    self.cancels += 1
                else:
                    self.done += 1
            except (DeadlineExceededError, RunStartUnknownError):
                self.expired += 1
            except ConnectionLostError as error:
                if error.retry_stopped not in {"deadline", "budget"}:
                    raise
                self.expired += 1  # half of a short timeout went by in silence, and the rest is too little for more

    def _draw(self, chance: random.Random, name: str) -> Call:
        kind = chance.randrange(20)
        timeout = chance.uniform(0, 0.010)
        if kind < 8:
            return lambda: self.client.runs.get(RUN_ID)
        if kind < 11:
            return lambda: self.client.runs.create("nb")
        if kind < 13:
            return lambda: self.client.runs.get(RUN_ID, timeout=timeout)
        if kind < 15:
            return lambda: self.client.runs.create("nb", timeout=timeout)
        return self._stream if kind < 19 else lambda: self._download(name)

    async def _stream(self) -> None:
        async with self.client._transport.stream("GET", "/v2/files/download", {"url": "/v2/files/download"}) as body:
            assert len(await body.read()) == FILE_BYTES

    async def _download(self, name: str) -> None:
        path = await self.client.files.download(RUN_ID, "file", self.folder, name=name)
        path.unlink()


async def by_move_on_after(call: Call, patience: float) -> bool:
    with anyio.move_on_after(patience) as scope:
        await call()
    return scope.cancelled_caught


async def by_wait_for(call: Call, patience: float) -> bool:
    try:
        await asyncio.wait_for(_awaited(call), patience)
    except TimeoutError as error:
        if isinstance(error, DeadlineExceededError):
            raise
        return True
    return False


async def by_timeout(call: Call, patience: float) -> bool:
    try:
        async with asyncio.timeout(patience):
            await call()
    except TimeoutError as error:
        if isinstance(error, DeadlineExceededError):
            raise
        return True
    return False


async def by_task_cancel(call: Call, patience: float) -> bool:
    task = asyncio.create_task(_awaited(call))
    await asyncio.sleep(patience)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return True
    return False


async def _awaited(call: Call) -> object:
    return await call()


MECHANISMS: dict[str, Cancel] = {
    "anyio.move_on_after": by_move_on_after,
    "asyncio.wait_for": by_wait_for,
    "asyncio.timeout": by_timeout,
    "task.cancel": by_task_cancel,
}


@pytest.mark.long
@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_after_a_storm_every_call_passes_and_nothing_is_left(mechanism: str, port: int, tmp_path: Path) -> None:
    weather(port, MECHANISMS[mechanism], tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_the_same_holds_when_calls_wait_for_a_connection(
    mechanism: str, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def small(_verify: object, **_settings: object) -> AiohttpBackend:
        return AiohttpBackend(shared_ssl_context(), max_connections=10)

    monkeypatch.setattr(transport_call, "default_backend", small)
    weather(port, MECHANISMS[mechanism], tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("mechanism", ["anyio.move_on_after", "task.cancel"])
def test_the_same_holds_when_calls_wait_at_the_rate_gate(mechanism: str, port: int, tmp_path: Path) -> None:
    weather(port, MECHANISMS[mechanism], tmp_path, rate=1500.0)


def weather(port: int, cancel: Cancel, folder: Path, rate: float | None = None) -> None:
    """Let a storm pass over a client, and look for what it left behind."""
    process = psutil.Process()
    complaints: list[str] = []
    gc.collect()
    descriptors = process.num_fds()
    before = sys.unraisablehook
    sys.unraisablehook = lambda complaint: complaints.append(repr(complaint.exc_value))

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(str(context)))
        client = AsyncDeepnote("tok", f"http://127.0.0.1:{port}", rate=rate)
        await Storm(client, cancel, folder).run()
        for _ in range(PLAIN_CALLS):
            assert (await client.runs.get(RUN_ID, retry=None, timeout=10)).run_id == RUN_ID
        assert_idle(client)
        await client.aclose()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        await until(lambda: not [c for c in process.net_connections() if getattr(c.raddr, "port", 0) == port])

    try:
        asyncio.run(main())
        gc.collect()
    finally:
        sys.unraisablehook = before
    assert complaints == []
    assert process.num_fds() == descriptors
    # Asyncio's own cancellation does not wait for the thread that gives a file its name; then the file is there, whole.
    assert all(file.suffix != ".part" and file.stat().st_size == FILE_BYTES for file in folder.iterdir())


def assert_idle(client: AsyncDeepnote) -> None:
    """Assert that nothing waits or holds anything in the pool and at the gate."""
    policy = client._transport._policy
    backend: Any = policy._sender._backend
    assert isinstance(backend, AiohttpBackend)
    assert backend._session is not None
    connector: Any = backend._session.connector
    assert connector._acquired == set()
    assert not connector._waiters
    assert_nobody_waits(policy._gate)


def assert_nobody_waits(gate: RateGate) -> None:
    assert not gate._is_taken
    assert not any(gate._queues.values())


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for what the event loop does in its next rounds, such as closing sockets."""
    for _ in range(1000):
        if is_so():
            return
        await asyncio.sleep(0.001)
    pytest.fail("it did not come about")


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:Async generator 'http:ResourceWarning")  # httpx leaves some to the collector
@pytest.mark.parametrize("connections", [100, 10])
def test_on_trio_every_call_passes_after_a_storm(
    connections: int, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pool of ten is dead after the storm; the calls find out after a while, and the client takes another one."""
    limits = httpx.Limits(max_connections=connections)
    monkeypatch.setattr(httpx, "AsyncHTTPTransport", functools.partial(httpx.AsyncHTTPTransport, limits=limits))
    monkeypatch.setattr(policy, "POOL_SECONDS", 0.5)

    async def main() -> None:
        async with AsyncDeepnote("tok", f"http://127.0.0.1:{port}") as client:
            await Storm(client, by_move_on_after, tmp_path).run()
            for _ in range(PLAIN_CALLS):
                assert (await client.runs.get(RUN_ID)).run_id == RUN_ID

    trio.run(main)


async def test_a_body_that_has_come_is_whole_whatever_becomes_of_the_next_call_on_its_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Connections are given on when a body has come, even if the caller has yet to take it."""
    monkeypatch.setattr(policy, "SILENCE_SECONDS", 0.05)
    size = 200_000

    async def serve(connection: Connection) -> None:
        await connection.read_request()
        await connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size + bytes(size))
        await connection.read_request()
        await asyncio.sleep(3600)

    async with raw_server(serve) as server, AsyncDeepnote("tok", server.url) as client:
        async with client._transport.stream("GET", "/f", {"url": "/f"}) as body:
            backend: Any = client._transport._policy._sender._backend
            await until(lambda: backend._session.connector._conns)
            with pytest.raises(ConnectionLostError):
                await client.runs.get(RUN_ID, timeout=0.1, retry=Retry(attempts=2, backoff=1e9))
            assert len(await body.read()) == size
        assert server.connections == 1


async def test_a_download_that_is_cancelled_while_it_tidies_up_leaves_no_file(tmp_path: Path) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"half"
        task.cancel()
        raise ConnectionResetError

    task = asyncio.create_task(save(pieces(), tmp_path, "file"))
    with pytest.raises(asyncio.CancelledError):
        await task
    gc.collect()  # an open file would say so
    assert list(tmp_path.iterdir()) == []
