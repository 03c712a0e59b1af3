"""What a fan-out gives: one outcome for each inputs it read, and figures of how it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from attrs import field, frozen

from deepnote_async.models import Run, RunStatus
from deepnote_async.runs.handle import RunHandle
from deepnote_async.runs.result import RunResult

Inputs: TypeAlias = Mapping[str, Any] | None
"""The inputs of one run by name, None for none."""


@frozen(kw_only=True, eq=False)
class Outcome:
    """What became of one of the many inputs of a map.

    Attributes:
        index: which one, from 0.
        inputs: the inputs, as a copy; None if there were none, or if the item was no mapping.
        handle: the run; None if none was started, or nothing proves that it was.
        run: the run in its final state; None if it is not known to have ended.
        result: what the run produced, also if it failed; None if it did not end, could not be read, or if the map was
            told `outputs=False`.
        error: why there is no success: RunFailedError, RunTimeoutError, RunStartUnknownError, the error of a refused
            start, or the TypeError or ValueError of inputs that cannot be sent. None for a success.

    Example:
        >>> async for outcome in outcomes:
        ...     print(outcome.index, outcome.status, outcome.error or outcome.unwrap().text)
    """

    index: int
    inputs: Inputs = field(default=None, repr=False)
    handle: RunHandle | None = None
    run: Run | None = field(default=None, repr=False)
    result: RunResult | None = field(default=None, repr=False)
    error: Exception | None = None

    @property
    def status(self) -> RunStatus | None:
        """How the run ended, else the status last seen; None if no run is known."""
        if self.run is not None:
            return self.run.status
        return self.handle.status if self.handle is not None else None

    def unwrap(self) -> RunResult:
        """Give the result, or raise the error.

        Raises:
            RunFailedError: the run failed; other errors as `error` tells.
            RuntimeError: the run was a success, but the map was told `outputs=False`, so that nothing was fetched:
                `await outcome.handle.result()` fetches it.
        """
        if self.error is not None:
            raise self.error
        if self.result is None:
            raise RuntimeError(
                f"this map was told outputs=False, so outcome {self.index} has no result; its run stands in "
                "outcome.run, and `await outcome.handle.result()` fetches what it produced"
            )
        return self.result


@frozen(kw_only=True)
class MapStats:
    """How a map stands.

    Attributes:
        waiting: inputs that were read and whose start is not accepted yet.
        running: accepted runs that have not become an outcome; once the map is left, those that were not waited for.
        started: runs that the service accepted, in all.
        done: outcomes there are, taken or not, the failed ones among them.
        failed: outcomes with an error.
        rate: outcomes per second, over the last minute or the last 128 outcomes, whichever is shorter.
        is_exhausted: whether the inputs were read to their end.
    """

    waiting: int
    running: int
    started: int
    done: int
    failed: int
    rate: float
    is_exhausted: bool
