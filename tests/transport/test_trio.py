"""What is particular to trio, where httpx's own transport sends."""

from __future__ import annotations

import gc
import warnings

import anyio
import pytest

from deepnote_async import AsyncDeepnote, DeadlineExceededError
from deepnote_emulator import Emulator, Fault, FaultStep


def test_a_start_that_waits_for_a_connection_was_not_sent(emulator: Emulator) -> None:
    emulator.faults.set([FaultStep("getMe", Fault("hang"), count=200)])

    async def main() -> None:
        async with AsyncDeepnote(emulator.token, emulator.url, retry=None) as client:

            async def occupy() -> None:
                with pytest.raises(DeadlineExceededError):
                    await client.me.get(timeout=3)

            async with anyio.create_task_group() as group:
                for _ in range(100):  # as many connections as httpx keeps
                    group.start_soon(occupy)
                await anyio.sleep(0.5)
                with pytest.raises(DeadlineExceededError) as caught:
                    await client.runs.create(emulator.notebook_id("score.deepnote"), timeout=0.5)
                assert caught.value.sent == "no"

    anyio.run(main, backend="trio")
    emulator.faults.clear()


@pytest.mark.parametrize(("first", "second"), [("trio", "asyncio"), ("asyncio", "trio"), ("asyncio", "asyncio")])
def test_a_client_belongs_to_the_loop_it_was_opened_in(first: str, second: str, emulator: Emulator) -> None:
    client = AsyncDeepnote(emulator.token, emulator.url)

    async def use() -> None:
        await client.me.get()

    async def use_again() -> None:
        with pytest.raises(RuntimeError, match="opened in another event loop; make one client per loop"):
            await client.me.get()

    anyio.run(use, backend=first)
    anyio.run(use_again, backend=second)
    anyio.run(client.aclose, backend=first)
    with warnings.catch_warnings():
        # The first loop has ended with a connection open: that is what such a use costs.
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
