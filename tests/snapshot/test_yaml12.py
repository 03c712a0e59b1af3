"""YAML 1.2: right values, and no harm from hostile documents."""

from __future__ import annotations

import contextlib
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepnote_async import SnapshotError
from deepnote_async.snapshot import Snapshot, yaml12

DOCUMENTS = ("documents/*.deepnote", "snapshots/*.deepnote")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[yes, no, on, off, y, n, Yes, OFF]", ["yes", "no", "on", "off", "y", "n", "Yes", "OFF"]),
        ("[true, True, FALSE, null, ~, Null]", [True, True, False, None, None, None]),
        ("{on: 1, a: }", {"on": 1, "a": None}),
        ("2024-05-02", "2024-05-02"),
        ("2024-05-02T10:00:00Z", "2024-05-02T10:00:00Z"),
        ("12:30:00", "12:30:00"),
        ("1_000", "1_000"),
        ("[017, 0o17, 0x1F, -5, +5]", [17, 15, 31, -5, 5]),
        ("[1.0, 1e3, .5, -1.5E-2, 1.]", [1.0, 1000.0, 0.5, -0.015, 1.0]),
        ("[.inf, -.INF]", [math.inf, -math.inf]),
        ("=", "="),
        ("{<<: 1}", {"<<": 1}),
        ("'1'", "1"),
        ("|\n  a\n  b\n", "a\nb\n"),
        ("0b1", "0b1"),
        ("", None),
    ],
)
def test_the_core_schema(text: str, value: Any) -> None:
    assert yaml12.load(text) == value
    assert json.dumps(yaml12.load(text)) == json.dumps(value)  # tells 1 from 1.0 and from True


def test_not_a_number() -> None:
    assert math.isnan(yaml12.load(".nan"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{a: 1, a: 2}", "line 1: the key 'a' stands twice"),
        ("a: 1\nb:\n  c: 1\n  c: 2\n", "line 4: the key 'c' stands twice"),
        ("? [a, b]\n: 1\n", "plain value"),
        ("[" * 100_000, "nested deeper"),
        ("{a: " * 100_000, "nested deeper"),
        ("- " * 5_000 + "x", "nested deeper"),
        ("a: &a [x]\nb: [" + "*a, " * 300 + "]", "aliases"),
        ("a: [unclosed", "not YAML"),
        ("a\x00b", "not YAML"),
        ("--- 1\n--- 2\n", "not YAML"),
        ("!!python/object:os.system x", "not YAML"),
        ("!!timestamp 2024-99-99", "cannot be read|not YAML"),
        ("9" * 5_000, "cannot be read"),
        ("*unknown", "not YAML"),
    ],
)
def test_what_is_refused(text: str, reason: str) -> None:
    with pytest.raises(SnapshotError, match=reason):
        yaml12.load(text)


def test_an_alias_bomb_is_refused() -> None:
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{level}: &a{level} [{','.join([f'*a{level - 1}'] * 10)}]" for level in range(1, 30)]
    with pytest.raises(SnapshotError, match="aliases"):
        yaml12.load("\n".join(lines))


@given(st.text())
def test_any_text_is_a_document_or_an_error(text: str) -> None:
    with contextlib.suppress(SnapshotError):
        Snapshot.parse(text)


def test_every_sample_is_read_right(samples: Path) -> None:
    paths = [path for pattern in DOCUMENTS for path in sorted(samples.glob(pattern))]
    assert len(paths) >= 23
    for path in paths:
        expected = (samples / "expected" / f"{path.name}.json").read_text(encoding="utf-8")
        value = yaml12.load(path.read_text(encoding="utf-8"))
        assert json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False) == expected, path.name


def test_the_sample_snapshots_give_blocks_and_outputs(samples: Path) -> None:
    index = json.loads((samples / "expected" / "index.json").read_text(encoding="utf-8"))["files"]
    described = {Path(entry["path"]).name: entry for entry in index.values()}
    for path in sorted(samples.glob("snapshots/*.deepnote")):
        snapshot = Snapshot.parse(path.read_text(encoding="utf-8"))
        blocks = [block for notebook in snapshot.notebooks for block in notebook.blocks]
        assert len(blocks) == described[path.name]["blocks"]
        assert sum(len(block.outputs) for block in blocks) == described[path.name]["outputs"]
