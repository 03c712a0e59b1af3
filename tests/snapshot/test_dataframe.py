"""The table that Deepnote showed, as pandas had it."""

from __future__ import annotations

import builtins
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from deepnote_async import Block, OutputError, Snapshot, SnapshotError

TYPE = "application/vnd.deepnote.dataframe.v3+json"
INDEX = "_deepnote_index_column"


def showing(payload: object) -> Block:
    output = {"output_type": "execute_result", "metadata": {}, "data": {TYPE: payload, "text/plain": "x"}}
    return Block.from_dict({"id": "b1", "type": "code", "outputs": [output]}, 0)


def table(cells: dict[str, list[Any]], dtypes: dict[str, str], **fields: Any) -> dict[str, Any]:
    """Make a payload of columns of cells."""
    rows = [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]
    columns = [{"name": name, "dtype": dtypes.get(name, "object")} for name in cells]
    shown = len(cells) - (INDEX in cells)
    return {
        "type": "dataframe",
        "row_count": len(rows),
        "column_count": shown,
        "columns": columns,
        "rows": rows,
    } | fields


def column(cells: list[Any], dtype: str) -> pd.Series[Any]:
    found: pd.Series[Any] = showing(table({"a": cells}, {"a": dtype})).dataframe()["a"]
    return found


def as_shown(frame: pd.DataFrame) -> dict[str, Any]:
    """Show a frame as the service's kernels do: cells that are no numbers are text."""
    cells: dict[str, list[Any]] = {}
    for name, series in {**{str(label): frame[label] for label in frame}, INDEX: frame.index.to_series()}.items():
        is_number = isinstance(series.dtype, np.dtype) and series.dtype.kind in "iuf"
        has_large = is_number and (series.abs() > 2**53).any()
        cells[name] = series.tolist() if is_number and not has_large else [str(cell) for cell in series.tolist()]
    dtypes = {str(label): str(frame[label].dtype) for label in frame} | {INDEX: str(frame.index.dtype)}
    return table(cells, dtypes)


def moments(*texts: str | None) -> pd.Series[Any]:
    return pd.to_datetime(pd.Series(texts, dtype=object), format="ISO8601")


def spans(*texts: str | None) -> pd.Series[Any]:
    return pd.to_timedelta(pd.Series(texts, dtype=object))


FRAME = pd.DataFrame(
    {
        "whole": pd.Series([1, -2, 3]),
        "small": pd.Series([1, 2, 255], dtype="uint8"),
        "large": pd.Series([2**53 + 1, -(2**62), 0]),
        "real": [0.1, np.nan, -np.inf],
        "half": pd.Series([0.1, 2.5, 3.0], dtype="float32"),
        "nullable": pd.Series([1, None, 2**60 + 1], dtype="Int64"),
        "nullable real": pd.Series([0.5, None, 2.0], dtype="Float64"),
        "truth": [True, False, True],
        "maybe": pd.Series([True, None, False], dtype="boolean"),
        "moment": moments("2026-01-31 12:00:00.123456789", None, "1999-12-31").astype("datetime64[ns]"),
        "second": moments("1700-01-01", "2026-01-31 12:00:01", None).astype("datetime64[s]"),
        "utc": moments("2026-01-31 12:00Z", None, "1999-12-31 00:00Z").astype("datetime64[us, UTC]"),
        "berlin": moments("2026-07-31T12:00Z", "2026-10-25T00:30Z", "2026-10-25T01:30Z").dt.tz_convert("Europe/Berlin"),
        "span": spans("1 days 02:03:04.5", None, "-1 days +23:59:59").astype("timedelta64[ns]"),
        "kind": pd.Categorical(["b", "a", "b"]),
        "text": pd.Series(["x", "", "NaN or not"], dtype=object),
    }
).set_axis(pd.Index(["i", "j", "k"], dtype=object))


def test_a_frame_comes_back_as_it_was() -> None:
    again = showing(as_shown(FRAME)).dataframe()
    pd.testing.assert_frame_equal(again, FRAME)
    assert again.attrs == {"row_count": 3, "column_count": len(FRAME.columns)}


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(10, 13),
        pd.Index([3, 1, 1]),
        pd.Index(["a", "b", "c"], dtype=object),
        pd.date_range("2026-01-30", periods=3, freq="D", tz="UTC").as_unit("ns"),
    ],
)
def test_the_index_comes_back_without_its_name(index: pd.Index[Any]) -> None:
    again = showing(as_shown(pd.DataFrame({"a": [1, 2, 3]}, index=index.rename("gone")))).dataframe()
    assert (again.index.tolist(), again.index.dtype) == (index.tolist(), index.dtype)
    assert again.index.name is None


