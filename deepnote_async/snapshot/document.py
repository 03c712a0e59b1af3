"""What a snapshot says: notebooks, their blocks, and the outputs each block left.

https://deepnote.com/docs/run-snapshots; the outputs are those of nbformat 4,
https://nbformat.readthedocs.io/en/latest/format_description.html#code-cell-outputs
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, Self, TypeAlias

from attrs import field, frozen

from deepnote_async.errors import SnapshotError
from deepnote_async.snapshot import yaml12

BlockStatus: TypeAlias = Literal["succeeded", "failed", "not_reached"]

_EXECUTABLE = frozenset(
    {"agent", "code", "sql", "notebook-function", "visualization", "button", "big-number", "pivot-table"}
)


@frozen(kw_only=True)
class Output:
    """One output of a block, as nbformat 4 describes it.

    Attributes:
        output_type: "stream", "display_data", "execute_result" or "error"; unknown types are kept.
        name: "stdout" or "stderr" of a stream.
        text: text of a stream, or the text/plain form of a value; "" if there is none.
        data: the forms of a value by media type.
        ename: class name of an exception.
        evalue: message of an exception.
        traceback: lines of an exception's traceback, with terminal colours.
        raw: the output as the document holds it.
    """

    output_type: str
    name: str | None = None
    text: str = ""
    data: Mapping[str, Any] = field(factory=dict, repr=False)
    ename: str | None = None
    evalue: str | None = None
    traceback: tuple[str, ...] = field(default=(), repr=False)
    raw: Mapping[str, Any] = field(factory=dict, repr=False)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Read one output; fields of another type than nbformat's are left out."""
        kind = _scalar(raw.get("output_type"))
        data = raw.get("data")
        data = data if isinstance(data, Mapping) else {}
        traceback = raw.get("traceback")
        return cls(
            output_type=kind,
            name=_text_or_none(raw.get("name")),
            text=_joined(raw.get("text") if kind == "stream" else data.get("text/plain")),
            data=data,
            ename=_text_or_none(raw.get("ename")),
            evalue=_text_or_none(raw.get("evalue")),
            traceback=tuple(_scalar(line) for line in traceback) if isinstance(traceback, Sequence) else (),
            raw=raw,
        )


@frozen(kw_only=True)
class Block:
    """A block of a notebook with what its execution left.

    Attributes:
        id: id of the block.
        type: kind of block: "code", "markdown", "input-text" and others.
        position: its place in the notebook, from 0.
        content: its source; "" if it has none.
        metadata: its settings, as the document holds them.
        outputs: what it left, in order.
        execution_count: the kernel's count at its execution, None if it was not executed.
        raw: the block as the document holds it.
    """

    id: str
    type: str
    position: int
    content: str = field(default="", repr=False)
    metadata: Mapping[str, Any] = field(factory=dict, repr=False)
    outputs: tuple[Output, ...] = field(default=(), repr=False)
    execution_count: int | None = None
    raw: Mapping[str, Any] = field(factory=dict, repr=False)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any], position: int) -> Self:
        """Read one block."""
        metadata = raw.get("metadata")
        count = raw.get("executionCount")
        outputs = raw.get("outputs")
        return cls(
            id=_scalar(raw.get("id")),
            type=_scalar(raw.get("type")),
            position=position,
            content=_joined(raw.get("content")),
            metadata=metadata if isinstance(metadata, Mapping) else {},
            outputs=tuple(Output.from_dict(item) for item in _mappings(outputs)),
            execution_count=count if isinstance(count, int) else None,
            raw=raw,
        )

    @property
    def is_executable(self) -> bool:
        """Whether a run executes blocks of this kind."""
        return self.type in _EXECUTABLE or self.type.startswith("input-")

    @property
    def error(self) -> Output | None:
        """The exception it raised, None if it raised none."""
        return next((output for output in self.outputs if output.output_type == "error"), None)

    @property
    def status(self) -> BlockStatus:
        """What became of it. The document does not say; it is derived from outputs, counts and times."""
        if self.error is not None or self.metadata.get("deepnote_agent_status") == "failed":
            return "failed"
        reached = (
            self.execution_count is not None
            or self.raw.get("executionFinishedAt") is not None
            or self.metadata.get("execution_millis") is not None
        )
        return "succeeded" if reached else "not_reached"


@frozen(kw_only=True)
class SnapshotNotebook:
    """A notebook of the document with its blocks in document order."""

    id: str
    name: str
    blocks: tuple[Block, ...] = field(default=(), repr=False)


@frozen(kw_only=True)
class Snapshot:
    """A snapshot of a project after a run.

    Attributes:
        notebooks: every notebook of the project; only the one that ran has fresh outputs.
        raw: the document as YAML 1.2 reads it.
    """

    notebooks: tuple[SnapshotNotebook, ...]
    raw: Mapping[str, Any] = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a snapshot document.

        Raises:
            SnapshotError: it is not YAML 1.2, hostile, or no snapshot.
        """
        raw = yaml12.load(text)
        project = raw.get("project") if isinstance(raw, Mapping) else None
        notebooks = project.get("notebooks") if isinstance(project, Mapping) else None
        if not isinstance(raw, Mapping) or not isinstance(notebooks, Sequence):
            raise SnapshotError("the document has no project.notebooks, so it is no snapshot")
        return cls(notebooks=tuple(_notebook(item) for item in _mappings(notebooks)), raw=raw)

    @property
    def init_notebook(self) -> SnapshotNotebook | None:
        """The notebook that runs before every other one, if the project has one."""
        init_id = self.raw["project"].get("initNotebookId")
        return self.notebook(init_id) if isinstance(init_id, str) else None

    def notebook(self, notebook_id: str | None) -> SnapshotNotebook | None:
        """Find a notebook by id; without an id, the only one there is."""
        if notebook_id is None:
            return self.notebooks[0] if len(self.notebooks) == 1 else None
        return next((notebook for notebook in self.notebooks if notebook.id == notebook_id), None)


def _notebook(raw: Mapping[str, Any]) -> SnapshotNotebook:
    blocks = tuple(Block.from_dict(item, position) for position, item in enumerate(_mappings(raw.get("blocks"))))
    return SnapshotNotebook(id=_scalar(raw.get("id")), name=_scalar(raw.get("name")), blocks=blocks)


def _mappings(items: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(items, Sequence):
        yield from (item for item in items if isinstance(item, Mapping))


def _joined(text: object) -> str:
    """Join text that nbformat may hold as a list of lines."""
    if isinstance(text, str):
        return text
    return "".join(_scalar(line) for line in text) if isinstance(text, Sequence) else ""


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _scalar(value: object) -> str:
    """Give a plain value as text, and nothing for a collection: written out, aliases in it could fill the memory."""
    return str(value) if isinstance(value, str | int | float) else ""
