"""The engine of a fan-out: reads inputs, starts runs, waits for them and keeps their outcomes until they are taken.

It knows of a service only a function that starts a run. What is in hand is bounded: an input is read when a slot is
free, and an outcome that nobody takes holds its place.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeAlias

import anyio

from deepnote_async.errors import APIError, RunFailedError, RunTimeoutError
from deepnote_async.models import Run
from deepnote_async.runs.failure import diagnose
from deepnote_async.runs.fan_out.brake import StartBrake
from deepnote_async.runs.fan_out.crew import new_crew
from deepnote_async.runs.fan_out.late import Ending, LateErrors, located
from deepnote_async.runs.fan_out.many import ManyInputs, MapOptions
from deepnote_async.runs.fan_out.outcome import Inputs, Outcome
from deepnote_async.runs.fan_out.refusals import slowdown_of
from deepnote_async.runs.fan_out.shelf import Shelf
from deepnote_async.runs.fan_out.signal import Signal
from deepnote_async.runs.handle import RunHandle, read_patiently
from deepnote_async.runs.result import RunResult, failed_run
from deepnote_async.runs.service import Contents
from deepnote_async.transport import Deadline, SendRecord

Follow: TypeAlias = Callable[[SendRecord], None]
Start: TypeAlias = Callable[[Inputs, Follow], Awaitable[RunHandle]]
"""Starts a run with these inputs, once. It hands the record of what it sends to `follow` before it sends, so that a
start of which nothing has left can be called off."""

LEARN_SECONDS = 5.0
"""How long a start that was sent may still take, once its fan-out ends, to learn the id of its run."""


class Item:
    """One of the inputs while its run is being started."""

    __slots__ = ("index", "inputs", "record", "scope")

    def __init__(self, index: int) -> None:
        self.index = index
        self.inputs: Inputs = None
        self.record: SendRecord | None = None
        self.scope: anyio.CancelScope | None = None

    @property
    def may_exist(self) -> bool:
        """Whether something of the start has left, so that the run may exist."""
        return self.record is not None and self.record.sent != "no"

    def follow(self, record: SendRecord) -> None:
        """Follow how far the start came."""
        self.record = record

    def call_off(self) -> None:
        """End the start: at once if nothing of it has left, else when it has had time to learn its id."""
        if self.scope is not None and self.may_exist:
            self.scope.deadline = min(self.scope.deadline, anyio.current_time() + LEARN_SECONDS)
        elif self.scope is not None:
            self.scope.cancel()


class Fanout:
    """The work of one map, from `open` to `close`.

    Attributes:
        shelf: the outcomes, and who of the started runs has not been delivered.
        ending: why nothing more is started; None while it is.
        is_read: whether no further input will be read.
        is_exhausted: whether the inputs were read to their end.
        input_error: what the inputs raised.
        broken: set when a task ended that should not have ended.
        news: given when there may be something to take, or nothing more to come.
    """

    def __init__(self, start: Start, many: ManyInputs, options: MapOptions, notebook_id: str, service: str) -> None:
        self._start = start
        self._many = many
        self._options = options
        self._errors = LateErrors(options.total_timeout, notebook_id, service)
        self._brake = StartBrake()
        self._room = Signal()
        self._starting: set[Item] = set()
        self._feeding: anyio.CancelScope | None = None
        self.shelf = Shelf(ordered=options.ordered)
        self.ending: Ending | None = None
        self.is_read = self.is_exhausted = False
        self.input_error: Exception | None = None
        self.broken: RuntimeError | None = None
        self.news = Signal()

    async def open(self) -> None:
        """Begin to work; called in the task that enters the map."""
        self._total = Deadline.after(self._options.total_timeout)
        self._crew = new_crew(self._lost)
        self.shelf.began = anyio.current_time()
        await self._crew.open()
        self._crew.spawn(self._feed)
        if self._total.allowed is not None:
            self._crew.spawn(self._watch_total)

    async def stop(self) -> None:
        """Start nothing more, let starts that were sent learn their id, end every task."""
        self._call_off("left", sent=True)
        self._crew.cancel()
        await self._crew.join()
        self.shelf.left_at = self.shelf.left_at or anyio.current_time()

    async def close(self) -> None:
        """Stop, and leave; called in the task that leaves the map."""
        await self.stop()
        await self._crew.close()

    def take(self) -> Outcome | None:
        """Take the outcome that is next, if it is there; makes room for another input."""
        outcome = self.shelf.take()
        if outcome is not None:
            self._room.give()
        return outcome

    def rest_error(self) -> RunTimeoutError:
        """Make the error of inputs that were not read because the total time was up."""
        return self._errors.rest(self.shelf.read)

    async def _feed(self) -> None:
        """Read inputs and begin their runs, as far as there is room."""
        with anyio.CancelScope(deadline=self._total.at) as self._feeding:
            try:
                await self._read_all()
            except Exception as error:  # noqa: BLE001  (whatever a user's iterable raises is raised to them)
                error.add_note(f"Raised by {self._many.name} where item {self.shelf.read} should have come.")
                self.input_error = error
                self._failed()
        self.is_read = True
        self.news.give()

    async def _read_all(self) -> None:
        while await self._has_room():
            try:
                got = await self._many.read()
            except StopAsyncIteration:
                self.is_exhausted = True
                return
            item = Item(self.shelf.read)
            self.shelf.read += 1
            try:
                item.inputs = self._many.checked(item.index, got)
            except Exception as error:  # noqa: BLE001  (a mapping may raise anything)
                self._put(Outcome(index=item.index, error=error))
            else:
                self._crew.spawn(partial(self._work, item))

    async def _has_room(self) -> bool:
        """Wait for a free slot; gives whether there is anything to do with it."""
        while self.ending is None and not self._is_up():
            if self.shelf.active < self._options.concurrency and self.shelf.held < self._options.window:
                return True
            await self._room.wait()
        return False

    async def _watch_total(self) -> None:
        await anyio.sleep_until(self._total.at)
        self._call_off("total", sent=True)

    async def _work(self, item: Item) -> None:
        """Bring one item to its outcome; there is none if the map was left before."""
        try:
            handle = await self._started(item)
        except Exception as error:  # noqa: BLE001  (it is this item's outcome)
            self._put(Outcome(index=item.index, inputs=item.inputs, error=located(error, self._many.name, item.index)))
            return
        if handle is None:
            # Where the failure is raised, it must not be another one than what called this start off.
            if self.ending != "left" and not (self.ending == "failure" and self._options.on_error == "raise"):
                why = self._errors.not_started(item.index, self.ending, may_exist=item.may_exist)
                self._put(Outcome(index=item.index, inputs=item.inputs, error=why))
            return
        if self.ending != "left":
            self._put(await self._ended(item, handle))

    async def _started(self, item: Item) -> RunHandle | None:
        """Start the run of an item; None if that was called off."""
        handle: RunHandle | None = None
        with self._crew.spared(), anyio.CancelScope(shield=True) as item.scope:
            self._starting.add(item)
            try:
                handle = await self._start_when_allowed(item)
            except anyio.get_cancelled_exc_class():
                if item.may_exist:
                    self.shelf.doubtful.append(item.index)
                raise
            finally:
                self._starting.discard(item)
        item.scope = None
        if handle is not None:
            self.shelf.note_started(item.index, handle)
        return handle

    async def _start_when_allowed(self, item: Item) -> RunHandle | None:
        while self.ending is None:
            item.record = None
            ticket = await self._brake.enter(item.index)
            try:
                handle = await self._start(item.inputs, item.follow)
            except Exception as error:
                slowdown = slowdown_of(error, has_worked=self.shelf.has_started)
                if slowdown is None or slowdown == "gate":
                    self._brake.left()
                else:
                    hint = error.retry_after if isinstance(error, APIError) else None
                    self._brake.refused(ticket, for_limit=slowdown == "limit", hint=hint)
                if slowdown is None:
                    raise
            except BaseException:
                self._brake.left()
                raise
            else:
                self._brake.accepted(ticket)
                return handle
        return None

    async def _ended(self, item: Item, handle: RunHandle) -> Outcome:
        """Wait for a run, and read what it produced where that is wanted."""
        try:
            run = await handle.wait(self._left())
        except RunTimeoutError as error:
            late = self._errors.timed_out(error) if self._is_up() else error
            return Outcome(index=item.index, inputs=item.inputs, handle=handle, error=late)
        except Exception as error:  # noqa: BLE001  (it is this item's outcome)
            return Outcome(index=item.index, inputs=item.inputs, handle=handle, error=error)
        finally:
            self._brake.run_ended()
        result, trouble = await self._read(handle, run) if self._options.outputs else (None, _bare_failure(handle, run))
        return Outcome(
            index=item.index,
            inputs=item.inputs,
            handle=handle,
            run=result.run if result is not None else run,
            result=result,
            error=trouble,
        )

    async def _read(self, handle: RunHandle, run: Run) -> tuple[RunResult | None, Exception | None]:
        """Read what an ended run produced; gives the result, and what is wrong."""
        with anyio.CancelScope(deadline=self._total.at):
            try:
                result = await read_patiently(handle, run)
            except Exception as error:  # noqa: BLE001  (it is this item's outcome)
                return None, error
            return result, failed_run(result)
        return None, self._errors.unread(run)

    def _is_up(self) -> bool:
        return anyio.current_time() >= self._total.at

    def _left(self) -> float:
        """Give the seconds to wait for a run, infinite and not None for no limit: such a wait bears any outage."""
        own = math.inf if self._options.timeout is None else self._options.timeout
        return max(0.0, min(own, self._total.at - anyio.current_time()))

    def _put(self, outcome: Outcome) -> None:
        self.shelf.put(outcome)
        if outcome.error is not None:
            self._failed()
        self._room.give()
        self.news.give()

    def _failed(self) -> None:
        if self._options.on_error != "collect":
            self._call_off("failure", sent=False)

    def _call_off(self, ending: Ending, *, sent: bool) -> None:
        """Start nothing more; `sent` also limits the starts that were sent already."""
        self.ending = ending if self.ending is None or ending == "left" else self.ending
        for item in self._starting:
            if sent or not item.may_exist:
                item.call_off()
        if self._feeding is not None:
            self._feeding.cancel()
        self._room.give()

    def _lost(self, error: Exception | None) -> None:
        """Note that a task ended that should not have: by an error, or cancelled by somebody else."""
        if self.ending == "left":
            return
        what = "was cancelled from outside" if error is None else f"ended by {type(error).__name__}: {error}"
        self.broken = self.broken or RuntimeError(f"a task of this map {what}")
        self.broken.__cause__ = error
        self.news.give()


def _bare_failure(handle: RunHandle, run: Run) -> RunFailedError | None:
    """Make the error of a run that failed and of which nothing more is read."""
    return failed_run(RunResult(run=run, handle=handle, failure=diagnose(run, Contents())))
