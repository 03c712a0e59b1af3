"""The runs of an emulator: a task each where a kernel executes them, no more than a timer where they are made up."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from deepnote_emulator.clock import now
from deepnote_emulator.documents import BlockRecord, NotebookSource, ProjectSource, write_snapshot
from deepnote_emulator.execution.engine import EngineError, Foretold, LiveKernel, Plan, Simulator, Status
from deepnote_emulator.execution.record import RunRecord

log = logging.getLogger("deepnote_emulator")
OWN_FAILURE = "run %s failed in the emulator itself"

Place = Callable[[], AbstractAsyncContextManager[LiveKernel]]
"""Waits for a kernel and holds it."""


class RunBook:
    """Every run of the emulator."""

    def __init__(self) -> None:
        self._runs: dict[str, RunRecord] = {}
        self._of_notebook: dict[str, list[RunRecord]] = {}
        self._active: Counter[str] = Counter()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._timers: dict[str, asyncio.Handle] = {}
        self.active = 0
        """How many runs have not ended."""

    def start(
        self,
        project: ProjectSource,
        notebook: NotebookSource,
        place: Place,
        inputs: dict[str, Any],
        block_ids: tuple[str, ...] | None = None,
    ) -> RunRecord:
        """Accept a run and set it going on the kernel that `place` gives."""
        run = self._accept(project, notebook, inputs, block_ids)
        task = asyncio.create_task(self._run(run, place), name=f"run {run.run_id}")
        self._tasks[run.run_id] = task
        task.add_done_callback(lambda _task: self._forget(run))
        return run

    def simulate(
        self,
        project: ProjectSource,
        notebook: NotebookSource,
        simulator: Simulator,
        inputs: dict[str, Any],
        block_ids: tuple[str, ...] | None = None,
    ) -> RunRecord:
        """Accept a run and let its time pass; it costs a timer and no task."""
        run = self._accept(project, notebook, inputs, block_ids)
        loop = asyncio.get_running_loop()
        self._timers[run.run_id] = loop.call_soon(self._begin, run, simulator, loop.time())
        return run

    def get(self, run_id: str) -> RunRecord | None:
        """Find a run by its id."""
        return self._runs.get(run_id)

    def of_notebook(self, notebook_id: str) -> Sequence[RunRecord]:
        """Give the runs of a notebook, oldest first; the run with number n stands at n - 1."""
        return self._of_notebook.get(notebook_id, ())

    def is_busy(self, notebook_id: str) -> bool:
        """Whether a run of the notebook has not ended."""
        return self._active[notebook_id] > 0

    async def stop(self, runs: Iterable[RunRecord]) -> None:
        """End runs that are still going, and wait until they have let their kernels go."""
        tasks = []
        for run in runs:
            if (timer := self._timers.pop(run.run_id, None)) is not None:
                timer.cancel()
                run.snapshot_status = "unavailable"
                self._end(run, "stopped")
            if (task := self._tasks.get(run.run_id)) is not None:
                task.cancel()
                tasks.append(task)
        await asyncio.gather(*tasks, return_exceptions=True)

    async def close(self) -> None:
        """End every run."""
        await self.stop(list(self._runs.values()))

    def _accept(
        self,
        project: ProjectSource,
        notebook: NotebookSource,
        inputs: dict[str, Any],
        block_ids: tuple[str, ...] | None,
    ) -> RunRecord:
        before = self._of_notebook.setdefault(notebook.id, [])
        run = RunRecord(
            run_id=str(uuid.uuid4()),
            number=len(before) + 1,
            project=project,
            notebook=notebook,
            inputs=inputs,
            block_ids=block_ids,
            created_at=now(),
        )
        before.append(run)
        self._runs[run.run_id] = run
        self._active[notebook.id] += 1
        self.active += 1
        return run

    def _end(self, run: RunRecord, status: Status) -> None:
        run.completed_at, run.waiting = now(), ()
        run.status = status
        self._active[run.notebook.id] -= 1
        self.active -= 1

    def _begin(self, run: RunRecord, simulator: Simulator, accepted: float) -> None:
        run.status, run.started_at = "running", now()
        try:
            run.foretold = simulator.foretell(run.plan(), run.notebook.id, run.number)
        except Exception as error:
            log.exception(OWN_FAILURE, run.run_id)
            del self._timers[run.run_id]
            run.snapshot_status = "unavailable"
            self._end(run, _failed(run, error))
            return
        at = accepted + run.foretold.seconds
        self._timers[run.run_id] = asyncio.get_running_loop().call_at(at, self._end_foretold, run, run.foretold)

    def _end_foretold(self, run: RunRecord, foretold: Foretold) -> None:
        del self._timers[run.run_id]
        run.error, run.snapshot_status = foretold.error, "available"
        self._end(run, foretold.status)

    def _forget(self, run: RunRecord) -> None:
        del self._tasks[run.run_id]
        if not run.is_terminal:  # its task was cancelled before it came to anything
            run.snapshot_status = "unavailable"
            self._end(run, "stopped")

    async def _run(self, run: RunRecord, place: Place) -> None:
        status: Status = "stopped"
        try:
            status = await _execute(run, place)
        except asyncio.CancelledError:
            run.snapshot_status = "unavailable"
            raise
        finally:
            self._end(run, status)
        # Like the service, the emulator lets a run be seen as ended before its snapshot is there.
        try:
            run.saved = await asyncio.to_thread(_written, run)
        except asyncio.CancelledError:
            pass  # the emulator stops; the run itself is done
        except Exception:
            log.exception("the snapshot of run %s cannot be written", run.run_id)
        finally:
            run.snapshot_status = "available" if run.saved else "unavailable"


async def snapshot_of(run: RunRecord) -> str | None:
    """Give the snapshot of a run, None where there is none; that of a foretold run is written now."""
    if run.foretold is None or run.snapshot_status != "available":
        return run.saved
    try:
        return await asyncio.to_thread(_written, run)
    except Exception:
        log.exception("the snapshot of run %s cannot be written", run.run_id)
        run.snapshot_status = "unavailable"
        return None


async def _execute(run: RunRecord, place: Place) -> Status:
    try:
        plan = run.plan()
        run.waiting = tuple(step.block_id for step in plan.steps)
        async with place() as kernel:
            run.status, run.started_at = "running", now()
            await _execute_plan(run, plan, kernel)
    except EngineError as error:
        run.error = str(error)
        return "stopped" if run.is_interrupted else "error"
    except Exception as error:
        log.exception(OWN_FAILURE, run.run_id)
        return _failed(run, error)
    if run.is_interrupted:
        return "stopped"
    return "error" if any(record.failed for record in run.executed.values()) else "success"


def _failed(run: RunRecord, error: Exception) -> Status:
    run.error = f"the emulator failed: {type(error).__name__}: {error}"
    return "internal_error"


async def _execute_plan(run: RunRecord, plan: Plan, kernel: LiveKernel) -> None:
    """Execute the steps up to the first error or an interrupt, filling the run's records."""
    for number, step in enumerate(plan.steps, 1):
        if run.is_interrupted:
            return
        run.waiting = tuple(later.block_id for later in plan.steps[number:])
        record = run.executed[step.block_id] = BlockRecord(started_at=now())
        await kernel.run(step, record)
        if record.failed:
            return


def _written(run: RunRecord) -> str:
    return write_snapshot(
        run.project,
        run.records(),
        started_at=run.started_at or run.created_at,
        finished_at=run.completed_at or now(),
        inputs=run.inputs,
        error=run.error,
    )
