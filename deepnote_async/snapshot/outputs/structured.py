"""The last structured output.

JSON is that of https://www.rfc-editor.org/rfc/rfc8259: no NaN, no Infinity.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import NoReturn

from attrs import frozen

from deepnote_async.errors import OutputError, SnapshotError
from deepnote_async.snapshot.ansi import strip_ansi
from deepnote_async.snapshot.outputs import media
from deepnote_async.snapshot.outputs.group import OutputGroup
from deepnote_async.snapshot.outputs.output import Output


@frozen
class _Found:
    value: object


def last_json(groups: tuple[OutputGroup, ...]) -> object:
    """Find the last structured output of all groups.

    Raises:
        OutputError: there is none.
        SnapshotError: it is nested too deep to be copied.
    """
    for group in reversed(groups):
        for found in map(_read, reversed(list(_pieces(group.outputs)))):
            if found is not None:
                return found.value
    raise OutputError(_nothing_found([output for group in groups for output in group.outputs]))


def _pieces(outputs: Iterable[Output]) -> Iterator[Output | str]:
    """Give what was printed in one go as one text, also where it came in several outputs."""
    for is_printed, run in groupby(outputs, _is_stdout):
        if is_printed:
            yield "".join(output.text for output in run)
        else:
            yield from run


def _is_stdout(output: Output) -> bool:
    return output.output_type == "stream" and output.name != "stderr"


def _read(piece: Output | str) -> _Found | None:
    if isinstance(piece, str):
        return _printed(piece)
    if piece.output_type in {"stream", "error"}:
        return None
    forms = media.forms(piece)
    if media.JSON in forms:
        return _Found(_copied(forms[media.JSON]))
    other = next((value for media_type, value in forms.items() if media.is_json(media_type) and value != ""), None)
    return _parsed(piece.text) if other is None else _Found(_copied(other))


def _printed(text: str) -> _Found | None:
    text = strip_ansi(text).strip()
    # Not splitlines: JSON may hold what it takes for line breaks.
    last_line = text[max(text.rfind("\n"), text.rfind("\r")) + 1 :].strip()
    for candidate in (text, last_line):
        if candidate[:1] in {"{", "["} and candidate[-1:] in {"}", "]"} and (found := _parsed(candidate)) is not None:
            return found
    return None


def _parsed(text: str) -> _Found | None:
    try:
        return _Found(json.loads(text, parse_constant=_refuse)) if text else None
    except (ValueError, RecursionError):
        return None


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _copied(value: object) -> object:
    try:
        return _copy(value)
    except RecursionError:
        raise SnapshotError("the structured output is nested too deep to be read") from None


def _copy(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list | tuple) else value


def _nothing_found(outputs: list[Output]) -> str:
    advice = "let the notebook end with print(json.dumps(x)) or display(JSON(x))"
    if not outputs:
        return f"there is no structured output, as there are no outputs at all; {advice}"
    kinds = Counter(_kind(output) for output in outputs)
    counted = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    return f"none of the outputs ({counted}) is structured; {advice}"


def _kind(output: Output) -> str:
    if output.output_type == "stream":
        return f"of {output.name or 'stdout'}"
    return (
        "displayed" if output.output_type in {"display_data", "execute_result"} else f"of type {output.output_type!r}"
    )
