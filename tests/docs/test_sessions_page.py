"""What docs/sessions.md shows is run, and its figures are those of the code."""

from __future__ import annotations

from deepnote_async import AsyncDeepnote
from deepnote_async.sessions import calls, desk, flight, leaving, opening, session
from deepnote_emulator import Emulator
from tests.support.pages import DocsPage

PAGE = DocsPage("sessions.md")


async def test_the_examples(client: AsyncDeepnote, emulator: Emulator) -> None:
    page, notebook_id = PAGE.define(), emulator.notebook_id("score.deepnote")
    before = emulator.sessions
    assert await page["ask"](client, notebook_id) == "US 126\n"
    assert await page["why_not"](client, notebook_id) == "ZeroDivisionError: division by zero"
    assert await page["give_up"](client, notebook_id) == "the kernel is free\n"
    blocks = (await client.notebooks.get(notebook_id)).blocks
    code = next(block.id for block in blocks if block.type == "code")
    assert (await page["run_again"](client, notebook_id, code)).startswith("region=")
    assert await page["keep"](client, notebook_id) == "66\n"
    assert emulator.sessions == before


def test_the_figures_are_those_of_the_code() -> None:
    assert (leaving.LEAVE_SECONDS, desk.CLOSE_SECONDS, flight.INTERRUPT_SECONDS) == (5, 5, 5)
    assert (opening.LEARN_SECONDS, flight.AGAIN_SECONDS) == (60, 1)
    assert (session.SHORTEST_EXECUTE_SECONDS, session.LONGEST_EXECUTE_SECONDS) == (0.001, 120)
    assert session.DEFAULT_EXECUTE_SECONDS == 10
    assert (calls.EXECUTE_MARGIN_SECONDS + calls.EXECUTE_START_SECONDS, calls.EXECUTE_START_SECONDS) == (75, 60)
    assert (session.FIRST_PAUSE_SECONDS, session.LONGEST_PAUSE_SECONDS) == (0.1, 2)
    assert "0.001 to 120 seconds, 10 unless given" in PAGE.text
