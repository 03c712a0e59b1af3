"""What Jupyter shows of a result or of a document.

Whatever the document holds, the page runs no script and loads nothing: text is escaped, images stand in `data:`
addresses, and HTML is shut in a frame. It is no larger than a few megabytes, and says what was left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

from attrs import field, frozen

from deepnote_async.snapshot.display.blocks import shown_block, tells_status, unshown_block
from deepnote_async.snapshot.display.markup import Room, escaped, json_text, note, preformatted, short
from deepnote_async.snapshot.display.style import STYLE
from deepnote_async.snapshot.document import Block

PAGE = 4_000_000
"""So many characters of a page are there for the blocks of all notebooks."""
MOST_BLOCKS = 500
MOST_NOTEBOOKS = 50
REASON = 4_000
"""So many characters of a failure's reason, and of its traceback, are shown."""
_LEAST = 2_000
"""With less room than this, no more blocks are shown."""
_MOST_INPUTS = 20


@frozen(kw_only=True)
class Heading:
    """What stands above the blocks.

    Attributes:
        title: what this is.
        status: how it ended, in a word.
        is_good: whether that is good; None if it is neither good nor bad.
        facts: what else is to be told: a name, and a text or None for what is not known.
        inputs: the values the run was started with, by input.
        reason: why it failed.
        traceback: the end of the exception's traceback.
    """

    title: str
    status: str = ""
    is_good: bool | None = None
    facts: Sequence[tuple[str, str | None]] = ()
    inputs: Mapping[str, object] = field(factory=dict)
    reason: str = ""
    traceback: str = ""


@frozen(kw_only=True)
class Section:
    """A notebook on the page.

    Attributes:
        name: its name; "" if it is the only one and needs none.
        blocks: its blocks, in order.
        inputs: the values it was started with, by input.
    """

    name: str = ""
    blocks: Sequence[Block] = ()
    inputs: Mapping[str, object] = field(factory=dict)


def page(heading: Heading, sections: Sequence[Section]) -> str:
    """Write the page: a piece of HTML to stand in another page."""
    room, pieces = Room(PAGE), [f"<style>{STYLE}</style>", _heading(heading)]
    for number, section in enumerate(sections):
        if number == MOST_NOTEBOOKS:
            pieces.append(note(f"{len(sections) - number:,} more notebooks are not shown."))
            break
        if section.name:
            pieces.append(f'<div class="dn-notebook">{short(section.name, 200)}</div>')
        pieces.extend(_blocks(section, room))
    return f'<div class="dn-page">{"".join(pieces)}</div>'


def _blocks(section: Section, room: Room) -> list[str]:
    pieces: list[str] = []
    with_status = tells_status(section.blocks)
    for number, block in enumerate(section.blocks):
        if number == MOST_BLOCKS or room.left < _LEAST:
            pieces.append(note(f"{len(section.blocks) - number:,} more blocks are not shown."))
            break
        piece = shown_block(block, section.inputs, room.left, with_status=with_status)
        if not room.take(piece):
            piece = unshown_block(block)
            room.take(piece)
        pieces.append(piece)
    return pieces


def _heading(heading: Heading) -> str:
    kind = {True: " dn-good", False: " dn-bad", None: ""}[heading.is_good]
    badge = f'<span class="dn-badge{kind}">{short(heading.status, 40)}</span>' if heading.status else ""
    facts = "".join(
        f'<span class="dn-fact">{escaped(name)} <code>{short(value, 120)}</code></span>'
        for name, value in heading.facts
        if value
    )
    top = f'<div class="dn-head"><span class="dn-title">{short(heading.title, 200)}</span>{badge}{facts}</div>'
    return top + _inputs(heading.inputs) + _reason(heading)


def _inputs(inputs: Mapping[str, object]) -> str:
    """Tell the values that the run was started with."""
    few = [
        f"<code>{short(str(name), 80)} = {short(json_text(value, 200), 120)}</code>"
        for name, value in islice(inputs.items(), _MOST_INPUTS)
    ]
    if len(inputs) > _MOST_INPUTS:
        few.append(f"and {len(inputs) - _MOST_INPUTS:,} more")
    return f'<div class="dn-head"><span class="dn-fact">started with {", ".join(few)}</span></div>' if few else ""


def _reason(heading: Heading) -> str:
    if not heading.reason and not heading.traceback:
        return ""
    reason = f"<strong>{short(heading.reason, REASON)}</strong>" if heading.reason else ""
    trace = preformatted(heading.traceback, REASON, kind="dn-plain") if heading.traceback else ""
    return f'<div class="dn-reason">{reason}{trace}</div>'
