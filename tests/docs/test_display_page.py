"""What docs/display.md shows is run, and its figures are those of the code."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat

from deepnote_async import AsyncDeepnote
from deepnote_async.snapshot.display import blocks, media, outputs, page, tables
from deepnote_emulator import Emulator
from tests.support.pages import DocsPage

PAGE = DocsPage("display.md")


async def test_the_examples(client: AsyncDeepnote, emulator: Emulator, tmp_path: Path) -> None:
    names = PAGE.define()
    result = await names["look"](client, emulator.notebook_id("fails.ipynb"))
    assert "ValueError: bad region" in result._repr_html_()
    await names["report"](result, tmp_path / "fails.html")
    assert "bad region" in (tmp_path / "fails.html").read_text(encoding="utf-8")
    result.snapshot.write(tmp_path / "fails.deepnote")
    nbformat.validate(json.loads(names["convert"](tmp_path / "fails.deepnote").read_text(encoding="utf-8")))


def test_the_figures_are_those_of_the_code() -> None:
    assert (outputs.TEXT, blocks.SOURCE, outputs.HTML, outputs.IMAGE) == (20_000, 20_000, 200_000, 1_000_000)
    assert (outputs.TRACEBACK_LINES, tables.MOST_ROWS, tables.MOST_COLUMNS) == (40, 20, 30)
    assert (outputs.MOST_OUTPUTS, blocks.BLOCK) == (30, 1_500_000)
    assert (page.PAGE, page.MOST_BLOCKS, page.MOST_NOTEBOOKS) == (4_000_000, 500, 50)
    assert [form.partition("/")[2] for form in media.IMAGES] == ["png", "jpeg", "gif", "webp", "svg+xml"]
