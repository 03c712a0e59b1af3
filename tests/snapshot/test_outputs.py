"""What outputs can be read as: text, the last JSON, images."""

from __future__ import annotations

import base64
import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepnote_async import Block, Execution, Image, Output, OutputError, Snapshot, SnapshotError
from deepnote_async.snapshot import strip_ansi

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(100))


def stream(text: Any, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


def value(**forms: Any) -> dict[str, Any]:
    """Make a value; `json_` stands for application/json, and so on."""
    names = {
        "json_": "application/json",
        "plain": "text/plain",
        "geo": "application/geo+json",
        "png": "image/png",
        "svg": "image/svg+xml",
        "sql": "application/vnd.deepnote.sql-output-metadata+json",
        "widget": "application/vnd.jupyter.widget-view+json",
        "state": "application/vnd.jupyter.widget-state+json",
        "bokeh": "application/vnd.bokehjs_exec.v0+json",
        "bokeh_load": "application/vnd.bokehjs_load.v0+json",
        "holoviews": "application/vnd.holoviews_exec.v0+json",
        "holoviews_load": "application/vnd.holoviews_load.v0+json",
    }
    return {"output_type": "display_data", "metadata": {}, "data": {names[key]: form for key, form in forms.items()}}


ERROR = {"output_type": "error", "ename": "E", "evalue": "{}", "traceback": ["[1]"]}


def block(*outputs: dict[str, Any], block_id: str = "b1", position: int = 0) -> Block:
    return Block.from_dict({"id": block_id, "type": "code", "outputs": list(outputs)}, position)


@pytest.mark.parametrize(
    ("colourful", "plain"),
    [
        ("plain", "plain"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[38;5;196mred\x1b[m \x1b[38:2::1:2:3mtrue\x1b[0m", "red true"),
        ("\x1b[?25lhidden\x1b[?25h\x1b[2K\x1b[1;1H", "hidden"),
        ("\x1b]0;a title\x07text", "text"),
        ("\x1b]8;id=1;https://a.example/?q=1\x1b\\a link\x1b]8;;\x1b\\", "a link"),
        ("\x1b]8;;https://a.example\x07a link\x1b]8;;\x07", "a link"),
        ("\x1bPq#0;2;0;0;0#0~~@@\x1b\\after", "after"),
        ("\x1b(B\x1b)0\x1b#8\x1b%Gcharset", "charset"),
        ("\x1b7saved\x1b8\x1b=\x1b>\x1bc\x1bM", "saved"),
        ("10%\r50%\b\b\b60%\r\n", "10%\r50%\b\b\b60%\r\n"),
        ("cut off \x1b[31", "cut off "),
        ("cut off \x1b", "cut off "),
        ("no end \x1b]0;title\nnext line", "no end 0;title\nnext line"),
        ("odd \x1b[31é", "odd é"),
        ("twice \x1b\x1b[31mred", "twice red"),
    ],
)
def test_terminal_sequences_are_stripped(colourful: str, plain: str) -> None:
    assert strip_ansi(colourful) == plain


@given(st.text(alphabet="\x1b[]()PX^_#;?0189mhK\\\x07\n ab\x9b"))
def test_no_sequence_is_left_and_no_line_is_lost(text: str) -> None:
    stripped = strip_ansi(text)
    assert "\x1b" not in stripped
    assert strip_ansi(stripped) == stripped
    if not {"P", "X", "^", "_"} & set(text):  # strings for devices may span lines
        assert stripped.count("\n") == text.count("\n")


def test_much_of_what_only_looks_like_a_sequence_takes_no_time() -> None:
    for start in ("\x1b]", "\x1bP", "\x1b[", "\x1b[1", "\x1b("):
        assert "\x1b" not in strip_ansi(start * 100_000 + "1;" * 100_000)


def test_text_with_and_without_colours() -> None:
    cell = block(stream("\x1b[1mone\x1b[0m\n"), stream("warning", "stderr"), value(plain=["4", "2"]), ERROR)
    assert cell.text == "\x1b[1mone\x1b[0m\n42\n"
    assert cell.plain_text == "one\n42\n"


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        ([value(json_={"a": 1}, plain="<IPython.core.display.JSON object>")], {"a": 1}),
        ([value(json_={"a": 1}), value(json_=[2])], [2]),
        ([value(json_={"a": 1}), stream("done\n"), value(plain="<Figure>", png="")], {"a": 1}),
        ([value(json_='{"a": 1}')], '{"a": 1}'),
        ([value(json_=None, plain="[1]")], None),
        ([value(geo={"type": "Point"}, json_=3)], 3),
        ([value(plain="x", geo={"type": "Point"})], {"type": "Point"}),
        ([value(plain="42")], 42),
        ([value(plain='"it\'s"')], "it's"),
        ([value(plain=['{"a":\n', " [1]}"])], {"a": [1]}),
        ([stream('{"a": 1}\n')], {"a": 1}),
        ([stream('loading\n10%\r100%\n{"a": "\u2028"}\n\n')], {"a": "\u2028"}),
        ([stream("10%\r100%\r[1, 2]")], [1, 2]),
        ([stream('{\n  "a": [\n    1\n  ]\n}\n')], {"a": [1]}),
        ([stream('{"first": 1}\n{"second": 2}\n')], {"second": 2}),
        ([stream('{\n  "a": '), stream("1\n}\n")], {"a": 1}),
        ([stream('{"a": 1}\n'), stream("[1]", "stderr"), stream("100\n")], {"a": 1}),
        ([value(json_=1), value(sql={"status": "ok"}), value(widget={"model_id": "x"}, plain="HBox()")], 1),
        ([value(json_=1), ERROR], 1),
        ([value(json_=1), value(bokeh="")], 1),
        ([value(json_=1), value(bokeh={"a": 1}), value(bokeh_load={"a": 1})], 1),
        ([stream('{"a": 1}\n'), value(holoviews={}, plain=":Curve"), value(holoviews_load={})], {"a": 1}),
        ([value(json_=1), value(state={"version_major": 2})], 1),
        ([value(json_=1), value(geo="", plain="")], 1),
        ([value(geo="", plain="[2]")], [2]),
        ([value(json_="")], ""),
        ([stream('\x1b[32m{"a": 1}\x1b[0m\n')], {"a": 1}),
        ([stream("done\n\x1b[1;31m[\x1b[0m1]\x1b[0m\n")], [1]),
    ],
)
def test_the_last_structured_output(outputs: list[dict[str, Any]], expected: object) -> None:
    assert block(*outputs).json() == expected


@pytest.mark.parametrize(
    "nothing",
    [
        [stream("42\n")],
        [stream('"text"\n')],
        [stream('{"a": NaN}\n')],
        [stream("[Infinity]")],
        [stream("[1, 2] rows\n")],
        [stream("[" * 100_000 + "]" * 100_000)],
        [stream('{"a": 1}', "stderr")],
        [value(plain="{'a': 1}")],
        [value(plain="NaN")],
        [value(plain="-Infinity")],
        [ERROR],
        [value(sql={"status": "ok"})],
        [],
    ],
)
def test_what_is_no_structured_output(nothing: list[dict[str, Any]]) -> None:
    with pytest.raises(OutputError, match=r"print\(json\.dumps\(x\)\) or display\(JSON\(x\)\)"):
        block(*nothing).json()


def test_the_error_tells_what_was_looked_at() -> None:
    outputs = [stream("1"), stream("2"), stream("3", "stderr"), value(plain="<Figure>"), ERROR]
    with pytest.raises(ValueError, match=r"\(2 of stdout, 1 of stderr, 1 displayed, 1 of type 'error'\) is structured"):
        block(*outputs).json()
    with pytest.raises(OutputError, match="there are no outputs at all"):
        Execution(outputs=()).json()


def test_what_is_given_is_a_copy() -> None:
    cell = block(value(json_={"a": [1]}))
    given_out = cell.json()
    assert isinstance(given_out, dict)
    given_out["a"].append(2)
    assert cell.json() == {"a": [1]}


def test_what_is_nested_too_deep_is_an_error() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(SnapshotError, match="nested too deep"):
        block(value(json_=deep)).json()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(
    data=st.lists(json_values) | st.dictionaries(st.text(), json_values),
    indent=st.integers(0, 4) | st.none(),
    is_ascii=st.booleans(),
)
def test_what_a_notebook_prints_is_read_back(data: object, indent: int | None, *, is_ascii: bool) -> None:
    printed = json.dumps(data, indent=indent, ensure_ascii=is_ascii)
    before = [] if indent is not None else [stream("loading\n")]
    assert block(*before, stream(f"{printed}\n")).json() == data
    assert block(value(plain=printed)).json() == data


def test_an_execution_reads_like_a_block() -> None:
    raw = [value(json_={"a": 1}), value(png=base64.b64encode(PNG).decode())]
    execution = Execution(outputs=tuple(map(Output.from_dict, raw)))
    assert execution.json() == {"a": 1}
    assert execution.images == (Image(media_type="image/png", content=PNG, output=1),)


def test_images_are_decoded() -> None:
    lines = base64.encodebytes(PNG).decode()
    cell = block(stream("x"), value(png=lines), value(png=lines.splitlines(keepends=True), svg=["<svg>", "é</svg>"]))
    assert [(image.media_type, image.content, image.block_id, image.output) for image in cell.images] == [
        ("image/png", PNG, "b1", 1),
        ("image/png", PNG, "b1", 2),
        ("image/svg+xml", "<svg>é</svg>".encode(), "b1", 2),
    ]
    assert [image.suffix for image in cell.images] == [".png", ".png", ".svg"]
    assert Image(media_type="image/x-odd", content=b"").suffix == ".bin"
    assert repr(cell.images[0]) == "Image(media_type='image/png', block_id='b1', output=1)"


@pytest.mark.parametrize("damaged", ["not base64!", "iVBORw0KGgo", "é", "", [], {"a": 1}, 5])
def test_a_damaged_image_is_an_error_that_names_its_block(damaged: object) -> None:
    with pytest.raises(SnapshotError, match="output 2 of block 'b1' is of type image/png, but"):
        _ = block(stream("x"), value(png=damaged)).images
    assert block(value(png=None, plain="x")).images == ()


# Real documents, as the service and its tools wrote them.

CHART = "3544ef8a9113595f1e3c6f1d1b4d700f"


def real_blocks(path: Path) -> dict[str, Block]:
    return {block.id: block for notebook in Snapshot.read(path).notebooks for block in notebook.blocks}


def test_the_image_of_a_real_snapshot(samples: Path) -> None:
    (path,) = (samples / "snapshots").glob("integrations-example_*_latest.snapshot.deepnote")
    (image,) = real_blocks(path)[CHART].images
    assert (image.media_type, image.block_id, image.content[:8]) == ("image/png", CHART, PNG[:8])
    assert int.from_bytes(image.content[16:20]) == 989  # the width that its header tells
    assert image.content.endswith(b"IEND\xaeB`\x82")


def test_every_real_output_can_be_asked(samples: Path) -> None:
    seen = structured = 0
    for path in sorted(samples.rglob("*.deepnote")):
        for block in real_blocks(path).values():
            seen += len(block.outputs)
            assert "\x1b" not in block.plain_text
            with contextlib.suppress(OutputError):
                block.json()
                structured += 1
    assert (seen, structured) == (35, 5)
