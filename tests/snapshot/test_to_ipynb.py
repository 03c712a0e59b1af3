"""Notebooks in nbformat: valid whatever the document holds, each block in the cell its readers expect, nothing lost."""

from __future__ import annotations

import datetime as dt
import json
import re
import time
from pathlib import Path
from typing import Any

import httpx
import nbformat
import pytest
from hypothesis import given

from deepnote_async import AsyncDeepnote, RunResult
from deepnote_async.snapshot import Block, Snapshot, SnapshotNotebook, read_ipynb
from deepnote_async.snapshot.display.cells import CellIds
from deepnote_async.snapshot.display.plain import plain
from deepnote_emulator import Emulator
from tests.support.hostile import documents, many
from tests.support.service import RUN_ID, client_of, run_json


def cells_of(*blocks: dict[str, Any]) -> list[dict[str, Any]]:
    document = {"project": {"notebooks": [{"id": "nb", "name": "N", "blocks": list(blocks)}]}}
    return valid(Snapshot.from_dict(document).to_ipynb())


def cell_of(block_type: str, content: str = "", *outputs: dict[str, Any], **fields: Any) -> dict[str, Any]:
    (cell,) = cells_of({"id": "b", "type": block_type, "content": content, "outputs": list(outputs), **fields})
    return cell


