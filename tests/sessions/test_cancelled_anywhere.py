"""A session that is opened, used twice and left, cancelled at every await point: none of them leaves anything behind.

Over real sockets, against the emulator; each turn has a client of its own, so that connecting is cancelled as well.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from deepnote_async import AsyncDeepnote
from deepnote_emulator import Emulator
from deepnote_emulator.execution.simulated import SimulatedEngine
from tests.sessions.cancelling import How, Points, cancelled_at, on_asyncio, on_trio

MOST_POINTS = 5_000
PATIENCE = 10.0
EAGER = 1e-6
"""The price of a look: the initial run is looked at as often as can be, or the test would mostly wait."""


@pytest.fixture(scope="module")
def emulator(notebooks: Path) -> Iterator[Emulator]:
    with Emulator(notebooks, engine=SimulatedEngine(seconds=0.003)) as emulator:
        yield emulator


async def is_clean(emulator: Emulator) -> bool:
    """Whether no session and no kernel is left, in bounded time."""
    end = time.monotonic() + PATIENCE
    while emulator.sessions or emulator.kernels:
        if time.monotonic() > end:
            return False
        await anyio.sleep(0.001)
    return True


async def enumerate_points(emulator: Emulator, points: Points, how: How) -> int:
    """Cancel at one point after the other; gives how many there were."""
    notebook_id = emulator.notebook_id("slow.ipynb")
    for number in range(1, MOST_POINTS):
        async with AsyncDeepnote(emulator.token, emulator.url) as client:
            client.sessions._service.watcher.price = EAGER

            async def work(client: AsyncDeepnote = client) -> None:
                async with client.sessions.open(notebook_id, timeout=60) as session:
                    assert "simulated" in (await session.execute("1")).text
                    assert "simulated" in (await session.execute("2")).text

            was_cancelled = await cancelled_at(points, how, number, work)
        assert await is_clean(emulator), f"cancelled at point {number}, it left {emulator.sessions}"
        if not was_cancelled:
            return number
    raise AssertionError("there is no end of points")


@pytest.mark.parametrize("how", ["native", "native again", "scope"])
def test_asyncio(emulator: Emulator, how: How, caplog: pytest.LogCaptureFixture) -> None:
    points, tried = Points(), []

    async def main() -> None:
        tried.append(await enumerate_points(emulator, points, how))
        assert len(asyncio.all_tasks()) == 1

    on_asyncio(points, main)
    assert tried[0] > 25
    assert not [record.message for record in caplog.records if record.name == "deepnote_async"]


def test_trio(emulator: Emulator, caplog: pytest.LogCaptureFixture) -> None:
    points, tried = Points(), []

    async def main() -> None:
        tried.append(await enumerate_points(emulator, points, "scope"))

    on_trio(points, main)
    assert tried[0] > 25
    assert not [record.message for record in caplog.records if record.name == "deepnote_async"]
