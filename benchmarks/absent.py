"""Measure as users have it: packages that only the development tools bring are hidden from the libraries measured.

httpcore imports sniffio anew for every request, and does not ask for it to be installed; whether trio's presence in the
development environment brings it along decides about a third of the time of a request through stock httpx.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import Distribution, DistributionFinder
from types import ModuleType

HIDDEN = "sniffio"


class _Without:
    """Searches for another name instead of the hidden one, so that failing costs what it costs a program of users.

    That depends on how many folders are searched. A program has its own, the standard library's and site-packages; the
    ones that developing this project adds are left out.
    """

    def __init__(self) -> None:
        installed = (sys.prefix, sys.base_prefix)
        self._usual = [sys.path[0], *(entry for entry in sys.path[1:] if entry.startswith(installed))]

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name == HIDDEN:
            return PathFinder.find_spec(f"{name}_that_is_not_there", self._usual, target)
        return PathFinder.find_spec(name, path, target)

    def find_distributions(self, *context: DistributionFinder.Context) -> Iterable[Distribution]:
        """Find what is installed as ever: jupyter_client finds its own parts in it."""
        return PathFinder.find_distributions(*context)


_without = _Without()


def hide() -> None:
    """Hide it from now on; to be called before anything is imported that looks for it."""
    if HIDDEN in sys.modules:
        raise RuntimeError(f"{HIDDEN} has been imported already")
    sys.meta_path[sys.meta_path.index(PathFinder)] = _without


@contextmanager
def shown() -> Iterator[bool]:
    """Let it be found for a while; gives whether it is installed at all."""
    place = sys.meta_path.index(_without)
    sys.meta_path[place] = PathFinder
    try:
        installed = _imported()
        yield installed
    finally:
        sys.meta_path[place] = _without
        sys.modules.pop(HIDDEN, None)


def _imported() -> bool:
    try:
        importlib.import_module(HIDDEN)
    except ImportError:
        return False
    return True
