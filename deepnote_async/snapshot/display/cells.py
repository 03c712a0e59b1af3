"""A block as a cell: of the kind that its readers expect, and with all that the block holds."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence

from deepnote_async.snapshot.display.cell_outputs import JsonDict, cell_outputs
from deepnote_async.snapshot.display.literals import input_name, input_value, is_variable, literal
from deepnote_async.snapshot.display.plain import plain, plain_mapping, unicode
from deepnote_async.snapshot.display.prose import image_address, is_prose
from deepnote_async.snapshot.document import Block
from deepnote_async.snapshot.fields import joined, mappings, text_or_none

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MARKS = re.compile(r"[\\`*<\[$]")
_CODE = frozenset({"code", "sql"})
_TITLES = ("deepnote_button_title", "deepnote_big_number_title", "deepnote_variable_name", "function_notebook_id")


class CellIds:
    """Gives ids as nbformat wants them, each once: the block's own where that can be."""

    def __init__(self) -> None:
        self._given: set[str] = set()
        self._next: dict[str, int] = {}

    def give(self, block_id: str, position: int) -> str:
        """Give the id of a cell."""
        usable = block_id
        if not _ID.fullmatch(usable):
            usable = hashlib.sha256(block_id.encode("utf-8", "replace")).hexdigest()[:32] if block_id else "cell"
        given, start = usable, usable[:48]
        number = max(position, self._next.get(start, 0))  # smaller ones were tried before
        while given in self._given:
            given, number = f"{start}-{number}", number + 1
        self._next[start] = number
        self._given.add(given)
        return given


def cell_of(block: Block, ids: CellIds, inputs: Mapping[str, object]) -> JsonDict:
    """Make the cell of a block.

    Args:
        block: the block.
        ids: gives the cell its id.
        inputs: the values the run was started with, by input.
    """
    kind, source = _kind(block), _source(block, inputs)
    deepnote = _metadata(block, source)
    cell: JsonDict = {"id": ids.give(block.id, block.position), "cell_type": kind, "metadata": {"deepnote": deepnote}}
    cell["source"] = source
    if kind != "code":
        if block.outputs:
            deepnote["outputs"] = [plain_mapping(output.raw) for output in block.outputs]
        return cell
    count = block.execution_count
    outputs, left_over = cell_outputs(block.outputs)
    if left_over:
        deepnote["outputs"] = left_over
    return {**cell, "outputs": outputs, "execution_count": count if count is not None and count >= 0 else None}


def _kind(block: Block) -> str:
    """Choose a cell: only one of code can have outputs, and what nobody knows is neither Python nor Markdown."""
    if is_prose(block):
        return "markdown"
    if block.type == "raw":
        return "raw"
    return "code" if block.is_executable or block.outputs or block.execution_count is not None else "raw"


def _metadata(block: Block, source: str) -> JsonDict:
    """Keep every field of the block but what stands in the cell itself: the source, and the outputs."""
    raw = block.raw
    in_cell = {"content", "outputs"} | ({"source", "cell_type"} if "cell_type" in raw else set())
    kept: JsonDict = {"id": unicode(block.id), "type": unicode(block.type), "metadata": plain(block.metadata)}
    kept |= plain_mapping({key: value for key, value in raw.items() if key not in in_cell})
    content = raw.get("content", block.content)
    if not isinstance(content, str | Sequence) or unicode(joined(content)) != source:
        kept["content"] = plain(content)
    if len(list(mappings(raw.get("outputs")))) != _size(raw.get("outputs")):
        kept["no_outputs"] = plain(raw["outputs"])  # a list of something else, or no list
    return kept


def _size(value: object) -> int:
    return 0 if value is None else len(value) if isinstance(value, Sequence) and not isinstance(value, str) else -1


def _source(block: Block, inputs: Mapping[str, object]) -> str:
    if block.is_input:
        return unicode(_assignment(block, inputs))
    if is_prose(block):
        return unicode(_prose(block))
    if block.type in _CODE or _kind(block) == "raw":
        return unicode(block.content)
    return unicode(_remark(block))


def _assignment(block: Block, inputs: Mapping[str, object]) -> str:
    name, value = input_name(block), literal(block, input_value(block, inputs))
    if not is_variable(name):
        return _commented(f"{name} = {value.text}")
    imports = "".join(f"from datetime import {one} as _{one}\n" for one in value.imports)
    return f"{imports}{name} = {value.text}"


def _remark(block: Block) -> str:
    """Tell in a comment what a block does that is no Python, as an agent's task; nothing to run, nothing that fails."""
    title = next((name for key in _TITLES if (name := text_or_none(block.metadata.get(key)))), "")
    head = f"{block.type}: {title}" if title else block.type
    return _commented(f"{head}\n{block.content}" if block.content else head)


def _commented(text: str) -> str:
    return "\n".join(f"# {line}".rstrip() for line in text.splitlines())


def _prose(block: Block) -> str:
    kind = block.type.removeprefix("text-cell-")
    # A text cell is no Markdown: its asterisks are asterisks.
    text = block.content if kind == "markdown" else _MARKS.sub(r"\\\g<0>", block.content)
    if kind == "separator":
        return "---"
    if kind == "image":
        return _image(image_address(block))
    if kind in {"h1", "h2", "h3"}:
        return f"{'#' * int(kind[1])} {_in_one_line(text)}"
    if kind in {"bullet", "todo"}:
        mark = "- [x]" if block.metadata.get("checked") is True else "- [ ]"
        return _indented("-" if kind == "bullet" else mark, text)
    return _indented(">", text, ">") if kind == "callout" else text


def _indented(mark: str, text: str, other: str = " ") -> str:
    first, *lines = text.split("\n")
    return "\n".join([f"{mark} {first}", *(f"{other} {line}" for line in lines)])


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


def _image(address: str) -> str:
    if not address:
        return ""
    escaped = re.sub(r"[\s<>\\]", lambda match: f"%{ord(match.group()):02X}", address)
    return f"![](<{escaped}>)"
