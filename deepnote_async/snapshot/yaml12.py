"""Read YAML by the rules of version 1.2 (core schema), and nothing that could hurt.

PyYAML reads YAML 1.1: dates become objects, `on` becomes True, 12:30:00 becomes 45000, and Deepnote's own files come
out wrong in hundreds of places. Its resolvers are replaced by those of https://yaml.org/spec/1.2.2/#103-core-schema;
what a hostile document could do (deep nesting crashes the C parser, aliases multiply) is found before anything is
built.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from deepnote_async.errors import SnapshotError

MAX_CHARACTERS = 64 << 20
MAX_DEPTH = 64
MAX_ALIASES = 200
MAX_EVENTS = 4_000_000

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _CoreLoader(_Loader):  # type: ignore[misc]  # the C loader has no stub
    """A loader that knows the types of the core schema only."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  (PyYAML's own convention)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        mapping: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str | int | float | bool | None):
                raise SnapshotError(f"line {key_node.start_mark.line + 1}: a key must be a plain value")
            if key in mapping:
                raise SnapshotError(f"line {key_node.start_mark.line + 1}: the key {key!r} stands twice")
            mapping[key] = self.construct_object(value_node, deep=deep)
        return mapping


def _construct_map(loader: _CoreLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    return loader.construct_mapping(node, deep=True)


def _construct_int(loader: _CoreLoader, node: yaml.ScalarNode) -> int:
    text: str = loader.construct_scalar(node)
    return int(text, 0) if text.startswith(("0o", "0x")) else int(text)


def _construct_float(loader: _CoreLoader, node: yaml.ScalarNode) -> float:
    text: str = loader.construct_scalar(node)
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))


def _construct_bool(loader: _CoreLoader, node: yaml.ScalarNode) -> bool:
    return str(loader.construct_scalar(node)).lower() == "true"


_RESOLVERS = (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
)
for _tag, _pattern, _first in _RESOLVERS:
    _CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})\Z"), _first)
_CoreLoader.add_constructor("tag:yaml.org,2002:map", _construct_map)
_CoreLoader.add_constructor("tag:yaml.org,2002:int", _construct_int)
_CoreLoader.add_constructor("tag:yaml.org,2002:float", _construct_float)
_CoreLoader.add_constructor("tag:yaml.org,2002:bool", _construct_bool)


def load(text: str) -> Any:
    """Read one YAML 1.2 document.

    Raises:
        SnapshotError: it is not YAML, holds a key twice, or is larger or deeper than any real document.
    """
    if len(text) > MAX_CHARACTERS:
        raise SnapshotError(f"the document has {len(text)} characters, more than {MAX_CHARACTERS}")
    try:
        _refuse_hostile(text)
        return yaml.load(text, Loader=_CoreLoader)  # noqa: S506  (a safe loader with fewer types)
    except yaml.YAMLError as error:
        raise SnapshotError(f"the document is not YAML: {error}") from None
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise SnapshotError(f"the document holds a value that cannot be read: {error}") from None


def _refuse_hostile(text: str) -> None:
    depth = aliases = 0
    for events, event in enumerate(yaml.parse(text, Loader=_Loader), start=1):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.AliasEvent):
            aliases += 1
        if depth > MAX_DEPTH or aliases > MAX_ALIASES or events > MAX_EVENTS:
            raise SnapshotError(
                f"the document is nested deeper than {MAX_DEPTH}, has more than {MAX_ALIASES} aliases "
                f"or more than {MAX_EVENTS} parts"
            )
