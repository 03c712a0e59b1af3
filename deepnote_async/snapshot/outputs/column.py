"""The cells of a column as pandas held them, as far as their text allows it without loss.

Imported only where pandas is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

_WHOLE = re.compile(r"(?:int|uint|Int|UInt)(?:8|16|32|64)")
_REAL = re.compile(r"float(?:16|32|64)|Float(?:32|64)")
_MOMENT = re.compile(r"datetime64\[(?:s|ms|us|ns)(?:, (?P<zone>.+))?\]")
_SPAN = re.compile(r"timedelta64\[(?:s|ms|us|ns)\]")
# Zones by name or offset. What else pandas takes for one may be the path of a file, and documents may be hostile.
_ZONE = re.compile(r"UTC(?:[+-]\d\d:\d\d)?|[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z0-9_+-]+){0,2}")

_DIGITS = re.compile(r"-?[0-9]{1,25}")
_DECIMAL = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?(?:e[+-]?[0-9]+)?|inf)", re.IGNORECASE)
_ISO = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?)?"
    r"(?P<offset>Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_DAYS = re.compile(r"-?[0-9]{1,6} days(?: [+-]?[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?)?")
_MISSING = frozenset({"nan", "NaN", "NaT", "<NA>", "None"})

_Cells = Sequence[Any]


class _Unlike(Exception):  # noqa: N818  (no error: the column is then left as it is)
    """A cell is not of the column's dtype."""


def restored(cells: _Cells, dtype: str) -> pd.Series[Any]:
    """Make a column of the dtype that it had, or of `object` with the cells as they are.

    Args:
        cells: the cells as the document holds them.
        dtype: the dtype as pandas writes it, such as "int64" or "datetime64[ns, UTC]"; others are left as they are.

    Example:
        >>> restored([1, None], "int64").dtype
        Int64Dtype()
    """
    restore = _restorer(dtype)
    if restore is not None:
        try:
            return restore(cells, dtype)
        except (_Unlike, ValueError, TypeError, OverflowError, KeyError):
            # Out of bounds, an unknown zone, cells that are no categories: nothing is lost as they are.
            pass
    return pd.Series(cells, dtype=object)


def _restorer(dtype: str) -> Callable[[_Cells, str], pd.Series[Any]] | None:
    if _WHOLE.fullmatch(dtype):
        return _whole
    if _REAL.fullmatch(dtype):
        return _real
    if _MOMENT.fullmatch(dtype):
        return _moments
    if _SPAN.fullmatch(dtype):
        return _spans
    return {"bool": _truths, "boolean": _truths, "category": _categories, "string": _strings, "str": _strings}.get(
        "string" if dtype.startswith("string[") else dtype
    )


def _is_missing(cell: object) -> bool:
    if isinstance(cell, str):
        return cell in _MISSING
    return cell is None or (isinstance(cell, float) and math.isnan(cell))


def _each(cells: _Cells, read: Callable[[Any], Any]) -> list[Any]:
    return [None if _is_missing(cell) else read(cell) for cell in cells]


def _whole(cells: _Cells, dtype: str) -> pd.Series[Any]:
    values = _each(cells, _integer)
    name = dtype.lower()
    is_nullable = None in values or dtype != name
    # By way of the nullable dtype, which refuses what is out of its bounds.
    series: pd.Series[Any] = pd.Series(values, dtype=name.replace("int", "Int").replace("u", "U"))
    return series if is_nullable else series.astype(pd.api.types.pandas_dtype(name))


def _integer(cell: object) -> int:
    if isinstance(cell, int) and not isinstance(cell, bool):
        return cell
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    if isinstance(cell, str) and _DIGITS.fullmatch(cell):
        return int(cell)
    raise _Unlike


def _real(cells: _Cells, dtype: str) -> pd.Series[Any]:
    values = _each(cells, _number)
    limit = float(np.finfo(dtype.lower()).max)
    if any(value is not None and limit < abs(value) < math.inf for value in values):
        raise _Unlike
    is_nullable = dtype[0] == "F"
    return pd.Series(values if is_nullable else [math.nan if value is None else value for value in values], dtype=dtype)


def _number(cell: object) -> float:
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return float(cell)
    if isinstance(cell, str) and _DECIMAL.fullmatch(cell):
        return float(cell)
    raise _Unlike


def _truths(cells: _Cells, dtype: str) -> pd.Series[Any]:
    values = _each(cells, _truth)
    return pd.Series(values, dtype="boolean" if None in values else dtype)


def _truth(cell: object) -> bool:
    if isinstance(cell, bool):
        return cell
    if cell in {"True", "False"}:
        return cell == "True"
    raise _Unlike


def _moments(cells: _Cells, dtype: str) -> pd.Series[Any]:
    described = _MOMENT.fullmatch(dtype)
    zone = described["zone"] if described else None
    if zone is not None and not _ZONE.fullmatch(zone):
        raise _Unlike

    def read(cell: object) -> str:
        found = _ISO.fullmatch(cell) if isinstance(cell, str) else None
        # Without an offset, nobody knows which moment it is; with one, a column without a zone never held it.
        if found is None or (found["offset"] is None) != (zone is None):
            raise _Unlike
        return found[0]

    texts = pd.Series(_each(cells, read), dtype=object)
    return _kept(pd.to_datetime(texts, format="ISO8601", utc=zone is not None), dtype)


def _spans(cells: _Cells, dtype: str) -> pd.Series[Any]:
    def read(cell: object) -> str:
        if isinstance(cell, str) and _DAYS.fullmatch(cell):
            return cell
        raise _Unlike

    return _kept(pd.to_timedelta(pd.Series(_each(cells, read), dtype=object)), dtype)


def _kept(found: pd.Series[Any], dtype: str) -> pd.Series[Any]:
    """Give the column in its own unit, if that is fine enough for all of its cells."""
    series = found.astype(pd.api.types.pandas_dtype(dtype))
    if not ((series == found) | found.isna()).all():
        raise _Unlike
    return series


def _categories(cells: _Cells, dtype: str) -> pd.Series[Any]:
    return pd.Series(cells, dtype=dtype)


def _strings(cells: _Cells, dtype: str) -> pd.Series[Any]:
    if not all(cell is None or isinstance(cell, str) for cell in cells):
        raise _Unlike
    # Before pandas 3, "str" turned None into text.
    return pd.Series(cells, dtype="string" if dtype.startswith("string") else pd.Series([""]).dtype)
