"""What docs/waiting.md shows is run, and its figures are those of the code."""

from __future__ import annotations

from deepnote_async import AsyncDeepnote
from deepnote_async.runs.wait import PATIENCE_SECONDS
from deepnote_async.runs.watching.looks import MIN_REFUSALS, NEW_SECONDS, REFUSED_PAGE_SECONDS
from deepnote_async.runs.watching.schedule import LONGEST_SECONDS, MAX_SHARING, THROTTLED
from deepnote_async.runs.watching.tracked import DISTRUST_SECONDS
from deepnote_async.runs.watching.watcher import LAST_CALL_SECONDS
from deepnote_async.transport.gate import STRICT_SECONDS
from deepnote_emulator import Emulator
from tests.support.pages import DocsPage

PAGE = DocsPage("waiting.md")
TEXT = PAGE.text


async def test_the_examples(client: AsyncDeepnote, emulator: Emulator) -> None:
    names, notebook_id = PAGE.define(), emulator.notebook_id("score.deepnote")
    seen = await names["follow"](client, notebook_id)
    assert (seen[0], seen[-1]) == ("pending", "success")
    assert len(seen) == len(set(seen))
    handle = await client.runs.create(notebook_id)
    assert await names["wait_for_one"](client, handle.id) == "success"


def test_the_figures_are_those_of_the_code() -> None:
    assert (THROTTLED, STRICT_SECONDS) == (2.5, 600)
    assert "After a 429, and for ten minutes, looks cost two and a half times as much" in TEXT
    assert LONGEST_SECONDS == 30
    assert "unseen for more than half a minute" in TEXT
    assert (LAST_CALL_SECONDS, MIN_REFUSALS, NEW_SECONDS, REFUSED_PAGE_SECONDS) == (1, 5, 30, 600)
    assert MAX_SHARING == 100
    assert "up to the hundred of a page" in TEXT
    assert (DISTRUST_SECONDS, PATIENCE_SECONDS) == (60, 60)
    assert "is left alone for a minute" in TEXT
    assert "after a minute of nothing but failures" in TEXT
