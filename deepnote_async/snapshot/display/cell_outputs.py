"""Outputs of a block as nbformat 4.5 wants them; what it has no place for is handed back.

https://nbformat.readthedocs.io/en/latest/format_description.html#code-cell-outputs
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from deepnote_async.snapshot.display.plain import plain, plain_mapping, unicode
from deepnote_async.snapshot.document import Output
from deepnote_async.snapshot.fields import count_or_none, joined, mapping

JsonDict = dict[str, object]

_KNOWN = frozenset({"stream", "error", "display_data", "execute_result"})
_JSON = re.compile(r"application/(.*\+)?json")


def cell_outputs(outputs: Sequence[Output]) -> tuple[list[JsonDict], list[JsonDict]]:
    """Give the outputs of a cell, and the fields of each that had no place in it, with its index."""
    made = [cell_output(output) for output in outputs]
    left_over: list[JsonDict] = []
    for index, (output, cell) in enumerate(zip(outputs, made, strict=True)):
        rest = _without_place(output, cell)
        if rest:
            left_over.append({"index": index, "fields": plain_mapping(rest)})
    return made, left_over


def _without_place(output: Output, cell: JsonDict) -> JsonDict:
    if output.output_type not in _KNOWN:
        return {}  # it stands in the metadata as it was
    return {key: value for key, value in output.raw.items() if not _is_kept(value, cell.get(str(key)))}


def cell_output(output: Output) -> JsonDict:
    """Give one output."""
    kind = output.output_type
    if kind == "stream":
        return {"output_type": kind, "name": unicode(output.name or "stdout"), "text": unicode(output.text)}
    if kind == "error":
        return {
            "output_type": kind,
            "ename": unicode(output.ename or ""),
            "evalue": unicode(output.evalue or ""),
            "traceback": [unicode(line) for line in output.traceback],
        }
    metadata = plain_mapping(mapping(output.raw.get("metadata")))
    if kind == "display_data":
        return {"output_type": kind, "data": bundle(output.data), "metadata": metadata}
    if kind == "execute_result":
        count = _count(output.raw.get("execution_count"))
        return {"output_type": kind, "data": bundle(output.data), "metadata": metadata, "execution_count": count}
    raw = plain_mapping(output.raw)
    shown = bundle(output.data) or {"text/plain": json.dumps(raw, ensure_ascii=False)}
    return {"output_type": "display_data", "data": shown, "metadata": {"deepnote": raw}}


def bundle(data: Mapping[str, object]) -> dict[str, object]:
    """Give the forms of a value: text whole, JSON as it is, and anything else as the text of its JSON."""
    made: dict[str, object] = {}
    for media_type, value in data.items():
        key = unicode(str(media_type))
        while key in made:
            key += "'"
        if _JSON.fullmatch(key):
            made[key] = plain(value)
        elif isinstance(value, str) or _is_lines(value):
            made[key] = unicode(joined(value))
        else:
            made[key] = json.dumps(plain(value), ensure_ascii=False)
    return made


def _count(value: object) -> int | None:
    count = count_or_none(value)
    return count if count is not None and count >= 0 else None


def _is_lines(value: object) -> bool:
    return isinstance(value, Sequence) and all(isinstance(line, str) for line in value)


def _is_kept(value: object, made: object) -> bool:
    if isinstance(value, Mapping) and isinstance(made, dict):
        return True  # a mapping is taken over whole
    if isinstance(made, str) and (isinstance(value, str) or _is_lines(value)):
        return unicode(joined(value)) == made
    return plain(value) == made
