"""What docs/inputs.md shows is run, and its figures are those of the code."""

from __future__ import annotations

from deepnote_async import AsyncDeepnote
from deepnote_async.inputs.dates import RANGE_NAMES
from deepnote_async.inputs.kinds import KINDS
from deepnote_async.resources.checked_inputs import REREAD_SECONDS
from deepnote_async.resources.declarations import MOST_KEPT, REFUSED_SECONDS
from deepnote_emulator import Emulator
from tests.support.pages import DocsPage

PAGE = DocsPage("inputs.md")


async def test_the_examples(client: AsyncDeepnote, emulator: Emulator) -> None:
    page, notebook_id = PAGE.define(), emulator.notebook_id("score.deepnote")
    assert (await page["score"](client, notebook_id)).startswith("region=EU n=2")
    first, *lines = await page["why_not"](client, notebook_id)
    assert first == f"3 inputs cannot be sent to notebook {notebook_id}:"
    assert [line.partition(" takes ")[0] for line in lines[1:]] == ["- input 'n'", "- input 'show_table'"]
    assert lines[0] == "- input 'regoin' is not declared by the notebook: did you mean 'region'?"
    assert await page["as_it_is"](client, notebook_id)


def test_the_figures_are_those_of_the_code() -> None:
    assert (REREAD_SECONDS, MOST_KEPT, REFUSED_SECONDS) == (1, 256, 60)
    assert all(f"`{kind}`" in PAGE.text for kind in KINDS)
    assert all(f'`"{name}"`' in PAGE.text for name in RANGE_NAMES)
