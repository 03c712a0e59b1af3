"""An executed `.ipynb` as blocks: its cells in order, each with what it left.

https://nbformat.readthedocs.io/en/latest/format_description.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from deepnote_async.errors import SnapshotError
from deepnote_async.snapshot.document import Block


def read_ipynb(notebook: str | bytes) -> tuple[Block, ...]:
    """Read the cells of a notebook in nbformat 4.

    A cell without an id of its own, as nbformat allowed until 4.4, gets one from its place: "cell-0".

    Args:
        notebook: its text, or its bytes in UTF-8.

    Raises:
        SnapshotError: it is no JSON, or no notebook.
    """
    try:
        document = json.loads(notebook if isinstance(notebook, str) else notebook.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise SnapshotError("the executed notebook is not UTF-8, as an .ipynb must be") from None
    except (ValueError, RecursionError) as error:
        raise SnapshotError(f"the executed notebook is not JSON, as an .ipynb must be: {error}") from None
    cells = document.get("cells") if isinstance(document, Mapping) else None
    if not isinstance(cells, list):
        raise SnapshotError("the executed notebook has no cells, so it is no .ipynb in nbformat 4")
    return tuple(_block(cell, position) for position, cell in enumerate(cells) if isinstance(cell, Mapping))


def _block(cell: Mapping[str, Any], position: int) -> Block:
    named = {
        "id": cell.get("id") or f"cell-{position}",
        "type": cell.get("cell_type", ""),
        "content": cell.get("source"),
        "executionCount": cell.get("execution_count"),
    }
    return Block.from_dict({**cell, **named}, position)