def valid(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    """Hold a notebook to nbformat's schema, and to JSON; gives its cells."""
    written = json.dumps(notebook, allow_nan=False, ensure_ascii=False)
    written.encode()
    assert json.loads(written) == notebook
    nbformat.validate(json.loads(written), relax_add_props=False)
    cells: list[dict[str, Any]] = notebook["cells"]
    ids = [cell["id"] for cell in cells]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", one) for one in ids)
    return cells


@many
@given(documents)
def test_any_document_gives_valid_notebooks_that_lose_nothing(document: dict[str, Any]) -> None:
    snapshot = Snapshot.from_dict(document)
    for notebook in snapshot.notebooks:
        cells = valid(snapshot.to_ipynb(notebook.id))
        found = snapshot.notebook(notebook.id)  # the first of that id
        assert found is not None
        for block, cell in zip(found.blocks, cells, strict=True):
            is_kept(block, cell)


def is_kept(block: Block, cell: dict[str, Any]) -> None:
    kept = cell["metadata"]["deepnote"]
    for name, value in block.raw.items():
        if name == "content":
            found = kept["content"] if "content" in kept else cell["source"]
            assert found == plain(value) or found == plain(block.content)
        elif name == "outputs":
            assert len(block.outputs) == len(cell.get("outputs", kept.get("outputs", ())))
            held = value if isinstance(value, list) else []
            is_held = (value is None or isinstance(value, list)) and len(block.outputs) == len(held)
            assert is_held or kept["no_outputs"] == plain(value)
        elif name not in {"source", "cell_type"}:
            assert kept[plain(name)] == plain(value)


@pytest.mark.parametrize(
    ("block_type", "content", "metadata", "kind", "source"),
    [
        ("code", "x = 1\ny", {}, "code", "x = 1\ny"),
        ("sql", "SELECT 1", {"deepnote_variable_name": "df"}, "code", "SELECT 1"),
        ("markdown", "# *A*", {}, "markdown", "# *A*"),
        ("text-cell-h1", "A\nb", {}, "markdown", "# A b"),
        ("text-cell-h3", "A", {}, "markdown", "### A"),
        ("text-cell-p", "2 * 3 < [7]", {}, "markdown", "2 \\* 3 \\< \\[7]"),
        ("text-cell-bullet", "a\nb", {}, "markdown", "- a\n  b"),
        ("text-cell-todo", "a", {}, "markdown", "- [ ] a"),
        ("text-cell-todo", "a", {"checked": True}, "markdown", "- [x] a"),
        ("text-cell-callout", "a\nb", {}, "markdown", "> a\n> b"),
        ("separator", "", {}, "markdown", "---"),
        ("image", "", {"deepnote_img_src": "a b>.png"}, "markdown", "![](<a%20b%3E.png>)"),
        ("image", "", {}, "markdown", ""),
        ("visualization", "", {"deepnote_variable_name": "df"}, "code", "# visualization: df"),
        ("button", "", {"deepnote_button_title": "Go\nnow"}, "code", "# button: Go\n# now"),
        ("big-number", "", {"deepnote_big_number_title": "Max"}, "code", "# big-number: Max"),
        ("agent", "Look at it.\n\nTell.", {}, "code", "# agent\n# Look at it.\n#\n# Tell."),
        ("notebook-function", "", {"function_notebook_id": "n2"}, "code", "# notebook-function: n2"),
        ("hologram", "what is this", {}, "raw", "what is this"),
    ],
)
def test_each_block_becomes_the_cell_that_is_expected(
    block_type: str, content: str, metadata: dict[str, Any], kind: str, source: str
) -> None:
    cell = cell_of(block_type, content, metadata=metadata, sortingKey="a0")
    assert (cell["cell_type"], cell["source"]) == (kind, source)
    kept = cell["metadata"]["deepnote"]
    assert (kept["id"], kept["type"], kept["metadata"], kept["sortingKey"]) == ("b", block_type, metadata, "a0")
    assert kept.get("content", source) == content


STREAM = {"output_type": "stream", "name": "stdout", "text": ["a\n", "b"]}


@pytest.mark.parametrize(("block_type", "kind"), [("hologram", "code"), ("raw", "raw"), ("markdown", "markdown")])
def test_outputs_of_blocks_that_should_have_none_are_kept(block_type: str, kind: str) -> None:
    cell = cell_of(block_type, "x", STREAM)
    assert cell["cell_type"] == kind
    if kind == "code":
        assert (cell["source"], cell["outputs"][0]["text"]) == ("# hologram\n# x", "a\nb")
    else:
        assert cell["metadata"]["deepnote"]["outputs"] == [STREAM]


@pytest.mark.parametrize(
    ("block_type", "value", "metadata", "expected"),
    [
        ("input-text", "it's\n", {}, "it's\n"),
        ("input-textarea", "", {}, ""),
        ("input-checkbox", True, {}, True),
        ("input-slider", "5", {}, 5),
        ("input-slider", "0.25", {}, 0.25),
        ("input-slider", "__import__('os')", {}, "__import__('os')"),
        ("input-select", "a", {}, "a"),
        ("input-select", "", {}, None),
        ("input-select", ["a", "b'"], {}, ["a", "b'"]),
        ("input-file", "", {}, None),
        ("input-date", "2026-01-31", {"deepnote_input_date_version": 2}, dt.date(2026, 1, 31)),
        ("input-date", "2026-01-31T10:30:00.000Z", {"deepnote_input_date_version": 2}, dt.date(2026, 1, 31)),
        ("input-date", "2026-01-31T10:30:00.000Z", {}, dt.datetime(2026, 1, 31, 10, 30)),  # noqa: DTZ001  (as the kernel)
        ("input-date", "someday", {"deepnote_input_date_version": 2}, "someday"),
        ("input-date", "", {}, None),
        ("input-date-range", ["2026-01-01", ""], {}, [dt.date(2026, 1, 1), None]),
        ("input-date-range", "past7days", {}, "past7days"),
        ("input-text", None, {}, None),
        ("input-text", float("nan"), {}, pytest.approx(float("nan"), nan_ok=True)),
    ],
)
def test_an_input_sets_its_variable_to_a_value_of_the_right_type(
    block_type: str, value: Any, metadata: dict[str, Any], expected: object
) -> None:
    settings = {"deepnote_variable_name": "x", "deepnote_variable_value": value, **metadata}
    cell = cell_of(block_type, metadata=settings)
    names: dict[str, Any] = {}
    exec(cell["source"], names)  # noqa: S102  (that is the test)
    assert cell["cell_type"] == "code"
    assert (names["x"], type(names["x"])) == (expected, type(names["x"]))
    if isinstance(expected, str | bool | int | float | list | dt.date):
        assert type(names["x"]) is type(expected)


def test_a_number_of_more_digits_than_python_writes_is_kept() -> None:
    settings = {"deepnote_variable_name": "x", "deepnote_variable_value": 10**5000}
    cell = cell_of(
        "input-text", "", {"output_type": "display_data", "data": {"text/plain": 10**5000}}, metadata=settings
    )
    assert cell["source"] == f"x = {10**5000:#x}"
    assert cell["outputs"][0]["data"] == {"text/plain": f'"{10**5000:#x}"'}
    assert cell["metadata"]["deepnote"]["metadata"]["deepnote_variable_value"] == hex(10**5000)


@pytest.mark.parametrize("name", ["class", "a b", "x\nimport os", "1", "x; y"])
def test_a_name_that_is_no_variable_is_only_told(name: str) -> None:
    settings = {"deepnote_variable_name": name, "deepnote_variable_value": "v"}
    source = cell_of("input-text", metadata=settings)["source"]
    assert all(line.startswith("#") for line in source.splitlines())


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ({"output_type": "stream", "text": ["a", "b"]}, {"output_type": "stream", "name": "stdout", "text": "ab"}),
        ({"output_type": "error"}, {"output_type": "error", "ename": "", "evalue": "", "traceback": []}),
        (
            {"output_type": "display_data", "data": {"text/plain": ["a", "b"], "a/b": 5, "application/json": [1]}},
            {
                "output_type": "display_data",
                "data": {"text/plain": "ab", "a/b": "5", "application/json": [1]},
                "metadata": {},
            },
        ),
        (
            {"output_type": "execute_result", "data": {"application/a+json": float("inf")}, "execution_count": -1},
            {
                "output_type": "execute_result", "data": {"application/a+json": None}, "metadata": {},
                "execution_count": None,
            },
        ),
        (
            {"output_type": "update_display_data", "data": {"text/plain": "a"}, "transient": 1},
            {
                "output_type": "display_data", "data": {"text/plain": "a"},
                "metadata": {
                    "deepnote": {"output_type": "update_display_data", "data": {"text/plain": "a"}, "transient": 1}
                },
            },
        ),
        (
            {"output_type": "later", "x": [1]},
            {
                "output_type": "display_data", "data": {"text/plain": '{"output_type": "later", "x": [1]}'},
                "metadata": {"deepnote": {"output_type": "later", "x": [1]}},
            },
        ),
    ],
)  # fmt: skip
def test_outputs_are_made_valid(output: dict[str, Any], expected: dict[str, Any]) -> None:
    assert cell_of("code", "x", output)["outputs"] == [expected]


