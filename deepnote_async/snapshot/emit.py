"""Write YAML 1.2 that reads the same everywhere.

Whatever any reader could take for something else than text is quoted: words and dates that YAML 1.1 knows, numbers,
and what Deepnote's own reader takes for anchors, aliases, merge keys or tags, which it looks for in the text of a file
and so finds in the lines of a block scalar as well.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from deepnote_async.errors import SnapshotError
from deepnote_async.snapshot.core_schema import Plain
from deepnote_async.snapshot.yaml12 import MAX_CHARACTERS, MAX_DEPTH, MAX_PARTS

_PLAIN = re.compile(r"[A-Za-z_](?:[A-Za-z0-9_./ -]*[A-Za-z0-9_./-])?\Z")
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_UNPRINTABLE = re.compile("[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]|<<:")
_LOOKS_LIKE_SYNTAX = re.compile(r"(?:-\s++|:\s*+)(?:[&*]\w|![\w/-])|<<:")
_LONGEST_KEY = 1000
"""Readers look for the colon of a key in the next 1024 characters; a longer key is written in the other way."""


def dump(document: Mapping[str, Any]) -> str:
    """Write a document.

    Raises:
        SnapshotError: it holds what a document cannot, or more than would be read again.

    Example:
        >>> print(dump({"on": "2024-05-02", "rows": [{"a": 1, "b": "no"}]}), end="")
        "on": "2024-05-02"
        rows:
          - a: 1
            b: "no"
    """
    out: list[str] = []
    _Writer(out).document(document)
    text = "".join(out)
    if len(text) > MAX_CHARACTERS:
        raise SnapshotError(f"the document has a length of {len(text)}, more than {MAX_CHARACTERS}")
    return text


def plain_copy(document: Mapping[Any, Any]) -> dict[Any, Any]:
    """Copy a document, as mappings and lists of plain values.

    Raises:
        SnapshotError: it holds what a document cannot, or more than would be read again.
    """
    return _Copy().mapping(document, 1)


class _Budget:
    """How much of a document there may be; the same as what is read."""

    def __init__(self) -> None:
        self._left = MAX_PARTS

    def enter(self, collection: Mapping[Any, Any] | list[Any] | tuple[Any, ...], depth: int) -> None:
        self._left -= len(collection) + 1
        if depth > MAX_DEPTH:
            raise SnapshotError(f"the document is nested deeper than {MAX_DEPTH}, or holds itself")
        if self._left < 0:
            raise SnapshotError(f"the document has more than {MAX_PARTS} parts")


class _Copy(_Budget):
    def mapping(self, mapping: Mapping[Any, Any], depth: int) -> dict[Any, Any]:
        self.enter(mapping, depth)
        copy = {_plain(key): self._value(value, depth + 1) for key, value in mapping.items()}
        if len(copy) < len(mapping):
            raise SnapshotError("a mapping has two keys that are the same")
        return copy

    def _value(self, value: Any, depth: int) -> Any:
        if isinstance(value, Mapping):
            return self.mapping(value, depth)
        if isinstance(value, list | tuple):
            self.enter(value, depth)
            return [self._value(item, depth + 1) for item in value]
        return _plain(value)


def _plain(value: object) -> Plain:
    if isinstance(value, str):
        if not value.isascii():
            _check_text(value)
        return str.__str__(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, float):
        return math.nan if math.isnan(value) else float(value)  # the same one each time, so that keys can be compared
    if isinstance(value, int):
        return int(value)
    raise SnapshotError(f"a document cannot hold a value of type {type(value).__name__}")


def _check_text(value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise SnapshotError(f"a document cannot hold text that is not Unicode: {error}") from None


class _Writer(_Budget):
    def __init__(self, out: list[str]) -> None:
        super().__init__()
        self._write = out.append

    def document(self, document: Mapping[Any, Any]) -> None:
        if document:
            self._mapping(document, 1)
        else:
            self._write("{}\n")

    def _mapping(self, mapping: Mapping[Any, Any], depth: int, *, is_inline: bool = False) -> None:
        self.enter(mapping, depth)
        indent = "  " * (depth - 1)
        for key, value in mapping.items():
            if not is_inline:
                self._write(indent)
            is_inline = False
            text = _scalar(key)
            self._write(f"? {text}\n{indent}:" if len(text) > _LONGEST_KEY else f"{text}:")
            self._value(value, depth, "\n")

    def _sequence(self, sequence: list[Any] | tuple[Any, ...], depth: int, *, is_inline: bool = False) -> None:
        self.enter(sequence, depth)
        indent = "  " * (depth - 1)
        for item in sequence:
            self._write("-" if is_inline else f"{indent}-")
            is_inline = False
            self._value(item, depth, " ")

    def _value(self, value: Any, depth: int, lead: str) -> None:
        """Write what comes after the colon of a key, or after a dash; a collection begins on the line of a dash."""
        if isinstance(value, Mapping | list | tuple) and not value:
            self.enter(value, depth + 1)
            self._write(" {}\n" if isinstance(value, Mapping) else " []\n")
        elif isinstance(value, Mapping):
            self._write(lead)
            self._mapping(value, depth + 1, is_inline=lead == " ")
        elif isinstance(value, list | tuple):
            self._write(lead)
            self._sequence(value, depth + 1, is_inline=lead == " ")
        elif isinstance(value, str) and _is_block(value):
            self._write(_block(value, "  " * depth))
        else:
            self._write(f" {_scalar(value)}\n")


def _scalar(value: object) -> str:
    plain = _plain(value)
    if isinstance(plain, str):
        return plain if _PLAIN.match(plain) and plain.lower() not in _WORDS else _quoted(plain)
    if plain is None or isinstance(plain, bool):
        return {None: "null", True: "true", False: "false"}[plain]
    if isinstance(plain, float):
        return repr(plain) if math.isfinite(plain) else _not_finite(plain)
    try:
        return str(plain)
    except ValueError as error:
        raise SnapshotError(f"a document cannot hold a number of so many digits: {error}") from None


def _not_finite(value: float) -> str:
    return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"


def _quoted(text: str) -> str:
    return _ESCAPED.sub(_escape, json.dumps(text, ensure_ascii=False))


def _escape(match: re.Match[str]) -> str:
    found = match.group()
    return "\\x3c<:" if found == "<<:" else f"\\u{ord(found):04x}"


def _is_block(text: str) -> bool:
    """Whether every reader gives these lines back: some have trouble with several line breaks or spaces at the end."""
    is_safe = "\n" in text and text.removesuffix("\n")[-1:] not in {"", " ", "\t", "\n"}
    return is_safe and not _UNPRINTABLE.search(text) and not _LOOKS_LIKE_SYNTAX.search(text)


def _block(text: str, indent: str) -> str:
    """Write lines as they are; the header says where they begin, and whether a line break ends the last one."""
    width = "2" if text.startswith((" ", "\n", "\t")) else ""
    chomping = "" if text.endswith("\n") else "-"
    lines = (f"{indent}{line}\n" if line else "\n" for line in text.removesuffix("\n").split("\n"))
    return f" |{width}{chomping}\n{''.join(lines)}"
