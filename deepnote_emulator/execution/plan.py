"""Which blocks a run executes, and what the kernel gets for each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from deepnote_emulator.documents import BlockSource, NotebookSource, ProjectSource
from deepnote_emulator.execution.engine import Plan, Step
from deepnote_emulator.inputs import assignment, name_of

_SILENT = frozenset({"markdown", "image", "separator", "button"})


def plan_of(
    project: ProjectSource, notebook: NotebookSource, inputs: dict[str, Any], block_ids: tuple[str, ...] | None
) -> Plan:
    """List the blocks to execute: the project's init notebook first, then the notebook, or only the chosen blocks."""
    if block_ids is not None:
        by_id = {block.id: block for block in notebook.blocks}
        return Plan(steps=tuple(_steps((by_id[block_id] for block_id in block_ids), inputs)))
    steps: list[Step] = []
    for other in project.notebooks:
        if other.is_init and other.id != notebook.id:
            steps += _steps(other.blocks, {})
    return Plan(steps=(*steps, *_steps(notebook.blocks, inputs)))


def _steps(blocks: Iterable[BlockSource], inputs: dict[str, Any]) -> list[Step]:
    steps = []
    for block in blocks:
        if block.is_input and not name_of(block).isidentifier():
            reason = f"an input sets a Python variable, and {name_of(block)!r} cannot be the name of one"
            steps.append(Step(block_id=block.id, unsupported=reason))
        elif block.is_input:
            steps.append(Step(block_id=block.id, code=assignment(block, inputs), is_input=True))
        elif block.type == "code":
            steps.append(Step(block_id=block.id, code=block.content))
        elif block.type not in _SILENT and not block.type.startswith("text-cell"):
            reason = f"the emulator does not execute {block.type} blocks"
            steps.append(Step(block_id=block.id, unsupported=reason))
    return steps
