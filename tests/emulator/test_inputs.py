"""Each kind of input from the SDK to the kernel, with the type the reference tells; and what is refused on the way."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml

from deepnote_async import AsyncDeepnote, RunFailedError
from deepnote_emulator import Emulator

KINDS: tuple[tuple[str, str, Any, dict[str, Any]], ...] = (
    ("text", "text", "saved", {}),
    ("area", "textarea", "saved", {}),
    ("whole", "slider", "1", {"deepnote_slider_max_value": 10}),
    ("part", "slider", "1", {"deepnote_slider_max_value": 10, "deepnote_slider_step": 0.5}),
    ("flag", "checkbox", False, {}),
    ("one", "select", "EU", {"deepnote_variable_options": ["EU", "US"]}),
    ("many", "select", [], {"deepnote_variable_options": ["EU", "US"], "deepnote_allow_multiple_values": True}),
    ("own", "select", "EU", {"deepnote_variable_options": ["EU"], "deepnote_variable_select_type": "from-variable"}),
    ("moment", "date", "", {}),
    ("day", "date", "", {"deepnote_input_date_version": 2}),
    ("span", "date-range", ["", ""], {}),
    ("lately", "date-range", ["", ""], {}),
    ("file", "file", "", {}),
)
SHOW = "\n".join(f"print({name!r}, type({name}).__name__, repr({name}))" for name, *_rest in KINDS)


def write_notebook(folder: Path) -> None:
    blocks = [
        {
            "id": f"block-{name}",
            "type": f"input-{kind}",
            "content": "",
            "metadata": {"deepnote_variable_name": name, "deepnote_variable_value": value, **more},
        }
        for name, kind, value, more in KINDS
    ]
    blocks.append({"id": "show", "type": "code", "content": SHOW, "metadata": {}})
    numbered = [block | {"blockGroup": block["id"], "sortingKey": f"a{n:02}"} for n, block in enumerate(blocks)]
    notebook = {"id": "kinds", "name": "Kinds", "executionMode": "block", "isModule": False, "blocks": numbered}
    project = {"id": "5b0f6a52-7c3e-4d0c-9a41-3f2c8e1d7a13", "name": "P", "notebooks": [notebook], "settings": {}}
    metadata = {"createdAt": "2026-01-01T00:00:00.000Z"}
    document = {"version": "1.0.0", "metadata": metadata, "project": project}
    (folder / "kinds.deepnote").write_text(yaml.safe_dump(document, sort_keys=False))


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    folder = tmp_path_factory.mktemp("kinds")
    write_notebook(folder)
    with Emulator(folder) as emulator:
        yield emulator


@pytest.fixture
async def typed(kinds: Emulator) -> AsyncIterator[AsyncDeepnote]:
    async with AsyncDeepnote(kinds.token, kinds.url) as client:
        yield client


async def test_every_kind_reaches_the_kernel_with_its_type(typed: AsyncDeepnote) -> None:
    inputs: dict[str, Any] = {
        "text": "it's", "area": "two\nlines", "whole": 5.0, "part": 2.5, "flag": True, "one": "US",
        "many": ["US", "EU"],
        "own": "elsewhere", "moment": dt.datetime(2026, 1, 31, 12, 30, tzinfo=dt.UTC), "day": dt.date(2026, 1, 31),
        "span": (dt.date(2026, 1, 1), None), "lately": "past7days", "file": PurePosixPath("data/a.csv"),
    }  # fmt: skip
    result = await typed.runs.run("kinds", inputs=inputs, timeout=60)
    seen = {name: (kind, shown) for name, kind, shown in (line.split(" ", 2) for line in result.text.splitlines())}
    lately = re.fullmatch(
        r"\[datetime\.date\((\d+), (\d+), (\d+)\), datetime\.date\((\d+), (\d+), (\d+)\)\]", seen.pop("lately")[1]
    )
    assert lately is not None
    begin, end = dt.date(*map(int, lately.groups()[:3])), dt.date(*map(int, lately.groups()[3:]))
    assert end - begin == dt.timedelta(days=7)
    assert seen == {
        "text": ("str", '''"it's"'''),
        "area": ("str", r"'two\nlines'"),
        "whole": ("int", "5"),
        "part": ("float", "2.5"),
        "flag": ("bool", "True"),
        "one": ("str", "'US'"),
        "many": ("list", "['US', 'EU']"),
        "own": ("str", "'elsewhere'"),
        "moment": ("datetime", "datetime.datetime(2026, 1, 31, 12, 30)"),
        "day": ("date", "datetime.date(2026, 1, 31)"),
        "span": ("list", "[datetime.date(2026, 1, 1), None]"),
        "file": ("str", "'data/a.csv'"),
    }


async def test_one_date_suits_both_versions_and_nothing_is_none(typed: AsyncDeepnote) -> None:
    day = dt.date(2026, 1, 31)
    inputs: dict[str, Any] = {"moment": day, "day": "2026-01-31", "one": None, "many": None, "file": None, "span": None}
    lines = (await typed.runs.run("kinds", inputs=inputs, timeout=60)).text.splitlines()
    assert "moment datetime datetime.datetime(2026, 1, 31, 0, 0)" in lines
    assert "day date datetime.date(2026, 1, 31)" in lines
    assert {"one NoneType None", "many list []", "file NoneType None", "span list [None, None]"} <= set(lines)


@pytest.mark.parametrize(
    ("name", "value", "takes"),
    [
        ("whole", "5.0", "a number from 0 up to 10 in steps of 1, not '5.0'"),
        ("whole", float("nan"), "a number from 0 up to 10 in steps of 1, not nan"),
        ("whole", 11, "a number from 0 up to 10 in steps of 1, not 11"),
        ("one", "XX", "one of 'EU', 'US', not 'XX'"),
        ("many", ["EU", "XX"], "a list of 'EU', 'US', not ['EU', 'XX']"),
        ("span", (dt.date(2026, 2, 1), dt.date(2026, 1, 1)), "two dates"),
        ("day", dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC), "a date"),
    ],
)
async def test_what_is_wrong_is_refused_with_one_message(
    typed: AsyncDeepnote, name: str, value: Any, takes: str
) -> None:
    before = [run.run_id async for run in typed.notebooks.runs("kinds")]
    with pytest.raises(ValueError, match=re.escape(f"input {name!r} takes {takes}")) as caught:
        await typed.runs.create("kinds", inputs={name: value})
    assert len(str(caught.value).splitlines()) == 1
    assert [run.run_id async for run in typed.notebooks.runs("kinds")] == before


async def test_a_date_that_is_none_fails_in_the_kernel_as_on_the_service(typed: AsyncDeepnote) -> None:
    for name in ("day", "moment"):
        with pytest.raises(RunFailedError, match=f"input-date block .* \\(block-{name}\\)"):
            await typed.runs.run("kinds", inputs={name: "tomorrow"}, check_inputs=False, timeout=60)
