"""Ways to wait for runs: our client, and the rules that other clients follow, over the same simulated service."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeAlias

import httpx

from benchmarks.waiting.world import World, WorldBackend
from deepnote_async import AsyncDeepnote
from deepnote_async.errors import CallError

RunToEnd: TypeAlias = Callable[[str], Awaitable[str]]
"""Starts a run of a notebook, waits until it knows that the run has ended, and gives its id."""

Way: TypeAlias = Callable[[World], AbstractAsyncContextManager[RunToEnd]]
"""Opens whatever waits, for one world."""


class GaveUpError(Exception):
    """A client ended its wait for a run without knowing that the run had ended."""


FACTORS = (0.1, 0.3, 1.0, 3.0, 10.0)
"""For the frontier: what a request is taken to cost, as a multiple of the default. Dearer ones mean later answers."""


def our_client(backend: httpx.AsyncClient, factor: float) -> AsyncDeepnote:
    """Make the client to measure.

    Args:
        backend: sends its requests.
        factor: see FACTORS.
    """
    client = AsyncDeepnote("benchmark", "https://api.example.test", http_client=backend)
    client.runs._service.watcher.price = factor  # noqa: SLF001  (a knob for measurements, no option)
    return client


def ours(factor: float = 1.0, *, only_looks: bool = False, apart: bool = False) -> Way:
    """Give the way of `client.runs.create` and `handle.wait()`.

    Args:
        factor: see FACTORS.
        only_looks: wait by handles that do not know their notebook, so that there is no list to look at; in a world
            whose runs do not tell it either.
        apart: start the runs through a client of its own, whose gate never learns of a limit. What a handle knows from
            its start is lost on the way.
    """

    @asynccontextmanager
    async def opened(world: World) -> AsyncIterator[RunToEnd]:
        async with (
            httpx.AsyncClient(transport=WorldBackend(world)) as backend,
            our_client(backend, factor) as client,
            our_client(backend, factor) as other,
        ):
            starter = other if apart else client

            async def run_to_end(notebook_id: str) -> str:
                handle = await starter.runs.create(notebook_id, timeout=None)
                if only_looks or apart:
                    handle = client.runs.handle(handle.id, None if only_looks else notebook_id)
                try:
                    return (await handle.wait()).run_id
                except CallError as error:
                    raise GaveUpError(handle.id) from error

            yield run_to_end

    return opened
