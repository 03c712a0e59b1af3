"""Fixtures of the tests of runs."""

from __future__ import annotations

import pytest

from deepnote_async import Outcomes


@pytest.fixture
def no_task_of_a_map_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the tasks of asyncio whenever a map was left."""
    leave = Outcomes.__aexit__

    async def leave_and_look(self: Outcomes, *exc: object) -> None:
        try:
            await leave(self, *exc)  # type: ignore[arg-type]
        finally:
            assert not getattr(self._fanout._crew, "_tasks", None)

    monkeypatch.setattr(Outcomes, "__aexit__", leave_and_look)
