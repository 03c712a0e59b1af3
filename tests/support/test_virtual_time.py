"""The virtual clock leans on two private members of asyncio; this test fails when they change."""

from __future__ import annotations

import asyncio
import time

import anyio

from tests.support.virtual_time import run_virtually


async def _sleep_for_an_hour() -> float:
    before = anyio.current_time()
    with anyio.move_on_after(3600):  # a timer that is cancelled must not hold the clock up
        await asyncio.sleep(1800)
    with anyio.move_on_after(1800):
        await anyio.sleep_forever()
    return anyio.current_time() - before


def test_an_hour_passes_at_once() -> None:
    began = time.monotonic()
    assert run_virtually(_sleep_for_an_hour()) == 3600
    assert time.monotonic() - began < 60