@pytest.mark.parametrize(
    ("cells", "dtype", "kept", "cells_kept"),
    [
        ([1, None, 2**60 + 1], "int64", "Int64", [1, pd.NA, 2**60 + 1]),
        ([1, "nan", float("nan")], "int8", "Int8", [1, pd.NA, pd.NA]),
        ([1.0, 2], "int64", "int64", [1, 2]),
        ([1, 300], "int8", "object", [1, 300]),
        ([-1], "uint64", "object", [-1]),
        ([10**30], "int64", "object", [10**30]),
        ([1.5, True, "x", [1]], "int64", "object", [1.5, True, "x", [1]]),
        (["0x10", "1_0", " 1", "\u0661"], "int64", "object", ["0x10", "1_0", " 1", "\u0661"]),
        ([True, None], "bool", "boolean", [True, pd.NA]),
        (["True", 1], "bool", "object", ["True", 1]),
        (["1e3", "inf", 5], "float64", "float64", [1000.0, np.inf, 5.0]),
        ([1e300], "float32", "object", [1e300]),
        ([10**400], "float64", "object", [10**400]),
        (["1_000.5"], "float64", "object", ["1_000.5"]),
        (["now", "NaT"], "datetime64[ns]", "object", ["now", "NaT"]),
        (["2026-02-30"], "datetime64[ns]", "object", ["2026-02-30"]),
        (["1066-10-14"], "datetime64[ns]", "object", ["1066-10-14"]),
        (["2026-01-01 00:00:00.5"], "datetime64[s]", "object", ["2026-01-01 00:00:00.5"]),
        (["2026-01-01 00:00+01:00"], "datetime64[ns]", "object", ["2026-01-01 00:00+01:00"]),
        (["2026-01-01 00:00"], "datetime64[ns, UTC]", "object", ["2026-01-01 00:00"]),
        (["2026-01-01T00:00Z"], "datetime64[ns, Not/AZone]", "object", ["2026-01-01T00:00Z"]),
        (["2026-01-01T00:00Z"], "datetime64[ns, dateutil/UTC]", "object", ["2026-01-01T00:00Z"]),
        ([1767225600], "datetime64[ns]", "object", [1767225600]),
        ([[1], {"a": 2}], "category", "object", [[1], {"a": 2}]),
        ([[1, 2], [3, 4]], "object", "object", [[1, 2], [3, 4]]),
        (["POINT (1 2)"], "geometry", "object", ["POINT (1 2)"]),
        ([1, None], "Decimal(2)", "object", [1, None]),
        ([1, "a"], "str", "object", [1, "a"]),
        (["a", None], "string[pyarrow]", "string", ["a", pd.NA]),
    ],
)
def test_what_a_column_becomes(cells: list[Any], dtype: str, kept: str, cells_kept: list[Any]) -> None:
    found = column(cells, dtype)
    assert str(found.dtype) == kept
    assert [repr(cell) for cell in found.tolist()] == [repr(cell) for cell in cells_kept]


def test_columns_keep_their_order_and_rows_may_lack_cells() -> None:
    payload = table({"b": [1, 2], "a": ["x", "y"]}, {"b": "int64"})
    payload["rows"] = [{"a": "x", "b": 1, "hidden": 9}, {"b": 2}]
    frame = showing(payload).dataframe()
    assert frame.columns.tolist() == ["b", "a"]
    assert frame["a"].tolist() == ["x", None]
    assert frame.index.tolist() == [0, 1]


def test_names_may_be_anything() -> None:
    payload = table({"2026": [1], "": [2], "index": [3], "None": [4]}, {})
    payload["columns"][0]["name"] = 2026  # unquoted in YAML
    payload["rows"] = [{2026: 1, "": 2, "index": 3, None: 4}]
    frame = showing(payload).dataframe()
    assert frame.to_dict("records") == [{"2026": 1, "": 2, "index": 3, "None": 4}]


