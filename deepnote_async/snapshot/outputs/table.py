"""The last table that Deepnote showed, as a data frame of pandas.

The service keeps a page of rows and a limited number of columns, each row a mapping by column name. What is no number
comes as text, and so does a column with numbers that a double cannot hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from deepnote_async.errors import OutputError, SnapshotError
from deepnote_async.snapshot.fields import text
from deepnote_async.snapshot.outputs import media
from deepnote_async.snapshot.outputs.group import OutputGroup

if TYPE_CHECKING:
    import pandas as pd

INDEX_COLUMN = "_deepnote_index_column"

MOST_CELLS = 5_000_000
MOST_PER_CELL = 20
FEW_CELLS = 100_000
"""A table has at most so many cells; and so many for each that the document holds, unless they are few. Cells that are
not there cost the document nothing, and the frame as much as any other."""

_ADVICE = (
    "let the notebook write the table to a file (df.to_parquet) or print it as JSON "
    '(print(df.to_json(orient="records"))), or take what is there with partial=True'
)


def last_dataframe(groups: tuple[OutputGroup, ...], *, partial: bool) -> pd.DataFrame:
    """Find the last table of all groups and make a data frame of it.

    Raises:
        OutputError: there is none, or it is not all there and `partial` is not set.
        SnapshotError: it makes no sense.
        ImportError: pandas is not installed.
    """
    try:
        import pandas as pd  # noqa: F401, PLC0415  (an extra, and slow to import)
    except ImportError as error:
        raise ImportError("dataframe() needs pandas: pip install 'deepnote-async[pandas]'") from error
    for group in reversed(groups):
        for number, output in reversed(list(enumerate(group.outputs))):
            forms = media.forms(output)
            if media.DATAFRAME in forms:
                return _data_frame(forms[media.DATAFRAME], group.where(number), partial=partial)
    count = sum(len(group.outputs) for group in groups)
    raise OutputError(
        f"none of the {count} outputs is a table of Deepnote; let the notebook end with the data frame itself "
        "(df, not print(df)), or print it as JSON and read it with json()"
    )


def _data_frame(payload: object, where: str, *, partial: bool) -> pd.DataFrame:
    try:
        table = _read(payload)
    except (SnapshotError, ValueError) as error:  # numbers can have too many digits to be names
        raise SnapshotError(f"{where} is no table: {error}") from None
    if table.is_inflated:
        held = sum(map(len, table.rows))
        raise SnapshotError(
            f"{where} is no table: it would have {len(table.rows)} rows of {len(table.names)} columns, "
            f"and holds {held} cells"
        )
    missing = table.missing
    if missing and not partial:
        raise OutputError(f"{where} {missing}; {_ADVICE}")
    try:
        return table.data_frame()
    except (ValueError, TypeError, ArithmeticError, RecursionError, NotImplementedError) as error:
        raise SnapshotError(f"{where} is a table that pandas cannot hold: {error}") from error


@frozen
class _Table:
    """What a payload says, checked.

    Attributes:
        names: names of the columns in order, each once.
        dtypes: the dtype of each of them, and of the index, as pandas writes it; "" if it does not say.
        rows: cells by column name.
        row_count: rows of the whole table; None if it does not say.
        column_count: columns of the whole table; None if it does not say.
    """

    names: tuple[str, ...]
    dtypes: Mapping[str, str]
    rows: Sequence[Mapping[str, Any]]
    row_count: int | None
    column_count: int | None

    @property
    def missing(self) -> str:
        """Say what of the table is not there; "" if it is whole."""
        if self.row_count is None:
            return f"shows {len(self.rows)} rows, and does not say of how many"
        if len(self.rows) < self.row_count:
            return f"shows {len(self.rows)} of {self.row_count} rows"
        if self.column_count is not None and len(self.names) < self.column_count:
            return f"shows {len(self.names)} of {self.column_count} columns"
        return ""

    @property
    def is_inflated(self) -> bool:
        """Whether it would be far larger than the document that it stands in."""
        count = len(self.rows) * len(self.names)
        return count > MOST_CELLS or count > max(FEW_CELLS, MOST_PER_CELL * sum(map(len, self.rows)))

    def data_frame(self) -> pd.DataFrame:
        import pandas as pd  # noqa: PLC0415  (see above)

        from deepnote_async.snapshot.outputs.column import restored  # noqa: PLC0415  (imports pandas)

        # By number: pandas takes some names for more than names.
        cells = {
            number: restored([row.get(name) for row in self.rows], self.dtypes[name])
            for number, name in enumerate(self.names)
        }
        frame = pd.DataFrame(cells, index=pd.RangeIndex(len(self.rows)))
        frame.columns = pd.Index(self.names)
        if any(INDEX_COLUMN in row for row in self.rows):
            index = [row.get(INDEX_COLUMN) for row in self.rows]
            frame.index = pd.Index(restored(index, self.dtypes.get(INDEX_COLUMN, "")), name=None)
        frame.attrs.update(row_count=self.row_count, column_count=self.column_count)
        return frame


def _read(payload: object) -> _Table:
    if not isinstance(payload, Mapping):
        raise SnapshotError("it is no mapping")
    if "error" in payload and "rows" not in payload:
        reason = text(payload["error"]).strip().rpartition("\n")[2]
        raise SnapshotError(f"Deepnote could not show the data frame: {reason}")
    columns, rows = payload.get("columns"), payload.get("rows")
    if not isinstance(columns, list) or not all(isinstance(column, Mapping) for column in columns):
        raise SnapshotError("it has no list of columns")
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise SnapshotError("it has no list of rows, each with its cells by column")
    names = [_name(column) for column in columns]
    shown = [name for name in names if name != INDEX_COLUMN]
    column_count = _count(payload, "column_count")
    if len(set(shown)) < len(shown):
        # A row has one cell of each name. The service numbers columns that share one, except for 1 and "1".
        column_count = max(len(shown), column_count or 0)
    return _Table(
        names=tuple(dict.fromkeys(shown)),
        dtypes={name: text(column.get("dtype")) for name, column in zip(names, columns, strict=True)},
        rows=[_by_name(row) for row in rows],
        row_count=_count(payload, "row_count"),
        column_count=column_count,
    )


def _name(column: Mapping[str, Any]) -> str:
    name = column.get("name")
    if not isinstance(name, str | int | float):
        raise SnapshotError("a column has no name")
    return str(name)


def _by_name(row: Mapping[Any, Any]) -> Mapping[str, Any]:
    """Give the cells by text: in YAML, names that were not quoted may have become numbers."""
    return row if all(isinstance(key, str) for key in row) else {str(key): cell for key, cell in row.items()}


def _count(payload: Mapping[str, Any], key: str) -> int | None:
    count = payload.get(key)
    if count is not None and (not isinstance(count, int) or isinstance(count, bool) or count < 0):
        raise SnapshotError(f"its {key} is {count!r:.40}, and no count")
    return count
