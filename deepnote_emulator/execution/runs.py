"""The runs of an emulator: each is a task that waits for its kernel, executes, and saves its snapshot."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import uuid
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Any, Literal

from attrs import Factory, define

from deepnote_emulator.clock import now
from deepnote_emulator.documents import BlockRecord, BlockSource, NotebookSource, ProjectSource, write_snapshot
from deepnote_emulator.execution.engine import EngineError, LiveKernel, Plan, Step
from deepnote_emulator.inputs import assignment, name_of

log = logging.getLogger("deepnote_emulator")

Status = Literal["pending", "running", "success", "error", "internal_error", "stopped"]
TERMINAL = frozenset({"success", "error", "internal_error", "stopped"})
_SILENT = frozenset({"markdown", "image", "separator", "button"})

Place = Callable[[], AbstractAsyncContextManager[LiveKernel]]
"""Waits for a kernel and holds it."""


@define(kw_only=True, eq=False)
class RunRecord:
    """A run and what is known of it so far; project and notebook are as they were when it was started."""

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
    records: dict[str, BlockRecord] = Factory(dict)
    snapshot: str | None = None
    snapshot_status: Literal["pending", "available", "unavailable"] = "pending"

    @property
    def is_terminal(self) -> bool:
        """Whether it has ended."""
        return self.status in TERMINAL


class RunBook:
    """Every run of the emulator, in order of creation."""

    def __init__(self) -> None:
        self._runs: dict[str, RunRecord] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(
        self,
        project: ProjectSource,
        notebook: NotebookSource,
        place: Place,
        inputs: dict[str, Any],
        block_ids: tuple[str, ...] | None = None,
    ) -> RunRecord:
        """Accept a run and set it going on the kernel that `place` gives."""
        run = RunRecord(
            run_id=str(uuid.uuid4()),
            number=len(self._runs) + 1,
            project=project,
            notebook=notebook,
            inputs=inputs,
            block_ids=block_ids,
            created_at=now(),
        )
        self._runs[run.run_id] = run
        task = asyncio.create_task(self._run(run, place), name=f"run {run.run_id}")
        self._tasks[run.run_id] = task
        task.add_done_callback(lambda _task: self._tasks.pop(run.run_id, None))
        return run

    def get(self, run_id: str) -> RunRecord | None:
        """Find a run by its id."""
        return self._runs.get(run_id)

    def of_notebook(self, notebook_id: str) -> list[RunRecord]:
        """Give the runs of a notebook, newest first."""
        return [run for run in reversed(self._runs.values()) if run.notebook.id == notebook_id]

    async def stop(self, runs: Iterable[RunRecord]) -> None:
        """End runs that are still going, and wait until they have let their kernels go."""
        tasks = [self._tasks[run.run_id] for run in runs if run.run_id in self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def close(self) -> None:
        """End every run."""
        await self.stop(list(self._runs.values()))

    async def _run(self, run: RunRecord, place: Place) -> None:
        status: Status = "stopped"
        try:
            status = await self._execute(run, place)
        except asyncio.CancelledError:
            run.snapshot_status = "unavailable"
            raise
        finally:
            run.completed_at, run.waiting = now(), ()
            run.status = status
        # Like the service, the emulator lets a run be seen as ended before its snapshot is there.
        try:
            run.snapshot = await asyncio.to_thread(_snapshot_of, run)
        except asyncio.CancelledError:
            pass  # the emulator stops; the run itself is done
        except Exception:
            log.exception("the snapshot of run %s cannot be written", run.run_id)
        finally:
            run.snapshot_status = "available" if run.snapshot else "unavailable"

    async def _execute(self, run: RunRecord, place: Place) -> Status:
        try:
            plan = _plan(run)
            run.waiting = tuple(step.block_id for step in plan.steps)
            async with place() as kernel:
                run.status, run.started_at = "running", now()
                await _execute_plan(run, plan, kernel)
        except EngineError as error:
            run.error = str(error)
            return "stopped" if run.is_interrupted else "error"
        except Exception as error:
            log.exception("run %s failed in the emulator itself", run.run_id)
            run.error = f"the emulator failed: {type(error).__name__}: {error}"
            return "internal_error"
        if run.is_interrupted:
            return "stopped"
        return "error" if any(record.failed for record in run.records.values()) else "success"


async def _execute_plan(run: RunRecord, plan: Plan, kernel: LiveKernel) -> None:
    """Execute the steps up to the first error or an interrupt, filling the run's records."""
    for number, step in enumerate(plan.steps, 1):
        if run.is_interrupted:
            return
        run.waiting = tuple(later.block_id for later in plan.steps[number:])
        record = run.records[step.block_id] = BlockRecord(started_at=now())
        await kernel.run(step, record)
        if record.failed:
            return


def _plan(run: RunRecord) -> Plan:
    """List the blocks to execute: the project's init notebook first, then the notebook, or only the chosen blocks."""
    if run.block_ids is not None:
        by_id = {block.id: block for block in run.notebook.blocks}
        return Plan(steps=tuple(_steps((by_id[block_id] for block_id in run.block_ids), run.inputs)))
    steps: list[Step] = []
    for notebook in run.project.notebooks:
        if notebook.is_init and notebook.id != run.notebook.id:
            steps += _steps(notebook.blocks, {})
    return Plan(steps=(*steps, *_steps(run.notebook.blocks, run.inputs)))


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


def _snapshot_of(run: RunRecord) -> str:
    return write_snapshot(
        run.project,
        run.records,
        started_at=run.started_at or run.created_at,
        finished_at=run.completed_at or now(),
        inputs=run.inputs,
        error=run.error,
    )