def test_empty_tables() -> None:
    frame = showing(table({"a": [], INDEX: []}, {"a": "datetime64[ns, UTC]", INDEX: "int64"})).dataframe()
    assert (frame.shape, str(frame["a"].dtype)) == ((0, 1), "datetime64[ns, UTC]")
    assert showing(table({INDEX: [5, 6]}, {INDEX: "int64"})).dataframe().index.tolist() == [5, 6]
    assert showing(table({}, {})).dataframe().shape == (0, 0)


def test_a_first_page_does_not_pass_for_the_table() -> None:
    cell = showing(table({"a": list(range(10))}, {"a": "int64"}, row_count=100_000))
    with pytest.raises(OutputError, match="output 1 of block 'b1' shows 10 of 100000 rows; let the notebook") as caught:
        cell.dataframe()
    assert isinstance(caught.value, ValueError)
    assert "partial=True" in str(caught.value)
    frame = cell.dataframe(partial=True)
    assert (len(frame), frame.attrs["row_count"], frame["a"].dtype) == (10, 100_000, np.dtype("int64"))


def test_columns_that_are_not_shown_are_missed_too() -> None:
    cell = showing(table({"a": [1], INDEX: [0]}, {}, column_count=600))
    with pytest.raises(OutputError, match="shows 1 of 600 columns"):
        cell.dataframe()
    assert cell.dataframe(partial=True).attrs["column_count"] == 600
    unsaid = table({"a": [1]}, {}, row_count=None)
    with pytest.raises(OutputError, match="shows 1 rows, and does not say of how many"):
        showing(unsaid).dataframe()
    assert showing(unsaid).dataframe(partial=True).attrs["row_count"] is None


def test_of_columns_that_share_a_name_a_row_holds_one() -> None:
    payload = table({"a": [1, 2], "b": [3, 4]}, {"a": "int64"})
    payload["columns"].insert(0, {"name": "a", "dtype": "object"})
    for column_count in (2, 3, None):
        payload["column_count"] = column_count
        with pytest.raises(OutputError, match="shows 2 of 3 columns"):
            showing(payload).dataframe()
        assert showing(payload).dataframe(partial=True).columns.tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"rows": "abc"}, "it has no list of rows"),
        ({"rows": {"a": 1}}, "it has no list of rows"),
        ({"rows": [{"a": 1}, 5]}, "it has no list of rows"),
        ({"rows": None}, "it has no list of rows"),
        ({"columns": None}, "it has no list of columns"),
        ({"columns": ["a"]}, "it has no list of columns"),
        ({"columns": [{"dtype": "int64"}]}, "a column has no name"),
        ({"columns": [{"name": ["a"]}]}, "a column has no name"),
        ({"row_count": "100000"}, "its row_count is '100000', and no count"),
        ({"row_count": True}, "its row_count is True"),
        ({"row_count": -1}, "its row_count is -1"),
        ({"column_count": 1.5}, "its column_count is 1.5"),
    ],
)
def test_a_payload_that_makes_no_sense(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(SnapshotError, match=f"output 1 of block 'b1' is no table: {reason}"):
        showing(table({"a": [1]}, {}) | change).dataframe(partial=True)


def test_a_payload_that_is_none_at_all() -> None:
    with pytest.raises(SnapshotError, match="it is no mapping"):
        showing([1]).dataframe()
    broken = {"error": "Traceback (most recent call last):\n  line\nTypeError: unhashable\n"}
    with pytest.raises(SnapshotError, match="Deepnote could not show the data frame: TypeError: unhashable"):
        showing(broken).dataframe()


def test_the_last_table_counts_and_there_may_be_none() -> None:
    first, last = showing(table({"a": [1]}, {})), showing(table({"a": [2]}, {}))
    chart = {"output_type": "display_data", "data": {"image/png": "", "text/plain": "x"}}
    outputs = [first.outputs[0].raw, last.outputs[0].raw, chart]
    assert Block.from_dict({"outputs": outputs}, 0).dataframe()["a"].tolist() == [2]
    with pytest.raises(OutputError, match="none of the 1 outputs is a table"):
        Block.from_dict({"outputs": [chart]}, 0).dataframe()


def test_pandas_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    real_import = builtins.__import__

    def without_pandas(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.partition(".")[0] == "pandas":
            raise ImportError("No module named 'pandas'")
        return real_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_pandas)
    monkeypatch.delitem(sys.modules, "pandas")
    with pytest.raises(ImportError, match=r"pip install 'deepnote-async\[pandas\]'"):
        showing(table({"a": [1]}, {})).dataframe()
    assert showing({"a": 1}).json() == {"a": 1}


plain = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(-(2**64), 2**64), st.floats(), st.text(max_size=5),
    st.sampled_from(["nan", "NaT", "True", "2026-01-31 12:00:00", "2026-01-31T12:00:00+01:00", "1 days 00:00:01", "5"]),
)  # fmt: skip
anything = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(plain, inner, max_size=3), max_leaves=6
)
names = st.sampled_from(["a", "b", "", INDEX, 5])
dtypes = st.sampled_from(
    ["int64", "uint8", "Int32", "float64", "float16", "Float32", "bool", "boolean", "object", "category", "str",
     "string", "string[pyarrow]", "datetime64[ns]", "datetime64[s]", "datetime64[ns, UTC]",
     "datetime64[us, Europe/Berlin]", "datetime64[ns, UTC+01:00]", "timedelta64[ns]", "timedelta64[s]", "complex128",
     "period[D]", "Sparse[int64, 0]"]
)  # fmt: skip
payloads = anything | st.fixed_dictionaries(
    {},
    optional={
        "columns": anything | st.lists(
            anything | st.fixed_dictionaries({"name": names | anything, "dtype": dtypes | anything}), max_size=4
        ),
        "rows": anything | st.lists(anything | st.dictionaries(names | plain, anything, max_size=4), max_size=4),
        "row_count": anything,
        "column_count": anything,
        "error": anything,
    },
)  # fmt: skip


