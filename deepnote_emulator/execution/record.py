"""A run and what is known of it."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from attrs import Factory, define

from deepnote_emulator.documents import BlockRecord, NotebookSource, ProjectSource
from deepnote_emulator.execution.engine import Foretold, Plan, Status
from deepnote_emulator.execution.plan import plan_of

TERMINAL = frozenset({"success", "error", "internal_error", "stopped"})


@define(kw_only=True, eq=False)
class RunRecord:
    """A run and what is known of it so far; project and notebook are as they were when it was started.

    `number` is its place among the runs of its notebook, from 1. A run that is `foretold` holds nothing of its own: its
    records and its snapshot are made up when they are asked for.
    """

    run_id: str
    number: int
    project: ProjectSource
    notebook: NotebookSource
    inputs: dict[str, Any]
    block_ids: tuple[str, ...] | None
    created_at: dt.datetime
    status: Status = "pending"
    started_at: dt.datetime | None = None
    completed_at: dt.datetime | None = None
    error: str | None = None
    is_interrupted: bool = False
    waiting: tuple[str, ...] = ()
    foretold: Foretold | None = None
    executed: dict[str, BlockRecord] = Factory(dict)
    saved: str | None = None
    snapshot_status: Literal["pending", "available", "unavailable"] = "pending"

    @property
    def is_terminal(self) -> bool:
        """Whether it has ended."""
        return self.status in TERMINAL

    def plan(self) -> Plan:
        """List the blocks that it executes."""
        return plan_of(self.project, self.notebook, self.inputs, self.block_ids)

    def records(self) -> dict[str, BlockRecord]:
        """Give what its blocks have left so far, by block id; nothing of a foretold run before it has ended."""
        if self.foretold is None or self.completed_at is None:
            return self.executed
        return self.foretold.records(self.plan(), self.started_at or self.created_at, self.completed_at)