def test_fields_of_an_output_that_nbformat_has_no_place_for_are_kept_in_the_cell() -> None:
    kept = cell_of("code", "x", STREAM, {**STREAM, "at": 5}, {"output_type": "error", "ename": 7})["metadata"][
        "deepnote"
    ]
    assert kept["outputs"] == [{"index": 1, "fields": {"at": 5}}, {"index": 2, "fields": {"ename": 7}}]


@pytest.mark.parametrize("outputs", ["abc", 5, {"output_type": "stream"}, [1, STREAM], [[STREAM]]])
def test_outputs_that_are_none_are_kept_in_the_cell(outputs: object) -> None:
    (cell,) = cells_of({"id": "b", "type": "code", "outputs": outputs})
    assert cell["metadata"]["deepnote"]["no_outputs"] == outputs


def test_ids_are_those_of_the_blocks_where_they_can_be() -> None:
    given_ids = ["a-1", "a", "a", "a b", "a b", "", "x" * 64, "x" * 65, "é", "a\n", "a-2"]
    cells = cells_of(*({"id": one, "type": "code"} for one in given_ids))
    ids = [cell["id"] for cell in cells]
    assert (ids[:3], ids[6]) == (["a-1", "a", "a-2"], "x" * 64)
    assert [cell["metadata"]["deepnote"]["id"] for cell in cells] == given_ids


