"""Data frames as Deepnote stores them: the first page of their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeGuard

from deepnote_async.snapshot.display.markup import json_text, note, short
from deepnote_async.snapshot.fields import count_or_none, mapping, mappings

DATAFRAME = "application/vnd.deepnote.dataframe.v3+json"
MOST_ROWS, MOST_COLUMNS = 20, 30
_INDEX = "_deepnote_index_column"
_CELL = 80


def table(value: object) -> str | None:
    """Show a data frame; None if the value is not one."""
    frame = mapping(value)
    rows, columns = frame.get("rows"), frame.get("columns")
    if not _is_list(rows) or not _is_list(columns):
        return None
    heads = [column for column in mappings(columns) if column.get("name") != _INDEX]
    held = [row for row in rows[:MOST_ROWS] if isinstance(row, Mapping)]
    has_index = any(_INDEX in row for row in held)
    few = heads[:MOST_COLUMNS]
    first = "<th></th>" if has_index else ""
    head = "".join(_head(column) for column in few)
    body = "".join(f"<tr>{_cells(row, few, has_index=has_index)}</tr>" for row in held)
    return (
        f'<div class="dn-scroll"><table class="dn-table"><thead><tr>{first}{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>{_extent(frame, len(held), len(rows), len(few), len(heads))}"
    )


def _is_list(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _head(column: Mapping[str, object]) -> str:
    return f'<th>{_value(column.get("name"))} <span class="dn-dtype">{_value(column.get("dtype"))}</span></th>'


def _cells(row: Mapping[object, object], columns: Sequence[Mapping[str, object]], *, has_index: bool) -> str:
    index = f"<th>{_value(row.get(_INDEX))}</th>" if has_index else ""
    return index + "".join(_cell(_at(row, column.get("name"))) for column in columns)


def _at(row: Mapping[object, object], name: object) -> object:
    return row.get(name) if isinstance(name, str | int | float) else None


def _cell(value: object) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return f'<td class="dn-number">{_value(value)}</td>' if is_number else f"<td>{_value(value)}</td>"


def _value(value: object) -> str:
    if value is None:
        return ""
    return short(value if isinstance(value, str) else json_text(value, _CELL), _CELL)


def _extent(frame: Mapping[str, object], rows: int, held: int, columns: int, all_columns: int) -> str:
    """Say how much of the data frame this is."""
    count = count_or_none(frame.get("row_count"))
    total = held if count is None else max(count, held)
    parts = [f"{rows:,} of {total:,} rows"] if rows < total else []
    parts += [f"{columns} of {all_columns:,} columns"] if columns < all_columns else []
    return note(f"{' and '.join(parts)} are shown.") if parts else ""
