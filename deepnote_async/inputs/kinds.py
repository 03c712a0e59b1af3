"""What each kind of input takes: for each a function from a Python value to a wire value or a reason against it."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import PurePath
from typing import TypeAlias

from attrs import frozen

from deepnote_async.inputs.dates import (
    RANGE_NAMES,
    date_in,
    day_of,
    day_text,
    full_text,
    is_full,
    is_pair_of_ends,
    is_range_name,
    is_reversed,
    moment_text,
)
from deepnote_async.inputs.numbers import is_finite, number_in, number_of, number_text, slider_text
from deepnote_async.inputs.wire import WireValue, is_texts
from deepnote_async.models import JsonObject, NotebookInput

MOST_OPTIONS = 10
"""So many options stand in a message at most."""

_STEP_TOLERANCE = 1e-9  # 0.1 + 0.2 is a step of 0.1, though not the nearest number to 0.3


@frozen
class Refusal:
    """Why an input does not take a value.

    Attributes:
        takes: what it takes, for a message.
        hint: what could be given instead, or what is wrong.
        is_doubtful: whether the settings of the input's block may allow it, which the declaration does not tell.
    """

    takes: str
    hint: str = ""
    is_doubtful: bool = False


Reading: TypeAlias = WireValue | Refusal
Reader: TypeAlias = Callable[[NotebookInput, object, JsonObject | None], Reading]


def read_value(declared: NotebookInput, value: object, settings: JsonObject | None = None) -> Reading:
    """Turn a value into the wire value of an input, or tell why it takes no such one.

    Args:
        declared: the input, as the notebook declares it.
        value: any value.
        settings: the settings of the input's block, if they were asked for.
    """
    return _READERS.get(declared.type, _unlisted)(declared, value, settings)


def _text(_declared: NotebookInput, value: object, _settings: JsonObject | None) -> Reading:
    if isinstance(value, str):
        return value
    text = _number_as_text(value)
    return Refusal("text") if text is None else text


def _checkbox(_declared: NotebookInput, value: object, _settings: JsonObject | None) -> Reading:
    return value if isinstance(value, bool) else Refusal("True or False")


def _slider(declared: NotebookInput, value: object, _settings: JsonObject | None) -> Reading:
    takes = _slider_range(declared)
    number = number_in(value) if isinstance(value, str) else number_of(value)
    if number is None or not is_finite(number):
        return Refusal(takes)
    text = slider_text(number)
    if text is None:
        return Refusal(takes, "it is more exact than a slider can be")
    if isinstance(value, str) and value != text:
        return Refusal(takes, f"as text it is {text!r}")
    return text if _is_on_slider(declared, number) else Refusal(takes)


def _slider_range(declared: NotebookInput) -> str:
    least, most, step = (
        None if bound is None else number_text(float(bound)) for bound in (declared.min, declared.max, declared.step)
    )
    bounds = f" from {least}" * (least is not None) + f" up to {most}" * (most is not None)
    return f"a number{bounds}" + (f" in steps of {step}" if step is not None else "")


def _is_on_slider(declared: NotebookInput, number: float) -> bool:
    least, most, step = declared.min, declared.max, declared.step
    if (least is not None and number < least) or (most is not None and number > most):
        return False
    if least is None or not step or step < 0 or number == most:
        return True
    steps = (number - least) / step
    return not math.isfinite(steps) or abs(steps - round(steps)) <= _STEP_TOLERANCE * max(1.0, abs(steps))


def _select(declared: NotebookInput, value: object, settings: JsonObject | None) -> Reading:
    is_several = is_texts(value) or isinstance(value, AbstractSet)
    if declared.multiple is None:  # an older server does not tell; the value does
        return (_several if is_several else _one)(declared, value, settings)
    return (_several if declared.multiple else _one)(declared, value, settings)


def _one(declared: NotebookInput, value: object, settings: JsonObject | None) -> Reading:
    if value is None or value == "":
        return ""
    option = value if isinstance(value, str) else _number_as_text(value)
    if option is None:
        return Refusal(f"one of {_listed(declared.options)}" if declared.options else "text")
    if not _is_option(declared, option, settings):
        return Refusal(f"one of {_listed(declared.options or ())}", is_doubtful=settings is None)
    return option


def _several(declared: NotebookInput, value: object, settings: JsonObject | None) -> Reading:
    takes = f"a list of {_listed(declared.options)}" if declared.options else "a list of texts"
    if value is None:
        return []
    if isinstance(value, str):
        return Refusal(takes, f"give [{_shortened(value)}] for one")
    if not isinstance(value, Sequence | AbstractSet) or isinstance(value, bytes | bytearray):
        return Refusal(takes)
    chosen: list[str] = []
    for item in value:
        option = item if isinstance(item, str) else _number_as_text(item)
        if option is None:
            return Refusal(takes)
        if not _is_option(declared, option, settings):
            return Refusal(takes, f"{_shortened(option)} is none of them", is_doubtful=settings is None)
        chosen.append(option)
    if isinstance(value, AbstractSet):  # which has no order: that of the options, then
        rank = {option: place for place, option in enumerate(declared.options or ())}
        chosen.sort(key=lambda option: (rank.get(option, len(rank)), option))
    return chosen


def _is_option(declared: NotebookInput, option: str, settings: JsonObject | None) -> bool:
    """Whether a select offers an option. One that fills itself from a variable of the kernel may offer any."""
    if not declared.options or option in declared.options:
        return True
    return settings is not None and settings.get("deepnote_variable_select_type") == "from-variable"


def _date(_declared: NotebookInput, value: object, settings: JsonObject | None) -> Reading:
    takes = "a date, or text such as '2026-01-31'"
    if value is None or (isinstance(value, str) and (not value or is_full(value))):
        return value or ""
    day = date_in(value) if isinstance(value, str) else value
    if not isinstance(day, dt.date):
        return Refusal(takes)
    if not isinstance(day, dt.datetime):
        return full_text(day)
    try:
        text = moment_text(day)
    except (ValueError, OverflowError):
        return Refusal(takes)
    if text.endswith("T00:00:00.000Z") or (settings is not None and _keeps_time(settings)):
        return text
    hint = "this one keeps no time of day, which in UTC this has; give its .date()"
    return Refusal(takes, hint, is_doubtful=settings is None)


def _keeps_time(settings: JsonObject) -> bool:
    """Whether a date block is of version 1, which sets a datetime; version 2 sets a date."""
    version = settings.get("deepnote_input_date_version")
    return version is None or version == 1


def _date_range(_declared: NotebookInput, value: object, _settings: JsonObject | None) -> Reading:
    takes = f"two dates, either of which may be None, or one of {_listed(RANGE_NAMES)}, 'customDays30'"
    if value is None:
        return ["", ""]
    if isinstance(value, str):
        return value if not value or is_range_name(value) else Refusal(takes)
    if not is_pair_of_ends(value):
        has_times = isinstance(value, Sequence) and any(isinstance(end, dt.datetime) for end in value)
        return Refusal(takes, "a range keeps no time of day; give its .date()" if has_times else "")
    first, last = value
    if is_reversed(first, last):
        return Refusal(takes, "the first is after the second")
    return [day_text(day_of(first)), day_text(day_of(last))]


def _file(_declared: NotebookInput, value: object, _settings: JsonObject | None) -> Reading:
    if value is None:
        return ""
    if isinstance(value, PurePath):
        return value.as_posix()
    return value if isinstance(value, str) else Refusal("the path of a file in the project")


def _unlisted(_declared: NotebookInput, value: object, _settings: JsonObject | None) -> Reading:
    """Pass on what may be right for a kind of input that came later than this list."""
    if isinstance(value, str | bool):
        return value
    if is_texts(value):
        return list(value)
    text = _number_as_text(value)
    return Refusal("text, a boolean or a list of texts") if text is None else text


_READERS: Mapping[str, Reader] = {
    "input-text": _text,
    "input-textarea": _text,
    "input-checkbox": _checkbox,
    "input-slider": _slider,
    "input-select": _select,
    "input-date": _date,
    "input-date-range": _date_range,
    "input-file": _file,
}

KINDS = tuple(_READERS)
"""The kinds of input there are rules for."""


def _number_as_text(value: object) -> str | None:
    """Write a finite number; None if it is none."""
    number = number_of(value)
    try:
        return None if number is None or not is_finite(number) else number_text(number)
    except (ValueError, OverflowError):  # more digits than Python writes
        return None


def _listed(options: Sequence[str]) -> str:
    rest = len(options) - MOST_OPTIONS
    return ", ".join(map(_shortened, options[:MOST_OPTIONS])) + (f" and {rest} more" if rest > 0 else "")


def _shortened(option: str) -> str:
    return repr(option if len(option) <= 40 else f"{option[:37]}...")  # noqa: PLR2004  (a line has to hold several)
