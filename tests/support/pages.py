"""Pages of the documentation whose Python is run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"


class DocsPage:
    """A page with one block of Python.

    Attributes:
        text: the page with every run of white space as one space.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._page = (DOCS / name).read_text(encoding="utf-8")
        self.text = " ".join(self._page.split())

    def define(self) -> dict[str, Any]:
        """Run the block and give the names it defines."""
        (block,) = re.findall(r"```python\n(.*?)```", self._page, flags=re.DOTALL)
        names: dict[str, Any] = {}
        exec(compile(block, f"docs/{self._name}", "exec"), names)  # noqa: S102  (that is the test)
        return names
