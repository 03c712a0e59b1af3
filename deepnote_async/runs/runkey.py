"""A key that marks one start: an input of the notebook gets a random value, and the snapshot shows it again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Self
from uuid import uuid4

from attrs import frozen

from deepnote_async.errors import SnapshotError
from deepnote_async.runs.result import read_contents
from deepnote_async.runs.service import SnapshotAnswer
from deepnote_async.snapshot import Block, Snapshot


@frozen(kw_only=True)
class RunKey:
    """The key of one start.

    Attributes:
        name: the input that gets it.
        value: 32 random hexadecimal digits.
    """

    name: str
    value: str

    @classmethod
    def fresh(cls, name: str) -> Self:
        """Make a key that was never used.

        Raises:
            ValueError: the name is empty.
            TypeError: the name is no string.
        """
        if not isinstance(name, str):
            raise TypeError(f"run_key_input takes the name of an input, not {type(name).__name__}")
        if not name:
            raise ValueError("run_key_input is empty; it takes the name of an input of the notebook")
        return cls(name=name, value=uuid4().hex)


class Verdict(Enum):
    """What a snapshot says of a key."""

    OURS = "ours"
    ANOTHER = "another"
    SILENT = "silent"


@frozen(kw_only=True)
class Evidence:
    """What a snapshot tells of the value that an input had in its run; a snapshot never changes, so neither does this.

    Attributes:
        values: texts that `execution.inputs` or the input's blocks show.
        is_told: whether the document tells what its run was started with. An input block does not: it shows the value
            it had in the run, or only the one saved in the notebook, be that the key of an earlier start.
    """

    values: tuple[str, ...] = ()
    is_told: bool = False

    def verdict(self, key: RunKey) -> Verdict:
        """Tell whether the run was started with a key.

        A document that does not tell what its run was started with proves nothing: taking it for another run's would
        allow a second start, and double the first.
        """
        if key.value in self.values:
            return Verdict.OURS
        return Verdict.ANOTHER if self.is_told else Verdict.SILENT


async def read_evidence(answer: SnapshotAnswer, name: str) -> Evidence | None:
    """Read, in a worker thread, what an ended run was started with; None if its document may yet come."""
    if not answer.has_arrived:
        return Evidence() if answer.run.snapshot_status == "unavailable" else None
    try:
        contents = await read_contents(answer, None)
    except SnapshotError:
        return Evidence()
    if contents.snapshot is None:
        return evidence_of_blocks(contents.blocks, name)
    return evidence_of(contents.snapshot, name)


def evidence_of(snapshot: Snapshot, name: str) -> Evidence:
    """Gather what a snapshot tells of an input."""
    execution = snapshot.raw.get("execution")
    inputs = execution.get("inputs") if isinstance(execution, Mapping) else None
    blocks = (block for notebook in snapshot.notebooks for block in notebook.blocks)
    return evidence_of_blocks(blocks, name, inputs if isinstance(inputs, Mapping) else None)


def evidence_of_blocks(blocks: Iterable[Block], name: str, inputs: Mapping[str, object] | None = None) -> Evidence:
    """Gather what blocks tell of an input, and the values that their run was started with, where those are known."""
    shown = (None if inputs is None else inputs.get(name), *_values_of(blocks, name))
    values = tuple(value for value in shown if isinstance(value, str))
    return Evidence(values=values, is_told=inputs is not None)


def _values_of(blocks: Iterable[Block], name: str) -> Iterator[object]:
    for block in blocks:
        if block.metadata.get("deepnote_variable_name") == name:
            yield block.metadata.get("deepnote_variable_value")
