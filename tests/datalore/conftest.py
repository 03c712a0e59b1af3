"""What every test of Datalore may ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from deepnote_async.datalore import AsyncDatalore
from deepnote_emulator import Emulator


@pytest.fixture(autouse=True)
def _no_account_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the tests apart from whatever Datalore account or kernel this machine knows."""
    for name in ("API_TOKEN", "URL", "USER", "HOME", "AGENT_MODE", "NOTEBOOK_ID"):
        monkeypatch.delenv(f"DATALORE_{name}", raising=False)


@pytest.fixture
async def datalore(emulator: Emulator) -> AsyncIterator[AsyncDatalore]:
    """Give a client of the emulator."""
    async with AsyncDatalore(emulator.token, emulator.url) as client:
        yield client
