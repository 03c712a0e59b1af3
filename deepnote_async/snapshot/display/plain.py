"""Values of a document as JSON can hold them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypeVar

from deepnote_async.errors import SnapshotError

_MOST_BITS = 10_000
"""Python does not write larger numbers in digits."""
_MOST_LEVELS = 100

Key = TypeVar("Key")


def plain(value: object, level: int = 0) -> object:
    """Copy a value into what JSON can hold: keys become text, what is no finite number null, a huge one its hex digits.

    Raises:
        SnapshotError: it is nested deeper than a document can be.

    Example:
        >>> plain({1: [float("nan"), "a"]})
        {'1': [None, 'a']}
    """
    if level > _MOST_LEVELS:
        raise SnapshotError(f"the document is nested deeper than {_MOST_LEVELS}, or holds itself")
    if isinstance(value, Mapping):
        return plain_mapping(value, level)
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        return [plain(item, level + 1) for item in value]
    return _scalar(value)


def _scalar(value: object) -> str | float | None:
    if isinstance(value, str):
        return unicode(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value) if value.bit_length() < _MOST_BITS else hex(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return repr(value)


def plain_mapping(value: Mapping[Key, object], level: int = 0) -> dict[str, object]:
    """Copy a mapping; two keys that are the same as text stay two."""
    copy: dict[str, object] = {}
    for key, item in value.items():
        name = key if isinstance(key, str) else _key(key)
        name = unicode(name)
        while name in copy:
            name += "'"
        copy[name] = plain(item, level + 1)
    return copy


def _key(key: object) -> str:
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    return hex(key) if isinstance(key, int) and key.bit_length() >= _MOST_BITS else str(key)


def unicode(text: str) -> str:
    """Give text that can be written: half of a pair of surrogates becomes a replacement character."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
