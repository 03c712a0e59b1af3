"""From Python values to wire values."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepnote_async.inputs import to_wire


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        ("x", "x"),
        ("", ""),
        (True, True),
        (3, "3"),
        (-7, "-7"),
        (10**30, str(10**30)),
        (5.0, "5"),
        (-0.5, "-0.5"),
        (0.1, "0.1"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1.5e300, "1.5e+300"),
        (0.00001, "0.00001"),
        (0.0000015, "0.0000015"),
        (1e-7, "1e-7"),
        (dt.date(2026, 1, 31), "2026-01-31T00:00:00.000Z"),
        (["a", "b"], ["a", "b"]),
        (("a",), ["a"]),
        ([], []),
    ],
)
def test_each_kind_of_value(value: Any, wire: Any) -> None:
    assert to_wire({"name": value}) == {"name": wire}


@pytest.mark.parametrize("value", [None, {"a": 1}, b"bytes", [1], [True], object(), dt.datetime(2026, 1, 1)])  # noqa: DTZ001
def test_other_values_are_refused_with_the_name_of_the_input(value: Any) -> None:
    with pytest.raises(TypeError, match="input 'name': "):
        to_wire({"name": value})


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_keep_their_value(value: float) -> None:
    text = to_wire({"n": value})["n"]
    assert isinstance(text, str)
    assert float(text) == value
    assert "e-0" not in text
    assert not text.endswith(".0")


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not on PATH, so JavaScript cannot be asked")
def test_numbers_are_written_as_javascript_writes_them() -> None:
    values = [5.0, 0.1, -0.5, 1e20, 1e21, 1e-6, 1e-7, 1.5e-7, 123456.789, 2.5e-5, 9.007199254740993e15, 1.7e308, 0.3]
    script = f"console.log(JSON.stringify({json.dumps(values)}.map(String)))"
    done = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True)  # noqa: S607
    assert [to_wire({"n": value})["n"] for value in values] == json.loads(done.stdout)
