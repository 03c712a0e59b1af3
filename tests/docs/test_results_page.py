"""What docs/results.md shows is run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest

from deepnote_async import AsyncDeepnote
from deepnote_async.snapshot.outputs.media import DATAFRAME
from deepnote_async.snapshot.outputs.table import FEW_CELLS, MOST_CELLS, MOST_PER_CELL
from deepnote_emulator import Emulator
from tests.support.pages import DocsPage

PAGE = DocsPage("results.md")

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="  # one pixel
PAYLOAD = {
    "row_count": 100_000,
    "column_count": 1,
    "columns": [{"name": "n", "dtype": "int64"}, {"name": "_deepnote_index_column", "dtype": "int64"}],
    "rows": [{"n": number, "_deepnote_index_column": number} for number in range(10)],
}
SOURCES = {
    "table": f"from IPython.display import display\ndisplay({{{DATAFRAME!r}: {PAYLOAD}, 'text/plain': 'n'}}, raw=True)",
    "chart": f"display({{'image/png': '{PIXEL}', 'text/plain': '<Figure>'}}, raw=True)",
    "total": "import json\nprint('10%')\nprint(json.dumps({'total': 104}))",
}


async def test_the_examples(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = PAGE.define()
    cells: list[dict[str, Any]] = [
        {"id": name, "cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
        for name, source in SOURCES.items()
    ]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "results.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    async with Emulator(tmp_path) as emulator, AsyncDeepnote(emulator.token, emulator.url) as client:
        notebook_id = emulator.notebook_id("results.ipynb")
        assert await page["total"](client, notebook_id) == {"total": 104}
        result = await client.runs.run(notebook_id, timeout=60)
    frame = page["table"](result, result.blocks[0].id)
    assert frame["n"].tolist() == list(range(10))
    told = capsys.readouterr().out
    assert "shows 10 of 100000 rows; let the notebook" in told
    assert told.endswith("10 of 100000 rows\n")
    assert page["charts"](result, tmp_path) == ["chart-0.png"]
    names = page["everything"](result, tmp_path / "outputs")
    assert [(name[:4], name.partition(".")[2]) for name in names] == [
        ("000-", "json"),
        ("001-", "png"),
        ("002-", "txt"),
    ]
    paths = await anyio.to_thread.run_sync(result.save, tmp_path / "again")
    assert [path.name for path in paths] == names
    with pytest.raises(FileExistsError):
        result.save(tmp_path / "again")


def test_the_figures_are_those_of_the_code() -> None:
    assert (MOST_CELLS, FEW_CELLS, MOST_PER_CELL) == (5_000_000, 100_000, 20)
    assert (
        "more than 5 million cells, or of more than 100 000 of which the document holds not even one in 20" in PAGE.text
    )