def _reads_or_says_why_not(payload: object) -> None:
    try:
        frame = showing(payload).dataframe(partial=True)
    except SnapshotError:
        return
    assert isinstance(payload, dict)
    assert len(frame) == len(payload["rows"])


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(payloads)
@example({"columns": [{"name": 16**5000}], "rows": []})
def test_any_payload_is_a_frame_or_an_error(payload: object) -> None:
    _reads_or_says_why_not(payload)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(anything, max_size=4), dtypes, dtypes)
def test_any_cells_are_a_column_of_any_dtype(cells: list[Any], dtype: str, index: str) -> None:
    _reads_or_says_why_not(table({"a": cells, INDEX: cells}, {"a": dtype, INDEX: index}))


def sparse(rows: int, columns: int, held: int = 0) -> Block:
    """Show a table of which the document holds only some cells of each row."""
    names = [f"c{number}" for number in range(columns)]
    row = dict.fromkeys(names[:held], 1)
    return showing({"columns": [{"name": name} for name in names], "rows": [row] * rows, "row_count": rows})


@pytest.mark.parametrize(("rows", "columns", "held"), [(3000, 3000, 0), (3000, 3000, 3000), (400, 400, 10)])
def test_a_table_far_larger_than_its_document_is_refused(rows: int, columns: int, held: int) -> None:
    with pytest.raises(SnapshotError, match=f"{rows} rows of {columns} columns, and holds {rows * held} cells"):
        sparse(rows, columns, held).dataframe(partial=True)


@pytest.mark.parametrize(("rows", "columns", "held"), [(300, 300, 0), (400, 400, 20), (100_000, 10, 10)])
def test_a_table_with_gaps_is_read(rows: int, columns: int, held: int) -> None:
    assert sparse(rows, columns, held).dataframe().shape == (rows, columns)


def test_the_table_of_a_real_snapshot(samples: Path) -> None:
    (path,) = (samples / "snapshots").glob("integrations-example_*_latest.snapshot.deepnote")
    block = Snapshot.read(path).notebooks[0].blocks[0]
    with pytest.raises(OutputError, match="shows 10 of 100000 rows"):
        block.dataframe()
    frame = block.dataframe(partial=True)
    assert (frame.shape, frame.attrs) == ((10, 15), {"row_count": 100_000, "column_count": 15})
    assert str(frame["time"].dtype) == "datetime64[ns]"
    assert frame["time"].iloc[0] == pd.Timestamp("2023-08-18 03:36:21")
    assert (frame["id"].dtype, frame.index.tolist()) == (np.dtype("int64"), list(range(10)))
    whole = Snapshot.read(samples / "documents" / "All-Deepnote-blocks.deepnote").notebooks[0].blocks[0].dataframe()
    assert whole.columns.tolist() == ["Name", "Age", "Salary", "Department", "Experience"]
    assert whole["Salary"].sum() == sum(whole["Salary"].tolist())
    assert len(whole) == 5
