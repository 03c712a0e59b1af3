"""What plain scalars stand for in YAML 1.2: https://yaml.org/spec/1.2.2/#103-core-schema."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import TypeAlias

Plain: TypeAlias = str | int | float | bool | None
"""A value that is no collection."""

TAG = "tag:yaml.org,2002:"

_MEANINGS: dict[str, Callable[[str], Plain]] = {
    "null": lambda _: None,
    "true": lambda _: True,
    "false": lambda _: False,
    "int": int,
    "base": lambda text: _writable(int(text, 0)),
    "float": float,
    "infinity": lambda text: -math.inf if text.startswith("-") else math.inf,
    "nan": lambda _: math.nan,
}
_NO_STRING = re.compile(
    r"(?:(?P<null>~|null|Null|NULL|)|(?P<true>true|True|TRUE)|(?P<false>false|False|FALSE)"
    r"|(?P<int>[-+]?[0-9]+)|(?P<base>0o[0-7]+|0x[0-9a-fA-F]+)"
    r"|(?P<float>[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)"
    r"|(?P<infinity>[-+]?\.(?:inf|Inf|INF))|(?P<nan>\.(?:nan|NaN|NAN)))\Z"
)
_FIRST = frozenset("~nNtTfF-+.0123456789")


def _writable(number: int) -> int:
    """Refuse a number that Python reads, since its base is a power of two, but does not write."""
    str(number)
    return number


def resolve(text: str) -> Plain:
    """Tell what a plain scalar stands for.

    Raises:
        ValueError: it is an integer of more digits than Python reads.

    Example:
        >>> [resolve(text) for text in ("~", "yes", "1_000", "0x1F", "1e3")]
        [None, 'yes', '1_000', 31, 1000.0]
    """
    if text and text[0] not in _FIRST:
        return text
    match = _NO_STRING.match(text)
    return _MEANINGS[match.lastgroup](text) if match and match.lastgroup else text


def tagged(tag: str, text: str) -> Plain:
    """Read a scalar that has a tag, such as `!!float 1`.

    Raises:
        ValueError: the tag is not one of the schema's scalars, or does not fit the text.

    Example:
        >>> tagged(TAG + "str", "1"), tagged(TAG + "float", "1")
        ('1', 1.0)
    """
    if tag == TAG + "str":
        return text
    value = resolve(text)
    if tag == TAG + "float":
        return value if isinstance(value, float) else float(text)
    kinds: dict[str, type] = {TAG + "null": type(None), TAG + "bool": bool, TAG + "int": int}
    if tag not in kinds or type(value) is not kinds[tag]:
        raise ValueError(f"the tag {tag!r} is not one of YAML's core schema, or does not fit what it stands at")
    return value
