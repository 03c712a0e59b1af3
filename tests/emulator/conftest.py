"""What the tests of faults may ask for."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from deepnote_emulator import Emulator
from tests.emulator.bare_client import Client


@pytest.fixture
def silent_server(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Hold a test to it: a fault on purpose is no accident for the log."""
    caplog.set_level(logging.WARNING)
    yield
    said = [record.getMessage() for record in caplog.get_records("call")]
    assert [text for text in said if not text.startswith("Executing <")] == []  # asyncio's debug mode on slow steps


@pytest.fixture(scope="module")
def simulated(notebooks: Path) -> Iterator[Emulator]:
    with Emulator(notebooks, engine="simulated") as emulator:
        yield emulator


@pytest.fixture
def bare(simulated: Emulator) -> Iterator[Client]:
    yield Client(simulated)
    simulated.faults.clear()
