"""How simulated runs go: how long they take and how they end, drawn from a seed."""

from __future__ import annotations

import ast
import datetime as dt
import math
import random
from collections.abc import Callable, Sequence

from attrs import frozen

from deepnote_emulator.checks import check_number
from deepnote_emulator.documents import BlockRecord
from deepnote_emulator.documents.model import JsonObject
from deepnote_emulator.execution.engine import Plan, Status, Step
from deepnote_emulator.execution.outputs import error_output

Duration = Callable[[random.Random], float]
"""Draws how many seconds a whole run takes."""

MAX_PRINTING = 10_000
"""Longer code is not looked at, in characters."""
OUTPUT = "simulated: this block was not executed\n"
FAILURE = "simulated: this run was drawn to fail"
MACHINE_FAILURE = "simulated: the machine of this run was lost"
INTERRUPTED = "the simulated block was interrupted"


@frozen
class Lognormal:
    """Durations as those of notebooks often are: most near the median, a few much longer.

    Args:
        median: half of the runs take longer, in seconds.
        sigma: how far they spread: about two thirds lie within a factor of exp(sigma) of the median. With 0 all take
            the median.

    Raises:
        ValueError: `median` is not a finite number above 0, or `sigma` not one from 0 on.

    Example:
        >>> SimulatedEngine(duration=Lognormal(median=60, sigma=1))
    """

    median: float
    sigma: float = 1.0

    def __attrs_post_init__(self) -> None:
        check_number("median", self.median, positive=True)
        check_number("sigma", self.sigma)

    def __call__(self, draw: random.Random) -> float:
        """Draw a duration in seconds."""
        return self.median * math.exp(self.sigma * draw.gauss(0.0, 1.0))


@frozen
class Shares:
    """Which part of the runs ends how; the rest succeeds.

    Args:
        error: part that ends in an exception of a block.
        internal_error: part whose machine is lost.
        stopped: part that somebody stops.

    Raises:
        ValueError: one is not a number from 0 to 1, or together they are more than 1.
    """

    error: float = 0.0
    internal_error: float = 0.0
    stopped: float = 0.0

    def __attrs_post_init__(self) -> None:
        for name, share in (("error", self.error), ("internal_error", self.internal_error), ("stopped", self.stopped)):
            check_number(name, share, 1)
        if (together := math.fsum((self.error, self.internal_error, self.stopped))) > 1 + 1e-9:  # as 0.7 + 0.2 + 0.1 is
            raise ValueError(f"error, internal_error and stopped must not be more than 1 together, got {together:g}")

    def status(self, drawn: float) -> Status:
        """Give the status for a number that was drawn evenly from 0 to 1."""
        if drawn < self.error:
            return "error"
        if drawn < self.error + self.internal_error:
            return "internal_error"
        return "stopped" if drawn < self.error + self.internal_error + self.stopped else "success"


@frozen(kw_only=True)
class Fate:
    """How a run goes: it takes `seconds`, comes as far as the step before `reached`, and ends with `status`."""

    seconds: float
    status: Status
    reached: int
    error: str | None = None

    def records(self, plan: Plan, started_at: dt.datetime, finished_at: dt.datetime) -> dict[str, BlockRecord]:
        """Make up what its blocks leave; the blocks of code share the time evenly."""
        steps = plan.steps[: self.reached]
        share = (finished_at - started_at) / max(1, _count_code(steps))
        records: dict[str, BlockRecord] = {}
        begun = started_at
        for number, step in enumerate(steps, 1):
            ended = begun + share if is_code(step) else begun
            failing = self.status if number == len(steps) else "success"
            if failing != "internal_error":  # what the machine was at when it was lost, nobody knows
                records[step.block_id] = BlockRecord(
                    started_at=begun,
                    finished_at=ended,
                    execution_count=None if step.unsupported else number,
                    outputs=_outputs(step, failing, number),
                )
            begun = ended
        return records


def fate(plan: Plan, draw: random.Random, duration: Duration | None, seconds: float, shares: Shares) -> Fate:
    """Draw how a run goes.

    Args:
        plan: its steps; it ends at the first one that cannot be executed, unless it was drawn to end before.
        draw: what to draw from.
        duration: how long it takes; None: `seconds` for every block of code that it comes to.
        seconds: see `duration`.
        shares: how likely it ends how.

    Raises:
        ValueError: `duration` gave something that is no duration.
    """
    status, place = shares.status(draw.random()), draw.random()  # both always, so that the shares change no duration
    steps, error = _until_unsupported(plan.steps), None
    code = [number for number, step in enumerate(steps, 1) if is_code(step)]
    if status == "success" or (not code and steps and steps[-1].unsupported):
        status = "error" if steps and steps[-1].unsupported else "success"
    elif code:
        steps = steps[: code[int(place * len(code))]]
    if status == "internal_error":
        error = MACHINE_FAILURE
    elif status == "error" and not steps:
        error = FAILURE
    taken = seconds * _count_code(steps) if duration is None else duration(draw)
    check_number("what duration gives", taken)
    return Fate(seconds=taken, status=status, reached=len(steps), error=error)


def is_code(step: Step) -> bool:
    """Whether a step is a block of code, which takes time; inputs take none."""
    return not step.is_input and step.unsupported is None


def printed(code: str) -> str:
    """Tell what code prints that does nothing but print literals, such as `print("a", 1)`; "" for all other code."""
    if len(code) > MAX_PRINTING:
        return ""
    try:
        lines = [_printed_line(statement) for statement in ast.parse(code).body]
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return ""
    return "".join(lines)


def _printed_line(statement: ast.stmt) -> str:
    match statement:
        case ast.Expr(ast.Call(ast.Name("print"), [*parts], [])):
            return f"{' '.join(str(ast.literal_eval(part)) for part in parts)}\n"
    raise ValueError("this is more than to print literals")


def _until_unsupported(steps: Sequence[Step]) -> Sequence[Step]:
    return next((steps[:number] for number, step in enumerate(steps, 1) if step.unsupported), steps)


def _count_code(steps: Sequence[Step]) -> int:
    return sum(map(is_code, steps))


def _outputs(step: Step, status: Status, count: int) -> list[JsonObject]:
    if step.unsupported is not None:
        return [error_output("EmulatorUnsupported", step.unsupported)]
    if not is_code(step):
        return []
    if status == "error":
        return [_exception(step, count)]
    if status == "stopped":
        return [error_output("KeyboardInterrupt", INTERRUPTED)]
    return [{"name": "stdout", "output_type": "stream", "text": OUTPUT}]


def _exception(step: Step, count: int) -> JsonObject:
    """Make the output of an exception in the first line of a block, with the colours of IPython's traceback."""
    line = next(iter(step.code.splitlines()), "")
    place = f"\x1b[36mCell\x1b[39m\x1b[36m \x1b[39m\x1b[32mIn[{count}]\x1b[39m\x1b[32m, line 1\x1b[39m"
    return {
        "ename": "RuntimeError",
        "evalue": FAILURE,
        "output_type": "error",
        "traceback": [
            f"\x1b[31m{'-' * 75}\x1b[39m",
            "\x1b[31mRuntimeError\x1b[39m                              Traceback (most recent call last)",
            f"{place}\n\x1b[32m----> \x1b[39m\x1b[32m1\x1b[39m {line}\n",
            f"\x1b[31mRuntimeError\x1b[39m: {FAILURE}",
        ],
    }
