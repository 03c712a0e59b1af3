"""The emulator as a thing to hold: from plain code, asyncio and trio."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import socket
import threading
from pathlib import Path

import pytest
import trio

from deepnote_async import AsyncDeepnote
from deepnote_async.inputs import to_wire
from deepnote_emulator import Emulator, EmulatorError
from deepnote_emulator.documents import BlockSource, NotebookSource
from deepnote_emulator.inputs import assignment, problem_with


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


def emulator_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "deepnote-emulator"}


async def test_cancelling_the_start_leaves_no_emulator(notebooks: Path) -> None:
    before = emulator_threads()
    for seconds in (0.0, 0.001, 0.01, 0.05):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds), Emulator(notebooks):
                await asyncio.sleep(3600)
    async with asyncio.timeout(60):
        while emulator_threads() != before:
            await asyncio.sleep(0.01)


def test_a_start_that_fails_in_the_thread_says_so(notebooks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object, **_options: object) -> object:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr("deepnote_emulator.emulator.open_sites", fail)
    with pytest.raises(EmulatorError, match=r"the emulator cannot start: OSError: .*Too many open files"):
        Emulator(notebooks).start()


@pytest.mark.parametrize("number", [0.1, 0.00001, 5e-05, 1.5e-06, 1e-7, 123456.75, 1e20, -3.0])
def test_what_the_facade_writes_the_slider_takes(number: float) -> None:
    text = to_wire({"n": number})["n"]
    block = BlockSource(
        id="b",
        type="input-slider",
        content="",
        metadata={"deepnote_variable_name": "n", "deepnote_variable_value": "1"},
    )
    notebook = NotebookSource(id="n", name="N", project_id="p", created_at=dt.datetime.now(dt.UTC), blocks=(block,))
    assert problem_with(notebook, {"n": text}) is None
    assert float(assignment(block, {"n": text}).partition(" = ")[2]) == number
