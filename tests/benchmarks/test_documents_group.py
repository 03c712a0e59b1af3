"""The group `documents` runs and counts; no figure of time is judged here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks.documents.group import QUICK, measure
from benchmarks.documents.made import made, text_of
from benchmarks.documents.readers import OURS, PURE_LOADER, readers, wrong_values
from benchmarks.group import Settings

ROOT = Path(__file__).resolve().parent.parent.parent


def test_a_made_up_document_is_what_the_reader_gives_back() -> None:
    right = made(20_000, seed=3)
    text = text_of(right)
    assert 20_000 <= len(text) < 40_000
    assert json.dumps(readers()[OURS](text)) == json.dumps(right)
    assert text == text_of(made(20_000, seed=3)) != text_of(made(20_000, seed=4))
    pure = yaml.safe_load(text)
    assert wrong_values(pure, right) > 10
    assert "2026-01-14T13:55:41.318Z\n" in text  # plain, as the vendor's tools write it


def test_wrong_values_are_counted() -> None:
    right = {"a": [1, "on"], "b": {"c": None}, "on": 1.0}
    assert wrong_values(right, right) == 0
    assert wrong_values({"a": [True, "on"], "b": {"c": None}, True: 1.0}, right) == 2
    assert wrong_values({"a": [1], "b": "c", "on": 1}, right) == 3


def test_a_quick_run_compares_all_readers(capsys: pytest.CaptureFixture[str]) -> None:
    figures: Any = measure(Settings(quick=True, profile=False, seed=1))
    rows = {row["reader"]: row for row in figures["readers"]}
    assert {OURS, PURE_LOADER} <= set(rows) == set(readers())
    assert (rows[OURS]["wrong"], rows[PURE_LOADER]["wrong"] > 0) == (0, True)
    assert all(len(row["seconds"]) == QUICK[0].repetitions for row in rows.values())
    printed = capsys.readouterr().out
    assert all(printed.count(f": {name}  ") == 1 for name in rows)
    assert printed.count(" met") + printed.count("MISSED") == len(figures["targets"]) == 3


def test_it_is_one_of_the_groups(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    command = [sys.executable, "-m", "benchmarks", "documents", "--profile", "--json", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "documents: has no profile\n"
    assert json.loads(file.read_text())["documents"] == {}
