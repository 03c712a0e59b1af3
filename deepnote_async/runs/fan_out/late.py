"""The errors of items that a fan-out did not bring to their end, or could not begin."""

from __future__ import annotations

from typing import Literal, TypeAlias

from deepnote_async.errors import RunError, RunStartUnknownError, RunTimeoutError
from deepnote_async.models import Run

Ending: TypeAlias = Literal["failure", "total", "left"]
"""Why a fan-out starts nothing more: something failed; the total time is up; the map is left."""


class LateErrors:
    """Makes the errors of one fan-out.

    Args:
        total: seconds of its `total_timeout`.
        notebook_id: the notebook it starts.
        service: name of the service.
    """

    def __init__(self, total: float | None, notebook_id: str, service: str) -> None:
        self._is_up = f"the {total:g} s of total_timeout were up" if total is not None else ""
        self._notebook_id = notebook_id
        self._service = service

    def not_started(self, index: int, ending: Ending | None, *, may_exist: bool) -> RunError:
        """Make the error of an item whose start was called off.

        Args:
            index: the place of its inputs.
            ending: why.
            may_exist: something of the start had left, so that the run may exist.
        """
        if may_exist:
            unknown = RunStartUnknownError(
                f"The start of a run of notebook {self._notebook_id} was sent and not answered when {self._is_up}; "
                "nothing proves whether the run exists. Look for it before starting it again."
            )
            unknown.notebook_id, unknown.service = self._notebook_id, self._service
            return unknown
        if ending == "total":
            return RunTimeoutError(f"The run of inputs {index} was not started when {self._is_up}; nothing was sent")
        return RunError(
            f"The run of inputs {index} was not started: the map stopped at a failure before; nothing was sent"
        )

    def rest(self, first: int) -> RunTimeoutError:
        """Make the error of inputs that were not even read."""
        return RunTimeoutError(f"The inputs from {first} on were not read when {self._is_up}; nothing of them was sent")

    def timed_out(self, error: RunTimeoutError) -> RunTimeoutError:
        """Make the error of a run that had not ended."""
        status = f"last status: {error.status or 'none seen'}"
        late = RunTimeoutError(
            f"Run {error.run_id} had not ended when {self._is_up} ({status}); it goes on", run_id=error.run_id
        )
        late.status = error.status
        return late

    def unread(self, run: Run) -> RunTimeoutError:
        """Make the error of a run that had ended, but not been read."""
        late = RunTimeoutError(
            f"Run {run.run_id} ended as {run.status.value}, but what it produced had not been read when {self._is_up}; "
            "`await outcome.handle.result()` reads it",
            run_id=run.run_id,
        )
        late.status = run.status.value
        return late


def located(error: Exception, name: str, index: int) -> Exception:
    """Say of inputs that cannot be sent which they are."""
    if type(error) in {TypeError, ValueError}:
        error.args = (f"{name}[{index}]: {error}",)
    return error
