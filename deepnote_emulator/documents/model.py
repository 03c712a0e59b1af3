"""Projects, notebooks and blocks as they stand.

All of them are frozen: a change makes a new object, so whoever holds an old one, such as a run, keeps it whole.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, Self

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

    @classmethod
    def of(cls, raw: JsonObject) -> Self:
        """Read a block of a `.deepnote` file."""
        return cls(
            id=str(raw["id"]),
            type=str(raw["type"]),
            content=str(raw.get("content") or ""),
            metadata=dict(raw.get("metadata") or {}),
            raw=raw,
        )

    @property
    def is_input(self) -> bool:
        """Whether the block declares an input."""
        return self.type.startswith("input-")

    @property
    def version(self) -> int:
        """How often the API changed the block, from 1."""
        version = self.raw.get("version")
        return version if isinstance(version, int) else 1


@frozen(kw_only=True)
class Schedule:
    """When a notebook should run; the emulator keeps it and starts nothing."""

    cron: str
    timezone: str
    created_at: dt.datetime
    updated_at: dt.datetime | None = None


@frozen(kw_only=True)
class NotebookSource:
    """A notebook, and the file it came from if it came from one."""

    id: str
    name: str
    project_id: str
    created_at: dt.datetime
    updated_at: dt.datetime | None = None
    path: Path | None = None
    is_init: bool = False
    schedule: Schedule | None = None
    blocks: tuple[BlockSource, ...] = field(default=(), repr=False)
    raw: JsonObject = field(factory=dict, repr=False)

    def to_raw(self) -> JsonObject:
        """Write it as a `.deepnote` file holds it."""
        return {**self.raw, "id": self.id, "name": self.name, "blocks": [block.raw for block in self.blocks]}


@frozen(kw_only=True)
class ProjectSource:
    """A project: `document` is the `.deepnote` file around its notebooks, made up for an `.ipynb`."""

    id: str
    name: str
    created_at: dt.datetime
    notebooks: tuple[NotebookSource, ...]
    updated_at: dt.datetime | None = None
    project_type: str = "standard"
    document: JsonObject = field(factory=dict, repr=False)

    def notebook(self, notebook_id: str) -> NotebookSource | None:
        """Find one of its notebooks."""
        return next((notebook for notebook in self.notebooks if notebook.id == notebook_id), None)

    def to_document(self) -> JsonObject:
        """Write the whole `.deepnote` document."""
        project = {**self.document["project"], "id": self.id, "name": self.name}
        project["notebooks"] = [notebook.to_raw() for notebook in self.notebooks]
        project.pop("initNotebookId", None)
        if init := next((notebook.id for notebook in self.notebooks if notebook.is_init), None):
            project["initNotebookId"] = init
        return {**self.document, "project": project}
