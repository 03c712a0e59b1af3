"""Blocks of text: Markdown, of which only what is plain to see is rendered, and Deepnote's own text cells."""

from __future__ import annotations

import re

from deepnote_async.snapshot.display.markup import cut, escaped, note, short, shown
from deepnote_async.snapshot.document import Block
from deepnote_async.snapshot.fields import text_or_none

MOST = 20_000
"""So many characters of a block of text are shown."""
PROSE = frozenset({"markdown", "image", "separator"})

_WORDS = re.compile(r"\*\*(?P<strong>[^*\n]{1,300})\*\*|`(?P<code>[^`\n]{1,300})`")
_HEADING = re.compile(r"(#{1,6})[ \t]+(\S.*)")


def is_prose(block: Block) -> bool:
    """Whether a block is text to be read, and nothing that runs."""
    return block.type in PROSE or block.type.startswith("text-cell-")


def prose(block: Block) -> str:
    """Show a block of text."""
    if block.type == "separator":
        return '<div class="dn-rule"></div>'
    if block.type == "image":
        return f'<div class="dn-prose"><p class="dn-note">image {short(image_address(block), 200)}</p></div>'
    head, left_out, tail = cut(shown(block.content[: 4 * MOST]), MOST)
    left_out += max(len(block.content) - 4 * MOST, 0)
    body = _markdown(head + tail) if block.type == "markdown" else _cell(block, head + tail)
    end = note(f"{left_out:,} characters are not shown.") if left_out else ""
    kind = "dn-prose dn-callout" if block.type == "text-cell-callout" else "dn-prose"
    return f'<div class="{kind}">{body}{end}</div>' if body or end else ""


def image_address(block: Block) -> str:
    """Give the address of an image block; "" if it has none."""
    address = text_or_none(block.raw.get("url")) or text_or_none(block.metadata.get("deepnote_img_src"))
    return address or block.content


def _cell(block: Block, text: str) -> str:
    kind = block.type.removeprefix("text-cell-")
    if kind in {"h1", "h2", "h3"}:
        return f'<p class="dn-{kind}">{escaped(text)}</p>'
    mark = {"bullet": "• ", "todo": "☑ " if block.metadata.get("checked") is True else "☐ "}.get(kind, "")
    return f"<p>{mark}{escaped(text)}</p>" if text else ""


def _markdown(text: str) -> str:
    """Render headings, bold words and code, a paragraph for each stretch of lines; the rest stays as it was written."""
    pieces: list[str] = []
    lines: list[str] = []
    for line in text.split("\n"):
        heading = _HEADING.fullmatch(line)
        if heading:
            _end_paragraph(pieces, lines)
            pieces.append(f'<p class="dn-h{min(len(heading[1]), 3)}">{_words(heading[2])}</p>')
        elif line.strip():
            lines.append(line)
        else:
            _end_paragraph(pieces, lines)
    _end_paragraph(pieces, lines)
    return "".join(pieces)


def _end_paragraph(pieces: list[str], lines: list[str]) -> None:
    if lines:
        text = "\n".join(lines)
        pieces.append(f"<p>{_words(text)}</p>")
        lines.clear()


def _words(text: str) -> str:
    return _WORDS.sub(_marked, escaped(text))


def _marked(found: re.Match[str]) -> str:
    tag = found.lastgroup or "strong"
    return f"<{tag}>{found[tag]}</{tag}>"
