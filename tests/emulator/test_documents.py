"""Loading a folder of notebooks, and writing snapshots."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepnote_async.snapshot import yaml12 as facade_yaml
from deepnote_emulator import EmulatorError
from deepnote_emulator.documents import load_folder, yaml12

NOTEBOOK = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
DEEPNOTE = (
    "version: 1.0.0\nmetadata: {createdAt: 2026-01-01T00:00:00Z}\n"
    "project: {id: 5b0f6a52-7c3e-4d0c-9a41-3f2c8e1d7a11, name: P, initNotebookId: init, notebooks: ["
    "{id: init, name: Init, blocks: []}, {id: main, name: Main, blocks: [{id: b, type: code, content: 'x = 1'}]}]}\n"
)


def test_the_demo_notebooks(notebooks: Path) -> None:
    projects = {project.name: project for project in load_folder(notebooks)}
    assert set(projects) == {"Score demo", "fails", "score", "slow"}
    score = projects["Score demo"].notebooks[0]
    assert score.id == "0f9c4b7ad21e4c33b6a85d17e2904f60"
    assert [block.type for block in score.blocks] == [
        "markdown", "input-text", "input-slider", "input-checkbox", "code", "code",
    ]  # fmt: skip
    assert score.created_at == dt.datetime(2026, 1, 15, 9, tzinfo=dt.UTC)


def test_ids_of_ipynb_files_do_not_change(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.ipynb").write_text(json.dumps(NOTEBOOK))
    first, second = (load_folder(tmp_path)[0] for _ in range(2))
    assert (first.id, first.notebooks[0].id) == (second.id, second.notebooks[0].id)
    assert first.name == "deep/a"
    assert len(first.notebooks[0].id) == 32


def test_a_deepnote_file_keeps_its_ids_and_knows_its_init_notebook(tmp_path: Path) -> None:
    (tmp_path / "p.deepnote").write_text(DEEPNOTE)
    (project,) = load_folder(tmp_path)
    assert [(notebook.id, notebook.is_init) for notebook in project.notebooks] == [("init", True), ("main", False)]


def test_what_is_no_notebook_is_passed_over(tmp_path: Path) -> None:
    for name in ("x.snapshot.deepnote", "data.csv", ".hidden.ipynb", ".ipynb_checkpoints/a.ipynb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("not a notebook")
    assert load_folder(tmp_path) == []


def test_cells_exported_from_deepnote_keep_their_kind(samples: Path) -> None:
    dashboard = next(project for project in load_folder(samples / "ipynb") if project.name == "Dashboard")
    kinds = [block.type for block in dashboard.notebooks[0].blocks]
    assert {"text-cell-h1", "notebook-function", "big-number"} <= set(kinds)


def test_every_sample_can_be_served(samples: Path) -> None:
    projects = load_folder(samples / "ipynb")
    assert len(projects) == 10
    for path in sorted((samples / "documents").glob("*.deepnote")):
        expected = json.loads((samples / "expected" / f"{path.name}.json").read_text(encoding="utf-8"))
        assert yaml12.load(path.read_text(encoding="utf-8")) == expected, path.name


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.ipynb", b"{not json", "not JSON.*line 1 column 2"),
        ("a.ipynb", b"\xff\xfe", "cannot be read"),
        ("a.ipynb", b"[]", "not a notebook"),
        ("a.ipynb", b"{}", "not a notebook: KeyError: 'cells'"),
        ("a.ipynb", b'{"cells": [{"cell_type": "code"}]}', "not a notebook: KeyError: 'source'"),
        ("a.deepnote", b"a: [", "not YAML"),
        ("a.deepnote", b"a: 1\na: 2", "stands twice"),
        ("a.deepnote", b"just text", "not a notebook"),
        ("a.deepnote", b"project: {id: p, name: P}", "not a notebook: KeyError: 'notebooks'"),
        ("a.deepnote", b"a: 99999", "not a notebook: KeyError: 'project'"),
    ],
)
def test_files_that_cannot_be_read_are_named(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(EmulatorError, match=f"notebook .*{name}: .*{reason}"):
        load_folder(tmp_path)


def test_a_missing_folder_and_a_double_id_are_named(tmp_path: Path) -> None:
    with pytest.raises(EmulatorError, match="nowhere: there is no such folder"):
        load_folder(tmp_path / "nowhere")
    for name in ("one.deepnote", "two.deepnote"):
        (tmp_path / name).write_text(DEEPNOTE)
    with pytest.raises(EmulatorError, match=r"two\.deepnote: the id .* is already that of .*one\.deepnote"):
        load_folder(tmp_path)


def test_two_blocks_of_one_id_are_refused(tmp_path: Path) -> None:
    (tmp_path / "p.deepnote").write_text(DEEPNOTE.replace("blocks: []", "blocks: [{id: b, type: code}]"))
    with pytest.raises(EmulatorError, match=r"p\.deepnote: .*two blocks have the id b"):
        load_folder(tmp_path)


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
keys = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")))
documents = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(keys, inner), max_leaves=20)


@given(documents)
def test_what_is_written_reads_back_the_same_on_both_sides(document: Any) -> None:
    text = yaml12.dump(document)
    for load in (yaml12.load, facade_yaml.load):
        assert _exact(load(text)) == _exact(document)


def _exact(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def test_aliases_are_refused_as_the_vendor_refuses_them(tmp_path: Path) -> None:
    (tmp_path / "x.deepnote").write_text(DEEPNOTE.replace("metadata: {", "a: &a 1\nb: *a\nmetadata: {"))
    with pytest.raises(EmulatorError, match="aliases are not allowed"):
        load_folder(tmp_path)
