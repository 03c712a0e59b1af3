"""Made-up snapshots, written as Deepnote's own tools write them: plain wherever YAML 1.2 allows it."""

from __future__ import annotations

import base64
import json
import random
import re
from collections.abc import Mapping, Sequence

from deepnote_async.snapshot.core_schema import resolve

Value = str | int | float | bool | None | Sequence["Value"] | Mapping[str, "Value"]

_PLAIN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_./:+ -]*[A-Za-z0-9_./+-])?\Z")


def made(size: int, seed: int) -> Mapping[str, Value]:
    """Make a snapshot of about so many bytes: printed lines, pictures, charts and tables, in turn."""
    chance = random.Random(seed)  # noqa: S311  (nothing secret)
    kinds = (_printed, _picture, _chart, _table)
    blocks: list[Mapping[str, Value]] = []
    written = 0
    while written < size or len(blocks) < len(kinds):
        room = max(4_000, min(200_000, (size - written) // 2))
        block = _block(chance, len(blocks), kinds[len(blocks) % len(kinds)](chance, room))
        blocks.append(block)
        written += len(text_of({"blocks": [block]}))
    notebook: Mapping[str, Value] = {"id": "n", "name": "Report", "blocks": blocks}
    return {
        "version": "1.0.0",
        "metadata": {"createdAt": "2026-01-14T13:55:41.318Z", "snapshotHash": "sha256:1cfc"},
        "environment": {"python": {"environment": "venv", "version": "3.13.9"}},
        "execution": {"startedAt": "2026-01-14T13:55:41.318Z", "inputs": {"day": "2026-01-14", "all": "yes"}},
        "project": {"id": "p", "name": "Made up", "notebooks": [notebook]},
    }


def text_of(value: Mapping[str, Value]) -> str:
    """Write a document."""
    out: list[str] = []
    _write(value, 0, out, "")
    return "".join(out)


def _block(chance: random.Random, position: int, output: Mapping[str, Value]) -> Mapping[str, Value]:
    return {
        "id": f"{chance.getrandbits(128):032x}",
        "type": "code",
        "blockGroup": f"g{position}",
        "sortingKey": f"{position:06d}",
        "content": "frame = load(day)\nframe.describe()",
        "executionCount": position + 1,
        "executionStartedAt": f"2026-01-14T13:{position % 60:02d}:41.318Z",
        "metadata": {"execution_millis": chance.randint(1, 5000), "source_hash": f"{chance.getrandbits(32):08x}"},
        "outputs": [output],
    }


def _printed(chance: random.Random, room: int) -> Mapping[str, Value]:
    lines = [f"epoch {number} loss {chance.random():.5f} … done" for number in range(room // 50)]
    return {"output_type": "stream", "name": "stdout", "text": "\n".join(lines) + "\n"}


def _picture(chance: random.Random, room: int) -> Mapping[str, Value]:
    picture = base64.encodebytes(chance.randbytes(room * 5 // 9)).decode()
    return {"output_type": "display_data", "data": {"image/png": picture, "text/plain": "<Figure>"}, "metadata": {}}


def _chart(chance: random.Random, room: int) -> Mapping[str, Value]:
    points: list[Value] = [
        {"on": f"2024-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}", "y": round(chance.random(), 4)}
        for _ in range(room // 70)
    ]
    spec: Mapping[str, Value] = {"signals": [{"on": [{"events": "click", "update": "off"}]}], "values": points}
    return {"output_type": "display_data", "data": {"application/vnd.vega.v5+json": spec}, "metadata": {}}


def _table(chance: random.Random, room: int) -> Mapping[str, Value]:
    rows: list[Value] = [
        {
            "region": chance.choice(("EU", "US", "APAC", "no")),
            "day": f"2024-05-{chance.randint(1, 28):02d}",
            "at": f"{chance.randint(10, 23)}:30:00",
            "amount": round(chance.uniform(0, 1000), 3),
            "count": chance.randint(0, 10_000),
            "paid": chance.random() < 0.5,  # noqa: PLR2004
            "name": f"customer {chance.randint(0, 10**6)}",
            "_deepnote_index_column": number,
        }
        for number in range(room // 250)
    ]
    table: Mapping[str, Value] = {"row_count": len(rows), "column_count": 7, "rows": rows}
    data: Mapping[str, Value] = {"application/vnd.deepnote.dataframe.v3+json": table}
    return {"output_type": "execute_result", "execution_count": 1, "data": data, "metadata": {}}


def _write(value: Value, indent: int, out: list[str], lead: str) -> None:
    """Write a value after a lead: the colon of a key, a dash, or nothing at the very beginning."""
    space = " " * indent
    if isinstance(value, Mapping) and value:
        for number, (key, item) in enumerate(value.items()):
            start = (" " if lead == "-" else "") if number == 0 and lead in {"-", ""} else space
            out.append(("\n" if number == 0 and lead == ":" else "") + f"{start}{_scalar(key, indent)}:")
            _write(item, indent + 2, out, ":")
    elif isinstance(value, Sequence) and not isinstance(value, str) and value:
        out.append("\n")
        for item in value:
            out.append(f"{space}-")
            _write(item, indent + 2, out, "-")
    elif isinstance(value, Mapping | Sequence) and not isinstance(value, str):
        out.append(" {}\n" if isinstance(value, Mapping) else " []\n")
    else:
        out.append(f" {_scalar(value, indent)}\n")


def _scalar(value: Value, indent: int) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    if "\n" in value:
        lines = "\n".join(" " * indent + line for line in value.removesuffix("\n").split("\n"))
        return f"|{'' if value.endswith(chr(10)) else '-'}\n{lines}"
    is_plain = _PLAIN.match(value) and ": " not in value and isinstance(resolve(value), str)
    return value if is_plain else json.dumps(value, ensure_ascii=False)
