"""Projects, notebooks and blocks as they stand in a file."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from attrs import field, frozen

JsonObject = dict[str, Any]


@frozen(kw_only=True)
class BlockSource:
    """A block: `raw` is the block as a `.deepnote` file holds it."""

    id: str
    type: str
    content: str
    metadata: JsonObject = field(factory=dict, repr=False)
    raw: JsonObject = field(factory=dict, repr=False)

    @property
    def is_input(self) -> bool:
        """Whether the block declares an input."""
        return self.type.startswith("input-")


@frozen(kw_only=True)
class NotebookSource:
    """A notebook and the file it came from."""

    id: str
    name: str
    project_id: str
    created_at: dt.datetime
    path: Path | None = None
    is_init: bool = False
    blocks: tuple[BlockSource, ...] = field(default=(), repr=False)
    raw: JsonObject = field(factory=dict, repr=False)


@frozen(kw_only=True)
class ProjectSource:
    """A project: `document` is the whole `.deepnote` file, made up for an `.ipynb`."""

    id: str
    name: str
    created_at: dt.datetime
    notebooks: tuple[NotebookSource, ...]
    document: JsonObject = field(factory=dict, repr=False)
