"""The inputs a notebook declares: what the API says of them, what it refuses, and what the kernel gets."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from typing import Any

from deepnote_emulator.documents import BlockSource, NotebookSource

JsonObject = dict[str, Any]
DATE_RANGES = frozenset({"past7days", "past14days", "pastMonth", "past3months", "past6months", "pastYear"})
_CUSTOM_RANGE = re.compile(r"customDays(\d{1,5})\Z")  # longer ones leave the calendar
_SLIDER = (
    ("min", "deepnote_slider_min_value", 0),
    ("max", "deepnote_slider_max_value", 100),
    ("step", "deepnote_slider_step", 1),
)
_FULL_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\Z")


def name_of(block: BlockSource) -> str:
    """Give the name of the variable an input block sets."""
    return str(block.metadata.get("deepnote_variable_name") or "unnamed_variable")


def describe(block: BlockSource) -> JsonObject:
    """Describe an input as GET notebook does."""
    metadata = block.metadata
    described: JsonObject = {
        "name": name_of(block),
        "type": block.type,
        "value": _told(metadata.get("deepnote_variable_value")),
        "blockId": block.id,
    }
    if label := metadata.get("deepnote_input_label"):
        described["label"] = str(label)
    if block.type == "input-select":
        described["options"] = [str(option) for option in _options(metadata)]
        described["multiple"] = _is_multiple(block)
    if block.type == "input-slider":
        for key, name, default in _SLIDER:
            value = metadata.get(name)
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            described[key] = value if is_number else default
    return described


def problem_with(notebook: NotebookSource, values: Mapping[str, Any]) -> str | None:
    """Say why a run cannot take these values, None if it can."""
    declared: dict[str, list[BlockSource]] = {}
    for block in notebook.blocks:
        if block.is_input:
            declared.setdefault(name_of(block), []).append(block)
    for name, value in values.items():
        if name not in declared:
            return f'Input "{name}" is not defined for this notebook'
        for block in declared[name]:
            if (expected := _refusal(block, value)) is not None:
                return f'Input "{name}" takes {expected}'
    return None


def assignment(block: BlockSource, values: Mapping[str, Any]) -> str:
    """Give the Python statement that sets the input's variable, from the run's value or the saved one."""
    name = name_of(block)
    value = values[name] if name in values else block.metadata.get("deepnote_variable_value")
    return f"{name} = {_literal(block, value)}"


def _refusal(block: BlockSource, value: object) -> str | None:
    if block.type == "input-checkbox":
        return None if isinstance(value, bool) else "a boolean"
    if block.type == "input-select" and _is_multiple(block):
        return None if isinstance(value, list) else "a list of strings"
    if block.type == "input-date-range":
        return None if _is_range(value) else "two dates or the name of a range"
    if not isinstance(value, str):
        return "a string"
    if block.type == "input-slider" and not _is_canonical_number(value):
        return "a numeric string in its shortest form"
    return None  # what a date says is not checked: the kernel finds out


def _literal(block: BlockSource, value: Any) -> str:  # noqa: PLR0911  (a table)
    match block.type:
        case "input-slider":
            number = float(str(value or 0))
            return repr(int(number) if number.is_integer() else number)
        case "input-checkbox":
            return repr(bool(value))
        case "input-select" if _is_multiple(block):
            return repr([str(item) for item in value] if isinstance(value, list) else [])
        case "input-select" | "input-file":
            return repr(str(value)) if value else "None"
        case "input-date":
            return _date_literal(block, str(value or ""))
        case "input-date-range":
            return _range_literal(value)
        case _:
            return repr("" if value is None else str(value))


def _date_literal(block: BlockSource, text: str) -> str:
    if not text:
        return "None"
    if block.metadata.get("deepnote_input_date_version") == 2:  # noqa: PLR2004  (the version is called 2)
        try:
            return _date(dt.datetime.fromisoformat(text).date())
        except ValueError:  # version 2 reads whatever can be read
            return f"__import__('dateutil.parser').parser.parse({text!r}).date()"
    if not _FULL_DATE.match(text):
        return f"__import__('datetime').datetime.strptime({text!r}, '%Y-%m-%dT%H:%M:%S.%fZ')"
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:  # such as the 31st of February: version 1 fails on it
        return f"__import__('datetime').datetime.fromisoformat({text!r})"
    return f"__import__('datetime').datetime.fromisoformat({moment.replace(tzinfo=None).isoformat()!r})"


def _range_literal(value: Any) -> str:
    if isinstance(value, str) and value:
        custom = _CUSTOM_RANGE.match(value)
        days = {"past7days": 7, "past14days": 14, "pastMonth": 30, "past3months": 90, "past6months": 180}.get(
            value, 365
        )
        end = dt.datetime.now(dt.UTC).date()
        ends: list[dt.date | None] = [end - dt.timedelta(days=int(custom[1]) if custom else days), end]
    else:
        ends = [dt.date.fromisoformat(item[:10]) if item else None for item in (value or ["", ""])]
    return f"[{', '.join('None' if end is None else _date(end) for end in ends)}]"


def _date(day: dt.date) -> str:
    return f"__import__('datetime').date({day.year}, {day.month}, {day.day})"


def _is_range(value: object) -> bool:
    if isinstance(value, str):
        return not value or value in DATE_RANGES or bool(_CUSTOM_RANGE.match(value))
    return isinstance(value, list) and len(value) == 2 and all(_is_day(item) for item in value)  # noqa: PLR2004


def _is_day(text: str) -> bool:
    try:
        return not text or bool(dt.date.fromisoformat(text[:10]))
    except ValueError:
        return False


def _is_canonical_number(text: str) -> bool:
    """Whether the text is what JavaScript writes for the number it means: "5" and "0.5", not "5.0" or "1e3"."""
    try:
        number = float(text)
    except ValueError:
        return False
    if not math.isfinite(number) or "_" in text:
        return False
    return text == _as_javascript(number)


def _as_javascript(number: float) -> str:
    """Write a number as JavaScript does: no point for whole numbers, an exponent from 1e21 and to 1e-7 (ECMA-262)."""
    if number.is_integer() and abs(number) < 1e21:  # noqa: PLR2004  (that is where the exponent begins)
        return str(int(number))
    mantissa, _, exponent = repr(number).partition("e")
    if not exponent:
        return mantissa
    power = int(exponent)
    places = len(mantissa.partition(".")[2])
    return f"{number:.{places - power}f}" if -7 < power < 0 else f"{mantissa}e{power:+d}"  # noqa: PLR2004


def _options(metadata: JsonObject) -> list[Any]:
    options = metadata.get("deepnote_variable_options") or metadata.get("deepnote_variable_custom_options")
    return options if isinstance(options, list) else []


def _told(value: Any) -> Any:
    """Give a saved value as the API tells it, whatever a hand-written document says: text, boolean, texts or null."""
    if isinstance(value, list):
        return [str(item) for item in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str | bool) else None


def _is_multiple(block: BlockSource) -> bool:
    return bool(block.metadata.get("deepnote_allow_multiple_values"))
