"""Outputs as files: which form, under which name, whole or not at all."""

from __future__ import annotations

import base64
import json
import os
import stat
import tempfile
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from deepnote_async import Block, Execution, Output, Snapshot, SnapshotError
from deepnote_async.snapshot import HasOutputs, OutputGroup

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(100))
PNG_TEXT = base64.encodebytes(PNG).decode()


class Left(HasOutputs):
    """Blocks, as a result has them."""

    def __init__(self, *blocks: Block) -> None:
        self.blocks = blocks

    def _groups(self) -> tuple[OutputGroup, ...]:
        return tuple(group for block in self.blocks for group in block._groups())


def stream(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


def block(block_id: str, *outputs: dict[str, Any], position: int = 0) -> Block:
    return Block.from_dict({"id": block_id, "type": "code", "outputs": list(outputs)}, position)


def value(**forms: Any) -> dict[str, Any]:
    return {"output_type": "display_data", "data": {name.replace("__", "/"): form for name, form in forms.items()}}


def saved(output: dict[str, Any], folder: Path) -> tuple[str, bytes]:
    (path,) = block("b1", output, position=3).save(folder)
    assert path.parent == folder
    return path.name, path.read_bytes()


VEGA = "application/vnd.vega.v5+json"
VEGA_LITE = "application/vnd.vegalite.v5.20+json"
TABLE = "application/vnd.deepnote.dataframe.v3+json"
QUERY = "application/vnd.deepnote.sql-output-metadata+json"
PDF = b"%PDF-1.7"


@pytest.mark.parametrize(
    ("data", "suffix", "content"),
    [
        ({"image/png": PNG_TEXT, "text/html": "<p>", "text/plain": "x"}, ".png", PNG),
        ({"image/svg+xml": "<svg>", "image/png": PNG_TEXT}, ".png", PNG),
        ({"image/svg+xml": ["<svg>", "é"]}, ".svg", "<svg>é".encode()),
        ({"image/x-odd": PNG_TEXT, "text/plain": "x"}, ".bin", PNG),
        ({"image/png": None, "text/plain": "x"}, ".txt", b"x"),
        ({"text/html": ["<b>é", "</b>"], "application/json": {}, "text/plain": "x"}, ".html", "<b>é</b>".encode()),
        ({TABLE: {"rows": []}, "text/html": "<table>", "text/plain": "x"}, ".html", b"<table>"),
        ({"application/json": {"a": 1}, VEGA: {}, "text/plain": "x"}, ".json", b'{\n  "a": 1\n}\n'),
        ({"application/geo+json": [1], VEGA: {"b": 2}}, ".vega.json", b'{\n  "b": 2\n}\n'),
        ({VEGA_LITE: {"b": 2}, "text/plain": "x"}, ".vl.json", b'{\n  "b": 2\n}\n'),
        ({TABLE: [1], "text/plain": "x"}, ".json", b"[\n  1\n]\n"),
        ({QUERY: [1], "text/plain": "x"}, ".txt", b"x"),
        ({"text/latex": "$x$", "text/markdown": "# x", "text/plain": "x"}, ".md", b"# x"),
        ({"text/latex": "$x$", "application/pdf": "", "text/plain": "x"}, ".tex", b"$x$"),
        ({"application/pdf": base64.b64encode(PDF).decode(), "text/plain": "x"}, ".pdf", PDF),
        ({"text/plain": "\x1b[1mx\x1b[0m", "application/x-unknown": "y"}, ".txt", b"x"),
        ({"text/csv": "a,b\n"}, ".csv", b"a,b\n"),
        ({"text/plain": "half \ud800"}, ".txt", b"half \\ud800"),
    ],
)
def test_the_richest_form_is_saved(data: dict[str, Any], suffix: str, content: bytes, tmp_path: Path) -> None:
    assert saved({"output_type": "execute_result", "data": data}, tmp_path) == (f"003-b1-1{suffix}", content)


@pytest.mark.parametrize(
    ("output", "suffix", "content"),
    [
        (stream("\x1b[31mred\x1b[0m\r\n"), ".txt", b"red\r\n"),
        (stream("careful", "stderr"), ".stderr.txt", b"careful"),
        ({"output_type": "error", "traceback": ["\x1b[31mline 1\x1b[0m", "line 2"]}, ".error.txt", b"line 1\nline 2"),
        ({"output_type": "error", "ename": "E", "evalue": "bad"}, ".error.txt", b"E: bad"),
        ({"output_type": "hologram", "depth": 3}, ".json", b'{\n  "output_type": "hologram",\n  "depth": 3\n}\n'),
    ],
)
def test_what_is_no_value_is_saved(output: dict[str, Any], suffix: str, content: bytes, tmp_path: Path) -> None:
    assert saved(output, tmp_path) == (f"003-b1-1{suffix}", content)


def test_json_is_json_whatever_yaml_holds(tmp_path: Path) -> None:
    data = {"nan": float("nan"), 1: [float("inf"), "é\ud800"], float("nan"): None}
    _name, content = saved(value(application__json=data), tmp_path)
    assert json.loads(content) == {
        "nan": None,
        "1": [None, "é\ud800"],
    }  # of two keys that are the same, the last counts
    assert b"NaN" not in content
    assert "é".encode() in content


def test_names_tell_the_order(tmp_path: Path) -> None:
    left = Left(
        block("b1", stream("a"), position=0),
        block("b1", *[stream(str(number)) for number in range(11)], position=9),
        block("B1", stream("z"), position=10),
    )
    paths = left.save(tmp_path / "new" / "folder")
    assert [path.name for path in paths[:3]] == ["000-b1-1.txt", "009-b1-01.txt", "009-b1-02.txt"]
    assert sorted(path.name for path in paths) == [path.name for path in paths]
    assert [path.read_text() for path in paths] == ["a", *map(str, range(11)), "z"]
    assert sorted((tmp_path / "new" / "folder").iterdir()) == list(paths)


def test_many_blocks_keep_their_order_too(tmp_path: Path) -> None:
    paths = Left(block("a", stream("1"), position=7), block("a", stream("2"), position=12_345)).save(tmp_path)
    assert [path.name for path in paths] == ["00007-a-1.txt", "12345-a-1.txt"]


def test_what_stands_in_no_block_is_numbered(tmp_path: Path) -> None:
    execution = Execution(outputs=tuple(map(Output.from_dict, [stream("a"), value(image__png=PNG_TEXT)])))
    assert [path.name for path in execution.save(tmp_path)] == ["001.txt", "002.png"]
    assert Execution(outputs=()).save(tmp_path / "empty") == ()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    left = block("b", stream("1"), stream("2"), stream("3"))
    (tmp_path / "000-b-2.txt").symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileExistsError, match="nothing is overwritten") as caught:
        left.save(tmp_path)
    assert caught.value.filename == str(tmp_path / "000-b-2.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["000-b-2.txt"]
    (tmp_path / "000-b-2.txt").unlink()
    assert len(left.save(tmp_path)) == 3
    with pytest.raises(FileExistsError):
        left.save(tmp_path)


def test_a_name_taken_meanwhile_is_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = os.link

    def late(part: Path, path: Path) -> None:
        if path.name == "000-b-2.txt":
            path.write_text("mine")
        link(part, path)

    monkeypatch.setattr(os, "link", late)
    with pytest.raises(FileExistsError):
        block("b", stream("1"), stream("2"), stream("3")).save(tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"000-b-2.txt": "mine"}


def test_a_disk_that_is_full_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = 0

    def fsync(_descriptor: int) -> None:
        nonlocal synced
        synced += 1
        if synced == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="No space left"):
        block("b", stream("1"), stream("2"), stream("3")).save(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_system_without_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(_part: Path, path: Path) -> None:
        if path.name == "000-b-2.txt":
            path.write_text("mine")
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    (path,) = block("a", stream("1")).save(tmp_path)
    assert path.read_text() == "1"
    with pytest.raises(FileExistsError):
        block("b", stream("1"), stream("2")).save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["000-a-1.txt", "000-b-2.txt"]


@pytest.mark.parametrize(
    "damaged",
    [value(image__png="no base64!"), value(application__pdf="é"), value(application__json={"a": object()})],
)
def test_a_damaged_output_leaves_nothing(damaged: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="output 2 of block 'b1'"):
        block("b1", stream("1"), damaged).save(tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_output_nested_too_deep_is_an_error(tmp_path: Path) -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(SnapshotError, match="cannot be written as JSON"):
        block("b1", value(application__json=deep)).save(tmp_path)


HOSTILE = [
    "../../etc/passwd", "..", ".", "", "/etc/passwd", "C:\\Windows\\x", "\\\\server\\share", "a/b", "a\\b", "a:b",
    "CON", "con.txt", "NUL", "LPT1", "a\x00b", "a\nb", "\x1b[31m", "x" * 4000, "é" * 300, "\ud800", "-rf", "~", "$HOME",
    "a b", "trailing.", "trailing ", "a*b?", "<b>", '"', "|", "\u202etxt.exe", "%2e%2e%2f",
]  # fmt: skip
RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"{kind}{number}" for kind in ("COM", "LPT") for number in range(10))}


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(HOSTILE) | st.text(max_size=20), max_size=6))
@example(HOSTILE)
@example(["same", "same", "SAME", "s/me", "s_me"])
def test_any_block_id_gives_a_file_of_its_own_inside_the_folder(ids: list[str]) -> None:
    left = Left(*(block(block_id, stream(str(number)), position=number) for number, block_id in enumerate(ids)))
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent, "inside")
        paths = left.save(folder)
        assert [path.read_text() for path in paths] == [str(number) for number in range(len(ids))]
        assert list(Path(parent).iterdir()) == [folder]
        assert set(paths) == set(folder.iterdir())
        assert len({path.name.casefold() for path in paths}) == len(ids)
        for path in paths:
            assert path.parent == folder
            assert stat.S_ISREG(path.lstat().st_mode)
            name = path.name
            assert PurePosixPath(name).name == PureWindowsPath(name).name == name
            assert name.isascii()
            assert len(name) < 100
            assert not set(name) & set('<>:"/\\|?* ~$%')
            assert name.partition(".")[0].upper() not in RESERVED


def test_blocks_that_share_a_place_do_not_collide(tmp_path: Path) -> None:
    paths = Left(*(block("b", stream(str(number))) for number in range(3))).save(tmp_path)
    assert [path.read_text() for path in paths] == ["0", "1", "2"]
    assert len(set(paths)) == 3


def test_real_outputs_are_saved(samples: Path, tmp_path: Path) -> None:
    suffixes: dict[str, int] = {}
    for number, document in enumerate(sorted(samples.rglob("*.deepnote"))):
        for notebook in Snapshot.read(document).notebooks:
            blocks = Left(*notebook.blocks)
            paths = blocks.save(tmp_path / str(number) / notebook.id)
            assert len(paths) == sum(len(block.outputs) for block in notebook.blocks)
            for path in paths:
                suffix = path.name.partition(".")[2]
                suffixes[suffix] = suffixes.get(suffix, 0) + 1
    assert set(suffixes) == {"html", "json", "png", "txt", "vega.json"}
