"""Ids on their way into a path.

Percent-encoding is not enough: `..` is left as it is by it, and httpx then folds `/v2/notebooks/..` to `/v2` (RFC 3986,
section 5.2.4).
"""

from __future__ import annotations

MAX_ID_LENGTH = 256


def path_id(value: object, name: str) -> str:
    """Return an id that is safe to put into a path, or say what is wrong with it.

    Args:
        value: the id, a string of 1 to 256 characters.
        name: what it is, for the message: "notebook_id".

    Raises:
        TypeError: it is not a string.
        ValueError: it is empty, too long, `.` or `..`, or holds control characters or lone surrogates.
    """
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string, not {type(value).__name__}")
    if not value:
        raise ValueError(f"{name} is empty; it takes the id of an existing object")
    if len(value) > MAX_ID_LENGTH:
        raise ValueError(f"{name} has {len(value)} characters; ids have at most {MAX_ID_LENGTH}")
    if value in {".", ".."}:
        raise ValueError(f"{name} {value!r} is a path segment, not an id")
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in value):  # noqa: PLR2004  (ASCII controls)
        raise ValueError(f"{name} {value!r} holds a control character")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError(f"{name} {value!r} holds half of a surrogate pair")
    return value
