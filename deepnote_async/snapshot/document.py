"""Blocks of a notebook: what each is, and what became of it.

https://deepnote.com/docs/run-snapshots
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal, Self, TypeAlias

from attrs import field, frozen

from deepnote_async.snapshot.fields import (
    count_or_none,
    joined,
    mapping,
    mappings,
    moment_or_none,
    number_or_none,
    text,
    text_or_none,
)
from deepnote_async.snapshot.outputs import HasOutputs, Output, OutputGroup

__all__ = ["Block", "BlockStatus", "Output"]

BlockStatus: TypeAlias = Literal["succeeded", "failed", "not_reached"]

_EXECUTABLE = frozenset(
    {"agent", "code", "sql", "notebook-function", "visualization", "button", "big-number", "pivot-table"}
)


@frozen(kw_only=True)
class Block(HasOutputs):
    """A block of a notebook with what its execution left.

    Attributes:
        id: id of the block.
        type: kind of block: "code", "markdown", "input-text" and others.
        position: its place in the notebook, from 0.
        content: its source; "" if it has none.
        metadata: its settings, as the document holds them.
        outputs: what it left, in order.
        execution_count: the kernel's count at its execution, None if it was not executed.
        block_group: blocks of one group stand side by side; "" if the document does not say.
        sorting_key: Deepnote's own key of its place. The order of the document counts, and may differ.
        content_hash: hash of its source, as it was written.
        version: version of the block's own format.
        raw: the block as the document holds it.
        reached: whether the run reached it, concluded from the run where the document does not say; else None.
        broken_off: whether it never came to its end, concluded from a run that failed: the kernel was lost in it, say.
    """

    id: str
    type: str
    position: int
    content: str = field(default="", repr=False)
    metadata: Mapping[str, Any] = field(factory=dict, repr=False)
    outputs: tuple[Output, ...] = field(default=(), repr=False)
    execution_count: int | None = None
    block_group: str = field(default="", repr=False)
    sorting_key: str = field(default="", repr=False)
    content_hash: str | None = field(default=None, repr=False)
    version: float | None = field(default=None, repr=False)
    raw: Mapping[str, Any] = field(factory=dict, repr=False)
    reached: bool | None = field(default=None, repr=False)
    broken_off: bool = field(default=False, repr=False)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any], position: int) -> Self:
        """Read one block."""
        return cls(
            id=text(raw.get("id")),
            type=text(raw.get("type")),
            position=position,
            content=joined(raw.get("content")),
            metadata=mapping(raw.get("metadata")),
            outputs=tuple(Output.from_dict(item) for item in mappings(raw.get("outputs"))),
            execution_count=count_or_none(raw.get("executionCount")),
            block_group=text(raw.get("blockGroup")),
            sorting_key=text(raw.get("sortingKey")),
            content_hash=text_or_none(raw.get("contentHash")),
            version=number_or_none(raw.get("version")),
            raw=raw,
        )

    @property
    def is_input(self) -> bool:
        """Whether it is an input, whose value a run can be started with."""
        return self.type.startswith("input-")

    @property
    def variable_name(self) -> str | None:
        """Name of the variable that it sets, and of the input if it is one; None if it sets none."""
        return text_or_none(self.metadata.get("deepnote_variable_name"))

    @property
    def value(self) -> object:
        """The value of an input as the document holds it; None for any other block."""
        return self.metadata.get("deepnote_variable_value") if self.is_input else None

    @property
    def started_at(self) -> dt.datetime | None:
        """When its execution began, by the service's clock; None if the document does not say."""
        started = moment_or_none(self.raw.get("executionStartedAt"))
        return started or _epoch(number_or_none(self.metadata.get("execution_start")))

    @property
    def finished_at(self) -> dt.datetime | None:
        """When its execution ended, by the service's clock; None if the document does not say."""
        finished = moment_or_none(self.raw.get("executionFinishedAt"))
        start = number_or_none(self.metadata.get("execution_start"))
        lasted = number_or_none(self.metadata.get("execution_millis"))
        return finished or (_epoch(start + lasted) if start is not None and lasted is not None else None)

    @property
    def duration(self) -> float | None:
        """Seconds its execution took; None if the document does not say."""
        start = moment_or_none(self.raw.get("executionStartedAt"))
        finish = moment_or_none(self.raw.get("executionFinishedAt"))
        if start is not None and finish is not None:
            return (finish - start).total_seconds()
        lasted = number_or_none(self.metadata.get("execution_millis"))
        return None if lasted is None else lasted / 1000

    @property
    def is_executable(self) -> bool:
        """Whether a run executes blocks of this kind."""
        return self.type in _EXECUTABLE or self.is_input

    @property
    def error(self) -> Output | None:
        """The exception it raised, None if it raised none."""
        return next((output for output in self.outputs if output.output_type == "error"), None)

    @property
    def is_marked(self) -> bool:
        """Whether the document says that it was executed, by a count or a time, be it only in part."""
        return self.execution_count is not None or self._has_begun or self._has_finished

    @property
    def is_unfinished(self) -> bool:
        """Whether the document says when it began, and not that it ended."""
        return self._has_begun and not self._has_finished

    @property
    def _has_begun(self) -> bool:
        return self.raw.get("executionStartedAt") is not None or self.metadata.get("execution_start") is not None

    @property
    def _has_finished(self) -> bool:
        return self.raw.get("executionFinishedAt") is not None or self.metadata.get("execution_millis") is not None

    @property
    def status(self) -> BlockStatus:
        """What became of it. The document does not say; it is derived from outputs, counts and times."""
        if self.error is not None or self.broken_off or self.metadata.get("deepnote_agent_status") == "failed":
            return "failed"
        reached = self.is_marked if self.reached is None else self.reached
        return "succeeded" if reached else "not_reached"

    def _groups(self) -> tuple[OutputGroup, ...]:
        return (OutputGroup(outputs=self.outputs, block_id=self.id, position=self.position),)


def _epoch(milliseconds: float | None) -> dt.datetime | None:
    try:
        return None if milliseconds is None else dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC)
    except (ValueError, OverflowError, OSError):
        return None
