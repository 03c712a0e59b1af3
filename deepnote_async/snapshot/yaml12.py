"""Read YAML by the rules of version 1.2 (core schema), and nothing that could hurt.

PyYAML reads YAML 1.1: dates become objects, `on` becomes True, 12:30:00 becomes 45000, and Deepnote's own files come
out wrong in hundreds of places. Only its parser is used here (libyaml, where PyYAML was built with it): values are made
straight from its events, which takes a fraction of the time and memory of PyYAML's tree of nodes. What a hostile
document could do (deep nesting, aliases that multiply) is refused as soon as it shows.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from typing import Any

import yaml

from deepnote_async.errors import SnapshotError
from deepnote_async.snapshot.core_schema import TAG, Plain, resolve, tagged

MAX_CHARACTERS = 64 << 20
MAX_DEPTH = 64
MAX_ALIASES = 200
MAX_ALIASED_CHARACTERS = 4_000_000
MAX_PARTS = 4_000_000

_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PIECE = 16_384
_SHORT = 32
_MANY = 10_000
_MISSING: Any = object()

# Line breaks of YAML 1.1, at which libyaml ends a line; in 1.2 they are characters like others. The parser is given
# characters in their stead that Unicode leaves to programs for such uses, of those that the document does not hold.
_OLD_BREAKS = "\x85\u2028\u2029"
_STAND_INS = "".join(map(chr, [*range(0xFDD0, 0xFDF0), *range(0xE000, 0xF8FF)]))


def load(document: str | bytes) -> Any:
    """Read one YAML 1.2 document.

    Args:
        document: its text, or its bytes in UTF-8, or in UTF-16 with a byte order mark.

    Raises:
        SnapshotError: it is not YAML, holds a key twice, or is larger or deeper than any real document.

    Example:
        >>> load("{on: 2024-05-02, n: 017}")
        {'on': '2024-05-02', 'n': 17}
    """
    if len(document) > MAX_CHARACTERS:
        raise SnapshotError(f"the document has a length of {len(document)}, more than {MAX_CHARACTERS}")
    try:
        return _read(document)
    except yaml.YAMLError as error:
        raise SnapshotError(f"the document is not YAML: {error}") from None
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise SnapshotError(f"the document holds a value that cannot be read: {error}") from None


def _read(document: str | bytes) -> Any:
    if isinstance(document, bytes) and document.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        document = document.decode("utf-16")
    if not _has_old_breaks(document):
        return _Builder(document).document()
    text = document if isinstance(document, str) else document.decode()
    stand_ins = "".join([letter for letter in _STAND_INS if letter not in text][: len(_OLD_BREAKS)])
    if len(stand_ins) < len(_OLD_BREAKS):
        raise SnapshotError("the document holds all characters of Unicode's private area, as no real one does")
    back = str.maketrans(stand_ins, _OLD_BREAKS)
    return _Builder(text.translate(str.maketrans(_OLD_BREAKS, stand_ins)), back).document()


def _has_old_breaks(document: str | bytes) -> bool:
    """Look for them piece by piece, so that other threads get their turn."""
    if isinstance(document, str) and document.isascii():
        return False
    size = 1 << 20
    for start in range(0, len(document), size):
        piece = document[start : start + size + 2]
        if isinstance(piece, str):
            found = any(letter in piece for letter in _OLD_BREAKS)
        else:
            found = any(letter.encode() in piece for letter in _OLD_BREAKS)
        if found:
            return True
    return False


class _Pieces:
    """Hands a document to the parser in pieces.

    The parser asks for the next one in the middle of long scalars too, and as this is no C code, other threads get
    their turn then: an event loop is not kept waiting, however long a scalar is.
    """

    name = "the document"

    def __init__(self, document: str | bytes) -> None:
        self._document = document
        self._at = 0

    def read(self, size: int = -1) -> str | bytes:  # noqa: ARG002  (the parser takes what it gets)
        start = self._at
        self._at = start + _PIECE
        return self._document[start : start + _PIECE]


class _Builder:
    """Makes values from the parser's events."""

    def __init__(self, document: str | bytes, translation: dict[int, int] | None = None) -> None:
        self._next: Callable[[], Any] = _Parser(_Pieces(document)).get_event
        self._translation = translation
        # All loops draw on the same numbers, so that together they end.
        self._parts = iter(range(MAX_PARTS))
        self._plain: dict[str, Plain] = {}
        self._quoted: dict[str, str] = {}
        # By anchor: the value, how many characters it takes to write it, and how many levels deep it is.
        self._anchored: dict[str, tuple[Any, int, int]] = {}
        self._aliases = 0
        self._aliased = 0
        self._end = 0
        self._deepest = 0

    def document(self) -> Any:
        """Read the one document there is; None for an empty one."""
        self._next()
        if type(self._next()) is yaml.StreamEndEvent:
            return None
        value = self._value(self._next(), 1)
        self._next()
        event = self._next()
        if type(event) is not yaml.StreamEndEvent:
            raise _error(event, "a second document begins, and a file holds one")
        return value

    def _value(self, event: Any, depth: int) -> Any:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            return self._scalar(event)
        if kind is yaml.AliasEvent:
            return self._alias(event, depth)
        self._reach(event, depth)
        is_mapping = kind is yaml.MappingStartEvent
        if event.tag is not None and event.tag != TAG + ("map" if is_mapping else "seq"):
            raise _error(event, f"the tag {event.tag!r} is not one of YAML's core schema")
        if event.anchor is None:
            return self._mapping(depth + 1) if is_mapping else self._sequence(depth + 1)
        aliased, deepest = self._aliased, self._deepest
        self._deepest = depth
        value = self._mapping(depth + 1) if is_mapping else self._sequence(depth + 1)
        length = self._end - event.start_mark.index + self._aliased - aliased
        self._anchored[event.anchor] = value, length, self._deepest - depth + 1
        self._deepest = max(deepest, self._deepest)
        return value

    def _mapping(self, depth: int) -> dict[Plain, Any]:
        mapping: dict[Plain, Any] = {}
        get, scalar = self._next, self._scalar
        for _ in self._parts:
            event = get()
            kind = type(event)
            if kind is yaml.ScalarEvent:
                key = scalar(event)
            elif kind is yaml.MappingEndEvent:
                self._end = event.end_mark.index
                return mapping
            else:
                key = self._odd_key(event)
            if key in mapping:
                raise _error(event, f"the key {key!r} stands twice")
            event = get()
            mapping[key] = scalar(event) if type(event) is yaml.ScalarEvent else self._value(event, depth)
        raise _too_many()

    def _sequence(self, depth: int) -> list[Any]:
        sequence: list[Any] = []
        get, scalar = self._next, self._scalar
        for _ in self._parts:
            event = get()
            kind = type(event)
            if kind is yaml.ScalarEvent:
                sequence.append(scalar(event))
            elif kind is yaml.SequenceEndEvent:
                self._end = event.end_mark.index
                return sequence
            else:
                sequence.append(self._value(event, depth))
        raise _too_many()

    def _scalar(self, event: Any) -> Plain:
        text: str = event.value
        if self._translation is not None:
            text = text.translate(self._translation)
        if event.implicit[0] and not event.style:
            value: Plain = self._plain.get(text, _MISSING)
            if value is _MISSING:
                value = resolve(text)
                if len(text) <= _SHORT and len(self._plain) < _MANY:
                    self._plain[text] = value
        elif event.tag is not None:
            value = tagged(event.tag, text)
        elif len(text) <= _SHORT and len(self._quoted) < _MANY:
            value = self._quoted.setdefault(text, text)
        else:
            value = text
        if event.anchor is not None:
            self._anchored[event.anchor] = value, len(text), 0
        return value

    def _odd_key(self, event: Any) -> Plain:
        """Read a key that is no scalar: an alias of one will do."""
        if type(event) is yaml.AliasEvent:
            key = self._alias(event, 0)
            if key is None or isinstance(key, str | int | float):
                return key
        raise _error(event, "a key must be a plain value")

    def _alias(self, event: Any, depth: int) -> Any:
        """Give what stands at the anchor; what it would take to write it out is limited."""
        if event.anchor not in self._anchored:
            raise _error(event, f"the alias {event.anchor!r} has no anchor before it")
        value, characters, levels = self._anchored[event.anchor]
        self._reach(event, depth + levels - 1)
        self._aliases += 1
        self._aliased += characters
        if self._aliases > MAX_ALIASES or self._aliased > MAX_ALIASED_CHARACTERS:
            raise _error(
                event,
                f"the document has more than {MAX_ALIASES} aliases, or they stand for more than "
                f"{MAX_ALIASED_CHARACTERS} characters",
            )
        return value

    def _reach(self, event: Any, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise _error(event, f"the document is nested deeper than {MAX_DEPTH}")
        self._deepest = max(self._deepest, depth)


def _error(event: Any, reason: str) -> SnapshotError:
    return SnapshotError(f"line {event.start_mark.line + 1}: {reason}")


def _too_many() -> SnapshotError:
    return SnapshotError(f"the document has more than {MAX_PARTS} parts")