def test_many_blocks_of_one_id_take_no_longer_than_others() -> None:
    ids = CellIds()
    count = 20_000
    given_ids = [ids.give(f"a-{count + n}", n) for n in range(count)]
    began = time.perf_counter()
    given_ids += [ids.give("a", count + n) for n in range(count)]
    assert time.perf_counter() - began < 5  # minutes, if each began anew
    assert len(set(given_ids)) == 2 * count


def test_the_notebook_says_where_it_is_from() -> None:
    project = {
        "id": "p",
        "name": "P",
        "notebooks": [{"id": "nb", "name": "Näme", "executionMode": "block", "later": 1}],
    }
    metadata = Snapshot.from_dict({"project": project}).to_ipynb()["metadata"]
    assert metadata == {
        "title": "Näme",
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "deepnote": {
            "id": "nb", "name": "Näme", "executionMode": "block", "later": 1, "project": {"id": "p", "name": "P"}
        },
    }  # fmt: skip


def test_one_of_several_notebooks_has_to_be_named() -> None:
    some = [{"id": f"n{number}", "name": "N", "blocks": []} for number in range(12)]
    snapshot = Snapshot.from_dict({"project": {"notebooks": some}})
    with pytest.raises(ValueError, match=r"12 notebooks, say which by its id: 'n0', .*'n9' and 2 more$"):
        snapshot.to_ipynb()
    with pytest.raises(ValueError, match=r"no notebook 'zzz', but: 'n0', "):
        snapshot.to_ipynb("zzz")
    with pytest.raises(ValueError, match="it holds none"):
        Snapshot.from_dict({"project": {"notebooks": []}}).to_ipynb()
    assert valid(snapshot.to_ipynb("n3")) == []


def test_text_that_is_not_unicode_can_be_written() -> None:
    blocks = read_ipynb(
        '{"cells": [{"cell_type": "code", "source": "\\ud83d\\ude00 \\ud800", "outputs": [], "id": "a"}]}'
    )
    notebook = SnapshotNotebook(id="nb", name="N", blocks=blocks)
    snapshot = Snapshot.from_dict({"project": {"notebooks": []}})
    whole = Snapshot(notebooks=(notebook,), raw=snapshot.raw, project=snapshot.project)
    (cell,) = valid(whole.to_ipynb())
    assert cell["source"] == "😀 \ufffd"


async def test_a_result_has_the_notebook_that_ran_with_the_values_it_was_started_with(
    client: AsyncDeepnote, emulator: Emulator
) -> None:
    notebook_id = emulator.notebook_id("score.deepnote")
    result = await client.runs.run(notebook_id, inputs={"region": "US", "n": 4}, timeout=60)
    cells = valid(result.to_ipynb())
    assert [cell["source"] for cell in cells[1:4]] == ["region = 'US'", "n = 4", "show_table = True"]
    assert cells[4]["outputs"][0]["text"].startswith("region=US n=4")
    assert [cell.get("execution_count") for cell in cells] == [None, 1, 2, 3, 4, 5]
    again = read_ipynb(json.dumps(result.to_ipynb()))
    assert [output.text for block in again for output in block.outputs] == [output.text for output in result.outputs]


async def test_a_run_without_a_document_has_no_notebook() -> None:
    result = await result_without_document()
    with pytest.raises(ValueError, match=f"{RUN_ID} left no document"):
        result.to_ipynb()


async def result_without_document() -> RunResult:
    async with client_of(lambda _: httpx.Response(200, json=run_json())) as client:
        return await client.runs.handle(RUN_ID).result()


def test_the_samples(samples: Path) -> None:
    files = sorted(samples.glob("*/*.deepnote"))
    assert files
    for file in files:
        snapshot = Snapshot.read(file)
        for notebook in snapshot.notebooks:
            cells = valid(snapshot.to_ipynb(notebook.id))
            assert len(cells) == len(notebook.blocks) > 0
            for block, cell in zip(notebook.blocks, cells, strict=True):
                is_kept(block, cell)
