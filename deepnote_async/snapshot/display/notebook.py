"""A notebook of a document in nbformat 4.5.

https://nbformat.readthedocs.io/en/latest/format_description.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import field, frozen

from deepnote_async.snapshot.display.cell_outputs import JsonDict
from deepnote_async.snapshot.display.cells import CellIds, cell_of
from deepnote_async.snapshot.display.plain import plain_mapping, unicode
from deepnote_async.snapshot.document import Block

if TYPE_CHECKING:
    from deepnote_async.snapshot.file import Snapshot
    from deepnote_async.snapshot.project import SnapshotNotebook

_MOST_NAMED = 10


@frozen(kw_only=True)
class Source:
    """A notebook to be written.

    Attributes:
        title: its name.
        blocks: its blocks, in order.
        inputs: the values it was started with, by input.
        fields: what else is known of it, for the notebook's metadata.
    """

    title: str = ""
    blocks: Sequence[Block] = ()
    inputs: Mapping[str, object] = field(factory=dict)
    fields: Mapping[str, object] = field(factory=dict)


def source_of(snapshot: Snapshot, notebook: SnapshotNotebook, inputs: Mapping[str, object] | None = None) -> Source:
    """Take a notebook of a document, with the values it was started with."""
    kept = {key: value for key, value in notebook.raw.items() if key != "blocks"}
    project = {"id": snapshot.project.id, "name": snapshot.project.name}
    return Source(
        title=notebook.name,
        blocks=notebook.blocks,
        inputs=inputs or {},
        fields={**kept, "id": notebook.id, "name": notebook.name, "project": project},
    )


def notebook_of(snapshot: Snapshot, notebook_id: str | None) -> SnapshotNotebook:
    """Find the notebook that is meant.

    Raises:
        ValueError: there is none of that id; or there is no id, and not one notebook. The message names the ids.
    """
    found = snapshot.notebook(notebook_id)
    if found is not None:
        return found
    held = _ids(notebook.id for notebook in snapshot.notebooks)
    if notebook_id is None:
        raise ValueError(f"the document holds {len(snapshot.notebooks)} notebooks, say which by its id: {held}")
    raise ValueError(f"the document holds no notebook {notebook_id!r}, but: {held}")


def to_ipynb(source: Source) -> dict[str, object]:
    """Write a notebook in nbformat 4.5."""
    ids = CellIds()
    cells = [cell_of(block, ids, source.inputs) for block in source.blocks]
    metadata: JsonDict = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    if source.title:
        metadata["title"] = unicode(source.title)
    if source.fields:
        metadata["deepnote"] = plain_mapping(source.fields)
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _ids(ids: Iterable[str]) -> str:
    names = list(ids)
    rest = len(names) - _MOST_NAMED
    shown = ", ".join(repr(name[:80]) for name in names[:_MOST_NAMED]) or "it holds none"
    return f"{shown} and {rest} more" if rest > 0 else shown
