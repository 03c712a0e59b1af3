"""What a run's outputs can be read as: of real documents, and of real kernels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from deepnote_async import AsyncDeepnote, OutputError, RunResult, Snapshot
from deepnote_emulator import Emulator
from tests.support.service import RUN_ID, client_of, run_json
from tests.support.virtual_time import run_virtually

TABLE = "13db6a85530043f5aad25fdcc34f6329"
CHART = "3544ef8a9113595f1e3c6f1d1b4d700f"
QUERY = "08e18bb4311f46e08a77413dde73c62f"


def result_of(document: str | None, notebook_id: str = "nb") -> RunResult:
    async def main() -> RunResult:
        status = "unavailable" if document is None else "available"
        body = run_json(snapshotStatus=status, snapshotContent=document, notebookId=notebook_id)
        async with client_of(lambda _request: httpx.Response(200, json=body)) as client:
            return await client.runs.handle(RUN_ID).result()

    return run_virtually(main())


def made_up(*blocks: dict[str, Any]) -> str:
    notebook = {"id": "nb", "name": "N", "blocks": list(blocks)}
    return json.dumps({"project": {"id": "p", "name": "P", "notebooks": [notebook]}})


def printing(block_id: str, text: str) -> dict[str, Any]:
    return {"id": block_id, "type": "code", "outputs": [{"output_type": "stream", "name": "stdout", "text": text}]}


def real(path: Path) -> RunResult:
    return result_of(path.read_text(encoding="utf-8"), Snapshot.read(path).notebooks[0].id)


def test_a_block_is_found_by_its_id() -> None:
    result = result_of(made_up(printing("a", "[1]\n"), printing("b", "x\n"), printing("a", "[2]\n")))
    assert result.block("b").text == "x\n"
    assert result.block("a").json() == [1]
    assert (result.json(), result.plain_text) == ([2], "[1]\nx\n[2]\n")
    with pytest.raises(LookupError, match=r"the notebook has no block 'c'; it has 'a', 'b', 'a'$"):
        result.block("c")
    with pytest.raises(LookupError, match=r"it has 'b0', .*'b19' and 5 more$"):
        result_of(made_up(*(printing(f"b{number}", "") for number in range(25)))).block("c")


def test_a_run_without_a_document_says_so() -> None:
    result = result_of(None)
    with pytest.raises(LookupError, match=f"run {RUN_ID} has no block 'a': nothing of its notebook can be read"):
        result.block("a")
    with pytest.raises(OutputError, match="no outputs at all"):
        result.json()
    assert (result.images, result.plain_text) == ((), "")


def test_what_is_printed_in_one_block_is_not_joined_to_the_next(tmp_path: Path) -> None:
    result = result_of(made_up(printing("a", '{"a":\n'), printing("b", "1}\n")))
    with pytest.raises(OutputError, match="2 of stdout"):
        result.json()
    assert [path.name for path in result.save(tmp_path)] == ["000-a-1.txt", "001-b-1.txt"]


def test_a_real_snapshot_with_a_table_and_a_chart(samples: Path, tmp_path: Path) -> None:
    (path,) = (samples / "snapshots").glob("integrations-example_*_latest.snapshot.deepnote")
    result = real(path)
    frame = result.block(TABLE).dataframe(partial=True)
    assert (frame.shape, frame.attrs["row_count"]) == ((10, 15), 100_000)
    with pytest.raises(OutputError, match=f"output 2 of block '{TABLE}' shows 10 of 100000 rows"):
        result.dataframe()
    (image,) = result.images
    assert (image.block_id, image.content[:4]) == (CHART, b"\x89PNG")
    paths = result.save(tmp_path)
    assert [path.suffix for path in paths] == [".json", ".html", ".txt", ".png"]
    assert paths[-1].name == f"003-{CHART}-1.png"
    assert paths[-1].read_bytes() == image.content


def test_status_and_timing_of_real_blocks(samples: Path) -> None:
    result = real(samples / "documents" / "All-Deepnote-blocks.deepnote")
    query = result.block(QUERY)
    assert (query.status, query.duration, query.type) == ("succeeded", 0.652, "sql")
    assert query.started_at is not None
    assert query.finished_at is not None
    assert (query.finished_at - query.started_at).total_seconds() == pytest.approx(0.652)
    assert query.dataframe()["Age"].tolist()[:2] == [28, 34]
    statuses = {block.type: block.status for block in result.blocks}
    assert (statuses["code"], statuses["markdown"]) == ("succeeded", "not_reached")
    timed = [block for block in result.blocks if block.duration is not None]
    assert timed
    assert all(block.status == "succeeded" for block in timed)


PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="  # one pixel


async def test_outputs_of_real_kernels(tmp_path: Path) -> None:
    sources = {
        "json": "from IPython.display import JSON, display\ndisplay(JSON({'total': 104, 'rows': [1, 2]}))",
        "print": "import json\nprint('loading')\nprint(json.dumps({'total': 105, 'é': None}))",
        "colour": "print('\\x1b[1;32mgreen\\x1b[0m \\x1b]8;;https://a.example\\x1b\\\\link\\x1b]8;;\\x1b\\\\')",
        "image": f"import base64\nfrom IPython.display import Image\nImage(base64.b64decode('{PIXEL}'))",
    }
    cells: list[dict[str, Any]] = [
        {"id": name, "cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
        for name, source in sources.items()
    ]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "outputs.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    async with Emulator(tmp_path) as emulator, AsyncDeepnote(emulator.token, emulator.url) as client:
        result = await client.runs.run(emulator.notebook_id("outputs.ipynb"), timeout=60)
    displayed, printed, coloured, image = result.blocks
    assert displayed.json() == {"total": 104, "rows": [1, 2]}
    assert printed.json() == {"total": 105, "é": None}
    assert result.json() == {"total": 105, "é": None}
    assert coloured.text.startswith("\x1b[1;32mgreen\x1b[0m ")
    assert coloured.plain_text == "green link\n"
    (picture,) = result.images
    assert (picture.media_type, picture.block_id) == ("image/png", image.id)
    assert picture.content.startswith(b"\x89PNG\r\n\x1a\n")
    paths = result.save(tmp_path / "saved")
    assert [path.name.partition(".")[2] for path in paths] == ["json", "txt", "txt", "png"]
    assert json.loads(paths[0].read_bytes()) == {"total": 104, "rows": [1, 2]}
    assert paths[2].read_text(encoding="utf-8") == "green link\n"
    assert paths[3].read_bytes() == picture.content
