"""The emulator as a thing to hold: from plain code, asyncio and trio."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest
import trio

from deepnote_async import AsyncDeepnote
from deepnote_emulator import Emulator, EmulatorError


def test_plain_code_can_hold_it(notebooks: Path) -> None:
    before = threading.active_count()
    with Emulator(notebooks) as emulator:
        assert emulator.url.startswith("http://127.0.0.1:")
        assert emulator.token not in repr(emulator)
        with pytest.raises(KeyError, match=r"no notebook came from 'x'; there are .*score\.deepnote"):
            emulator.notebook_id("x")
        with pytest.raises(RuntimeError, match="running already"):
            emulator.start()
        url = emulator.url
    assert threading.active_count() == before
    emulator.stop()
    with pytest.raises(RuntimeError, match="not running"):
        _ = emulator.url
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(url.rpartition(":")[2]))) != 0


def test_it_can_be_started_again(notebooks: Path) -> None:
    emulator = Emulator(notebooks)
    for _ in range(2):
        with emulator:
            assert len(emulator.notebooks) == 4


def test_a_port_in_use(notebooks: Path) -> None:
    with Emulator(notebooks) as first:
        port = int(first.url.rpartition(":")[2])
        with pytest.raises(EmulatorError, match=f"port {port} on 127.0.0.1 is already in use"):
            Emulator(notebooks, port=port).start()
        with Emulator(notebooks) as second:
            assert second.url != first.url


def test_trio_runs_the_same_chain(notebooks: Path) -> None:
    async def main() -> str:
        async with Emulator(notebooks) as emulator, AsyncDeepnote(emulator.token, emulator.url) as client:
            notebook_id = emulator.notebook_id("score.deepnote")
            return (await client.runs.run(notebook_id, inputs={"region": "US"}, timeout=60)).text

    assert trio.run(main).startswith("region=US n=3 total=63\n")
