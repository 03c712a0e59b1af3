"""What code in a session put out, and the error it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import frozen

from deepnote_async.errors import ExecutionError
from deepnote_async.runs.failure import traceback_tail
from deepnote_async.snapshot import Output

MOST_CHARACTERS: Final = 2_000
"""So much of what code says of its own exception stands in an error's message, for logs; its attributes have it all."""


@frozen(kw_only=True)
class Execution:
    """What code put out.

    Attributes:
        outputs: everything in order, as nbformat 4 describes it.
    """

    outputs: tuple[Output, ...]

    @property
    def text(self) -> str:
        """What it printed and displayed as plain text; stderr is left out."""
        return "".join(
            output.text if output.output_type == "stream" else f"{output.text}\n"
            for output in self.outputs
            if output.text and output.name != "stderr"
        )

    @property
    def data(self) -> Mapping[str, Any]:
        """The forms of the last value, by media type; empty without a value."""
        return next((output.data for output in reversed(self.outputs) if output.data), {})

    @property
    def error(self) -> Output | None:
        """The exception it raised, None if it raised none."""
        return next((output for output in self.outputs if output.output_type == "error"), None)

    def raise_for_error(self) -> None:
        """Raise ExecutionError if the code raised an exception."""
        if self.error is not None:
            raise _execution_error(self.error, self)


def _execution_error(output: Output, execution: Execution) -> ExecutionError:
    reason = ": ".join(part for part in (output.ename, output.evalue) if part) or "an error without a name"
    tail = traceback_tail(output.traceback)
    message = _beginning(reason) + (f"\n{_end(tail)}" if tail else "")
    error = ExecutionError(message)
    error.ename, error.evalue, error.traceback = output.ename or "", output.evalue or "", output.traceback
    error.execution = execution
    return error


def _beginning(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]} ..."


def _end(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else f"... {text[-MOST_CHARACTERS:]}"
