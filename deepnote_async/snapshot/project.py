"""The project that a document holds: its notebooks, and what belongs to all of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Self

from attrs import field, frozen

from deepnote_async.snapshot.document import Block
from deepnote_async.snapshot.fields import mapping, mappings, moment_or_none, text, text_or_none


@frozen(kw_only=True)
class SnapshotNotebook:
    """A notebook of the document with its blocks in document order.

    Attributes:
        id: id of the notebook.
        name: its name.
        blocks: its blocks in document order, those of unknown types among them.
        execution_mode: "block" or "downstream"; None if the document does not say.
        is_module: whether other notebooks can call it.
        working_directory: the folder it runs in; None if the document does not say.
        raw: the notebook as the document holds it.
    """

    id: str
    name: str
    blocks: tuple[Block, ...] = field(default=(), repr=False)
    execution_mode: str | None = field(default=None, repr=False)
    is_module: bool = field(default=False, repr=False)
    working_directory: str | None = field(default=None, repr=False)
    raw: Mapping[str, Any] = field(factory=dict, repr=False)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Read one notebook."""
        return cls(
            id=text(raw.get("id")),
            name=text(raw.get("name")),
            blocks=tuple(Block.from_dict(item, position) for position, item in enumerate(mappings(raw.get("blocks")))),
            execution_mode=text_or_none(raw.get("executionMode")),
            is_module=raw.get("isModule") is True,
            working_directory=text_or_none(raw.get("workingDirectory")),
            raw=raw,
        )

    def block(self, block_id: str) -> Block | None:
        """Find a block by id; None if the notebook has none of that id."""
        return next((block for block in self.blocks if block.id == block_id), None)

    @property
    def inputs(self) -> tuple[Block, ...]:
        """Its input blocks, in document order."""
        return tuple(block for block in self.blocks if block.is_input)


@frozen(kw_only=True)
class Integration:
    """A connection that the project uses, such as a database.

    Attributes:
        id: id of the integration, to which SQL blocks refer.
        name: its name.
        type: its kind, such as "pgsql".
        raw: the integration as the document holds it.
    """

    id: str
    name: str
    type: str
    raw: Mapping[str, Any] = field(factory=dict, repr=False)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Read one integration."""
        return cls(id=text(raw.get("id")), name=text(raw.get("name")), type=text(raw.get("type")), raw=raw)


@frozen(kw_only=True)
class Project:
    """A project as a document holds it.

    Attributes:
        id: id of the project.
        name: its name.
        notebooks: its notebooks, in document order.
        init_notebook_id: the notebook that runs before every other one; None if there is none.
        integrations: the connections it uses.
        settings: its settings, such as `requirements`, as the document holds them.
        raw: the project as the document holds it.
    """

    id: str
    name: str
    notebooks: tuple[SnapshotNotebook, ...] = field(default=(), repr=False)
    init_notebook_id: str | None = field(default=None, repr=False)
    integrations: tuple[Integration, ...] = field(default=(), repr=False)
    settings: Mapping[str, Any] = field(factory=dict, repr=False)
    raw: Mapping[str, Any] = field(factory=dict, repr=False)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Read the section `project`."""
        return cls(
            id=text(raw.get("id")),
            name=text(raw.get("name")),
            notebooks=tuple(SnapshotNotebook.from_dict(item) for item in mappings(raw.get("notebooks"))),
            init_notebook_id=text_or_none(raw.get("initNotebookId")),
            integrations=tuple(Integration.from_dict(item) for item in mappings(raw.get("integrations"))),
            settings=mapping(raw.get("settings")),
            raw=raw,
        )


@frozen(kw_only=True)
class Metadata:
    """When and by what the document was made.

    Attributes:
        created_at: when the project was made.
        modified_at: when it was last changed.
        exported_at: when the document was written.
        checksum: checksum of the document, as it was written.
        snapshot_hash: hash over what ran; None where the document is no snapshot.
        raw: the section as the document holds it.
    """

    created_at: dt.datetime | None = None
    modified_at: dt.datetime | None = None
    exported_at: dt.datetime | None = None
    checksum: str | None = field(default=None, repr=False)
    snapshot_hash: str | None = field(default=None, repr=False)
    raw: Mapping[str, Any] = field(factory=dict, repr=False)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Read the section `metadata`."""
        return cls(
            created_at=moment_or_none(raw.get("createdAt")),
            modified_at=moment_or_none(raw.get("modifiedAt")),
            exported_at=moment_or_none(raw.get("exportedAt")),
            checksum=text_or_none(raw.get("checksum")),
            snapshot_hash=text_or_none(raw.get("snapshotHash")),
            raw=raw,
        )
