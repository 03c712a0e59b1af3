"""What is particular to trio, where httpx's own transport sends."""

from __future__ import annotations

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
