"""Notebooks for an emulator of a test's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5


def code(source: str) -> dict[str, Any]:
    """Make a block of code."""
    return {"type": "code", "content": source}


def declared(kind: str, name: str, value: Any, **metadata: Any) -> dict[str, Any]:
    """Make an input block."""
    settings = {"deepnote_variable_name": name, "deepnote_variable_value": value} | metadata
    return {"type": f"input-{kind}", "metadata": settings}


def write_project(folder: Path, name: str, *blocks: dict[str, Any], init: tuple[dict[str, Any], ...] = ()) -> None:
    """Write `name.deepnote`: a project whose first notebook has the id `name`, with an init notebook if it has blocks.

    Block number n of the notebook has the id `name-n`, that of the init notebook `name-init-n`.
    """
    notebooks = [_notebook(name, name.capitalize(), blocks)]
    project: dict[str, Any] = {"id": str(uuid5(NAMESPACE_URL, name)), "name": name.capitalize(), "settings": {}}
    if init:
        notebooks.append(_notebook(f"{name}-init", "Init", init))
        project["initNotebookId"] = f"{name}-init"
    document = {
        "version": "1.0.0",
        "metadata": {"createdAt": "2026-01-01T00:00:00.000Z"},
        "project": project | {"notebooks": notebooks},
    }
    (folder / f"{name}.deepnote").write_text(json.dumps(document), encoding="utf-8")  # JSON is YAML


def _notebook(notebook_id: str, name: str, blocks: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    numbered = [
        {"id": f"{notebook_id}-{number}", "blockGroup": f"g{number}", "sortingKey": f"a{number}", "metadata": {}}
        | {"content": ""}
        | block
        for number, block in enumerate(blocks)
    ]
    return {"id": notebook_id, "name": name, "executionMode": "block", "isModule": False, "blocks": numbered}
