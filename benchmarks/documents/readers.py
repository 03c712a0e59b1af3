"""The readers that are compared, and how many values each of them reads wrongly."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence

import yaml

from deepnote_async.snapshot import yaml12

Reader = Callable[[str], object]

OURS, C_LOADER, PURE_LOADER, RUAMEL = "deepnote_async", "PyYAML, C loader", "PyYAML, pure loader", "ruamel.yaml, safe"


def readers() -> Mapping[str, Reader]:
    """Give what is there; ruamel.yaml is no dependency, and libyaml may be missing."""
    found: dict[str, Reader] = {OURS: yaml12.load, PURE_LOADER: _pyyaml(yaml.SafeLoader)}
    if yaml.__with_libyaml__:
        found[C_LOADER] = _pyyaml(yaml.CSafeLoader)
    try:
        ruamel = importlib.import_module("ruamel.yaml")
    except ImportError:
        return found
    found[RUAMEL] = lambda text: ruamel.YAML(typ="safe").load(text)
    return found


def _pyyaml(loader: type[yaml.SafeLoader | yaml.CSafeLoader]) -> Reader:
    return lambda text: yaml.load(text, Loader=loader)  # noqa: S506  (both are safe)


def wrong_values(value: object, right: object) -> int:
    """Count the values that were read wrongly; what stands below a wrong key counts as one.

    Example:
        >>> wrong_values({"a": [1, "yes"], True: 2}, {"a": [1.0, "yes"], "on": 2})
        2
    """
    if isinstance(right, Mapping):
        if not isinstance(value, Mapping):
            return 1
        return sum(wrong_values(value[key], item) if key in value else 1 for key, item in right.items())
    if isinstance(right, Sequence) and not isinstance(right, str):
        if not isinstance(value, list) or len(value) != len(right):
            return 1
        return sum(wrong_values(item, wanted) for item, wanted in zip(value, right, strict=True))
    return 0 if type(value) is type(right) and value == right else 1
