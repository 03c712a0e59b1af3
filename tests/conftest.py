"""What every test may ask for."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from deepnote_async import AsyncDeepnote
from deepnote_emulator import Emulator

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def _no_settings_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the tests apart from whatever Deepnote account this machine knows."""
    for name in ("DEEPNOTE_TOKEN", "DEEPNOTE_API_KEY", "DEEPNOTE_API_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def notebooks() -> Path:
    """Give the folder of the demo notebooks."""
    return ROOT / "examples" / "notebooks"


@pytest.fixture(scope="session")
def emulator(notebooks: Path) -> Iterator[Emulator]:
    """Run one emulator for all tests that only read or start runs."""
    with Emulator(notebooks) as emulator:
        yield emulator


@pytest.fixture
async def client(emulator: Emulator) -> AsyncIterator[AsyncDeepnote]:
    """Give a client of the emulator; pytest-asyncio may open and close it in different tasks."""
    async with AsyncDeepnote(emulator.token, emulator.url) as client:
        yield client


@pytest.fixture(scope="session")
def samples() -> Path:
    """Give the folder of real documents; they are third-party data and not part of the project."""
    folder = os.environ.get("DEEPNOTE_SAMPLES_DIR")
    if not folder:
        pytest.skip("DEEPNOTE_SAMPLES_DIR is not set, so the real sample documents are not at hand")
    return Path(folder)
