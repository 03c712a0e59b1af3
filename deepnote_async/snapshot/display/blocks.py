"""A block with its status, its source and what it left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deepnote_async.snapshot.display.literals import input_name, input_value, literal
from deepnote_async.snapshot.display.markup import Room, note, preformatted, seconds_text, short
from deepnote_async.snapshot.display.outputs import shown_outputs
from deepnote_async.snapshot.display.prose import is_prose, prose
from deepnote_async.snapshot.document import Block
from deepnote_async.snapshot.fields import text_or_none

SOURCE = 20_000
"""So many characters of a source are shown."""
BLOCK = 1_500_000
"""So many characters of the page are there for the outputs of a block."""

_STATES = {"succeeded": ("", "succeeded"), "failed": (" dn-failed", "failed"), "not_reached": (" dn-idle", "not run")}


def tells_status(blocks: Sequence[Block]) -> bool:
    """Whether the document says which blocks of a notebook were executed; local tools leave that out."""
    return any(block.status != "not_reached" for block in blocks)


def shown_block(block: Block, inputs: Mapping[str, object], left: int, *, with_status: bool = True) -> str:
    """Show a block.

    Args:
        block: the block.
        inputs: the values the run was started with, by input.
        left: how many characters of the page are left.
        with_status: whether to say what became of it.
    """
    outputs = shown_outputs(block.outputs, Room(min(BLOCK, left)))
    if is_prose(block):
        return prose(block) + outputs
    if block.is_input:
        return _input(block, inputs) + outputs
    says = with_status and (block.is_executable or block.status == "failed")
    kind, state = _STATES[block.status] if says else ("", "")
    if block.is_unfinished and state == "succeeded":
        state = "not finished"
    return f'<div class="dn-block{kind}">{_bar(block, state)}{_source(block)}{outputs}</div>'


def unshown_block(block: Block) -> str:
    """Name a block for which there is no room."""
    return note(f"Block {block.position} is not shown: there is no room left for it.")


def _bar(block: Block, state: str) -> str:
    count = "" if block.execution_count is None else f" [{short(str(block.execution_count), 12)}]"
    lasted = "" if block.duration is None else seconds_text(block.duration)
    named = " ".join(part for part in (f"block {block.position}", short(block.id, 40)) if part)
    end = " · ".join(part for part in (state, lasted) if part)
    return (
        f'<div class="dn-bar"><span class="dn-kind">{short(block.type, 40)}{count}</span>'
        f'<span class="dn-id">{named}</span><span class="dn-state">{end}</span></div>'
    )


def _source(block: Block) -> str:
    if not block.content.strip():
        return _title(block)
    is_open = " open" if block.status == "failed" else ""
    first = next(line for line in block.content.splitlines() if line.strip())
    return f"<details{is_open}><summary>{short(first, 100)}</summary>{preformatted(block.content, SOURCE)}</details>"


def _title(block: Block) -> str:
    """Say what a block is about that has no source, as buttons and charts."""
    keys = ("deepnote_button_title", "deepnote_big_number_title", "deepnote_variable_name")
    title = next((name for key in keys if (name := text_or_none(block.metadata.get(key)))), "")
    return f'<p class="dn-fact">{short(title, 100)}</p>' if title else ""


def _input(block: Block, inputs: Mapping[str, object]) -> str:
    label = text_or_none(block.metadata.get("deepnote_input_label")) or ""
    written = literal(block, input_value(block, inputs))
    value = written.text.replace("_date", "date") if written.imports else written.text
    return (
        f'<div class="dn-input"><code>{short(input_name(block), 80)} = {short(value, 400)}</code>'
        f'<span class="dn-fact">{short(label, 100)}</span></div>'
    )
