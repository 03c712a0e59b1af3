"""YAML 1.2: right values, and no harm from hostile documents."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import yaml

from deepnote_async import SnapshotError
from deepnote_async.snapshot import Snapshot, yaml12

DOCUMENTS = ("documents/*.deepnote", "snapshots/*.deepnote", "demo/*.deepnote")


@pytest.fixture(params=["CSafeLoader", "SafeLoader"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Read with libyaml, and as where PyYAML was built without it."""
    name: str = request.param
    monkeypatch.setattr(yaml12, "_Parser", getattr(yaml, name))
    return name


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
        ('{"a":1,"\\/":"\\x41\\u00e9\\U0001F600"}', {"a": 1, "/": "Aé😀"}),
        ("{a: &x [1], b: *x, &k c: &s s, d: *s}", {"a": [1], "b": [1], "c": "s", "d": "s"}),
        ("{a: &k x, *k : 1}", {"a": "x", "x": 1}),
        ("[!!str 1, !!float 1, !!float .inf, !!int 0x10]", ["1", 1.0, math.inf, 16]),
        ("[!!null '', !!bool 'true', !!map {}, !!seq []]", [None, True, {}, []]),
        ("%YAML 1.2\n--- a\n...\n", "a"),
        ("\ufeffa: b", {"a": "b"}),
        ("a: one\u2028two\x85three\u2029", {"a": "one\u2028two\x85three\u2029"}),
        ("a: |\n  one\u2028two\n  three \ufdd0\n", {"a": "one\u2028two\nthree \ufdd0\n"}),
        ("a: 1\r\nb: |\r\n  x\r\n  y\r\n", {"a": 1, "b": "x\ny\n"}),
        ("", None),
    ],
)
@pytest.mark.usefixtures("parser")
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
        ("--- 1\n--- 2\n", "line 2: a second document"),
        ("--- 1\n...\n--- 2\n", "line 3: a second document"),
        ("!!python/object:os.system x", "core schema"),
        ("!!python/object/apply:os.system [x]", "core schema"),
        ("!local {a: 1}", "core schema"),
        ("!!timestamp 2024-99-99", "core schema"),
        ("!!binary aGVsbG8=", "core schema"),
        ("!!set {a, b}", "core schema"),
        ("!!int x", "core schema"),
        ("!!bool 1", "core schema"),
        ("!!seq {a: 1}", "core schema"),
        ("[" * 40 + "{a: " * 40, "nested deeper"),
        ("a: &a " + "[" * 40 + "]" * 40 + "\nb: " + "[" * 40 + "*a" + "]" * 40, "line 2: .* nested deeper"),
        ("9" * 5_000, "cannot be read"),
        ("*unknown", "line 1: the alias 'unknown' has no anchor"),
        ("a: &a [*a]", "line 1: the alias 'a' has no anchor"),
        ("%YAML 2.0\n---\na", "not YAML"),
        ("a: 1\n\tb: 2", "not YAML"),
        ("a: \ud800", "cannot be read|not allowed"),
        ("{? &k [x] : 1}", "plain value"),
        ("&k {a: 1, *k : 1}", "no anchor"),
    ],
)
@pytest.mark.usefixtures("parser")
def test_what_is_refused(text: str, reason: str) -> None:
    with pytest.raises(SnapshotError, match=reason):
        yaml12.load(text)


@pytest.mark.parametrize("levels", [7, 30])
def test_an_alias_bomb_is_refused(levels: int) -> None:
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{level}: &a{level} [{','.join([f'*a{level - 1}'] * 10)}]" for level in range(1, levels)]
    with pytest.raises(SnapshotError, match="aliases"):
        yaml12.load("\n".join(lines))


def test_a_long_text_may_not_be_repeated_by_aliases() -> None:
    with pytest.raises(SnapshotError, match="aliases"):
        yaml12.load(f"a: &a {'x' * 1_000_000}\nb: [{','.join(['*a'] * 10)}]")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_bytes_are_read_as_text_is(encoding: str) -> None:
    text = "a: é 😀 \u2028 x\nb: [1, yes]\n"
    assert yaml12.load(text.encode(encoding)) == {"a": "é 😀 \u2028 x", "b": [1, "yes"]}


@pytest.mark.parametrize("data", [b"a: \xff", b"\xff\xfea", b"\x00", b"a: \xed\xa0\x80", b"a: \xe2\x80\xa8\xff"])
def test_bytes_that_are_no_text_are_refused(data: bytes) -> None:
    with pytest.raises(SnapshotError):
        yaml12.load(data)


def test_every_sample_is_read_right(samples: Path) -> None:
    paths = [path for pattern in DOCUMENTS for path in sorted(samples.glob(pattern))]
    assert len(paths) >= 24
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
