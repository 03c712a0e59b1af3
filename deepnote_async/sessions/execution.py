"""What code in a session put out, and the error it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from deepnote_async.errors import ExecutionError
from deepnote_async.runs.failure import one_line, traceback_tail
from deepnote_async.snapshot import HasOutputs, Output, OutputGroup


@frozen(kw_only=True)
class Execution(HasOutputs):
    """What code put out.

    Attributes:
        outputs: everything in order, as nbformat 4 describes it.
    """

    outputs: tuple[Output, ...]

    @property
    def data(self) -> Mapping[str, Any]:
        """The forms of the last value, by media type; empty without a value."""
        return next((output.data for output in reversed(self.outputs) if output.data), {})

    @property
    def error(self) -> Output | None:
        """The exception it raised, None if it raised none."""
        return next((output for output in self.outputs if output.output_type == "error"), None)

    def _groups(self) -> tuple[OutputGroup, ...]:
        return (OutputGroup(outputs=self.outputs),)

    def raise_for_error(self) -> None:
        """Raise ExecutionError if the code raised an exception."""
        if self.error is not None:
            raise _execution_error(self.error, self)


def _execution_error(output: Output, execution: Execution) -> ExecutionError:
    reason = ": ".join(part for part in (output.ename, output.evalue) if part) or "an error without a name"
    tail = traceback_tail(output.traceback)
    error = ExecutionError(one_line(reason) + (f"\n{tail}" if tail else ""))  # bounded, and without colours
    error.ename, error.evalue, error.traceback = output.ename or "", output.evalue or "", output.traceback
    error.execution = execution
    return error
