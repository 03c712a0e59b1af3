"""One output of a block.

https://nbformat.readthedocs.io/en/latest/format_description.html#code-cell-outputs
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import field, frozen

from deepnote_async.snapshot.fields import joined, mapping, text, text_or_none, texts


@frozen(kw_only=True)
class Output:
    """One output of a block, as nbformat 4 describes it.

    Attributes:
        output_type: "stream", "display_data", "execute_result" or "error"; unknown types are kept.
        name: "stdout" or "stderr" of a stream.
        text: text of a stream, or the text/plain form of a value; "" if there is none.
        data: the forms of a value by media type.
        ename: class name of an exception.
        evalue: message of an exception.
        traceback: lines of an exception's traceback, with terminal colours.
        raw: the output as the document holds it.
    """

    output_type: str
    name: str | None = None
    text: str = ""
    data: Mapping[str, Any] = field(factory=dict, repr=False)
    ename: str | None = None
    evalue: str | None = None
    traceback: tuple[str, ...] = field(default=(), repr=False)
    raw: Mapping[str, Any] = field(factory=dict, repr=False)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Read one output; fields of another type than nbformat's are left out."""
        kind = text(raw.get("output_type"))
        data = mapping(raw.get("data"))
        return cls(
            output_type=kind,
            name=text_or_none(raw.get("name")),
            text=joined(raw.get("text") if kind == "stream" else data.get("text/plain")),
            data=data,
            ename=text_or_none(raw.get("ename")),
            evalue=text_or_none(raw.get("evalue")),
            traceback=texts(raw.get("traceback")),
            raw=raw,
        )
