"""What docs/deliveries.md shows is run, and its figures are those of the code."""

from __future__ import annotations

import pytest

from deepnote_async import AsyncDeepnote
from deepnote_async.resources.deliveries import ALL, DOUBTFUL_RUNS, REFUSED_SECONDS
from deepnote_async.runs.failure import LONGEST_LINE, LONGEST_MESSAGE, TRACEBACK_LINES
from deepnote_async.runs.settle import PATIENT_SECONDS, SETTLE_SECONDS, SETTLE_UNTOLD_SECONDS
from deepnote_async.transport.limits import MAX_BODY_BYTES
from deepnote_emulator import Emulator, Fault, FaultStep
from tests.support.pages import DocsPage

PAGE = DocsPage("deliveries.md")


async def test_the_report(client: AsyncDeepnote, emulator: Emulator) -> None:
    page = PAGE.define()
    assert (await page["report"](client, emulator.notebook_id("score.deepnote"))).startswith("region=EU")
    first, *_traceback, last = (await page["report"](client, emulator.notebook_id("fails.ipynb"))).splitlines()
    assert first.endswith(": ValueError: bad region")
    assert " ended as error: code block 1 (" in first
    assert last == "ValueError: bad region"


async def test_outputs_without_a_document(client: AsyncDeepnote, emulator: Emulator) -> None:
    handle = await client.runs.create(emulator.notebook_id("score.deepnote"))
    assert await PAGE.define()["outputs_alone"](emulator.token, emulator.url, handle.id) == ["code", "code"]


@pytest.mark.parametrize(("status", "answer"), [(None, "region=EU"), (403, "the document cannot be had")])
async def test_a_document_that_is_read_later(emulator: Emulator, status: int | None, answer: str) -> None:
    async with AsyncDeepnote(emulator.token, emulator.url, snapshot_delivery="downloadUrl") as client:
        handle = await client.runs.create(emulator.notebook_id("score.deepnote"))
        await handle.result(timeout=60)
        if status is not None:
            emulator.faults.set([FaultStep("downloadSnapshot", Fault("status", status=status), count=2)])
        try:
            assert (await PAGE.define()["read_later"](client, handle.id)).startswith(answer)
        finally:
            emulator.faults.clear()


def test_the_figures_are_those_of_the_code() -> None:
    assert [f'| `"{delivery}"`' in PAGE.text for delivery in ALL] == [True] * 3
    assert (SETTLE_SECONDS, SETTLE_UNTOLD_SECONDS, PATIENT_SECONDS) == (30, 5, 300)
    assert "`pending`, at most 30 seconds; a server that does not tell is asked for 5 seconds" in PAGE.text
    assert "`runs.map` goes on for 300 seconds" in PAGE.text
    assert (DOUBTFUL_RUNS, REFUSED_SECONDS) == (3, 600)
    assert "delivery was refused for three runs in a row" in PAGE.text
    assert "after 10 minutes, or if nothing else is taken" in PAGE.text
    assert PAGE.text.count(f"more than {MAX_BODY_BYTES >> 20} MiB") == PAGE.text.count(" MiB") == 2
    assert f"the last {TRACEBACK_LINES} lines of the traceback" in PAGE.text
    assert f"{LONGEST_MESSAGE} characters of a reason are shown, and {LONGEST_LINE} of each line" in PAGE.text
