"""Which values every writer (JSON, YAML, UTF-8) can take."""

from __future__ import annotations

import json
from typing import Any

MAX_DEPTH = 64
"""Far more than any body or document needs, and far less than a recursive writer can take."""


def check_plain(value: Any) -> None:
    """Refuse, with ValueError, NUL characters, lone surrogates, numbers that are none, and deep nesting."""
    _check(value, 0)
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode()


def _check(value: Any, depth: int) -> None:
    if isinstance(value, str) and "\0" in value:
        raise ValueError("a text holds a NUL character")
    if depth > MAX_DEPTH:
        raise ValueError(f"it is nested more than {MAX_DEPTH} deep")
    if isinstance(value, dict):
        for name, item in value.items():
            _check(name, depth)
            _check(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check(item, depth + 1)
