"""`client.runs.map` as its user holds it: entered, iterated, left."""

from __future__ import annotations

from types import TracebackType
from typing import Literal, Self

from deepnote_async.runs.fan_out.fanout import Fanout, Start
from deepnote_async.runs.fan_out.many import ManyInputs, MapOptions, OnError
from deepnote_async.runs.fan_out.outcome import MapStats, Outcome
from deepnote_async.runs.handle import RunHandle


class Outcomes:
    """The outcomes of a map: an async context manager to be iterated inside. Made by `client.runs.map`.

    Runs are started from entering on, as far as there is room, whether outcomes are taken or not. Leaving ends all work
    here and never stops a run: the API has no call for that. Before it returns, a start that was sent has up to 5
    seconds to learn the id of its run; one of which nothing has left is called off.

    On asyncio it may be entered in one task and left in another, as happens to an async generator that is abandoned; on
    trio it must be left in the task that entered it.

    Example:
        >>> async with client.runs.map(notebook_id, [{"region": "EU"}, {"region": "US"}]) as outcomes:
        ...     async for outcome in outcomes:
        ...         print(outcome.index, outcome.unwrap().text)
    """

    def __init__(self, fanout: Fanout, on_error: OnError) -> None:
        self._fanout = fanout
        self._on_error = on_error
        self._state: Literal["new", "entered", "left"] = "new"
        self._is_taking = False
        self._is_over = False

    def __repr__(self) -> str:
        stats = self.stats
        return f"<Outcomes: {stats.waiting} waiting, {stats.running} running, {stats.done} done, {stats.failed} failed>"

    @property
    def stats(self) -> MapStats:
        """How the map stands at this moment; costs no request."""
        return self._fanout.shelf.stats(is_exhausted=self._fanout.is_exhausted)

    @property
    def abandoned(self) -> tuple[RunHandle, ...]:
        """The runs that were started and not delivered as outcomes, once the map has ended; empty before that.

        Some of them may have ended. `handle.wait()` and `handle.result()` work as long as the client is open, and
        `handle.to_dict()` keeps a run for later.
        """
        return self._fanout.shelf.undelivered if self._is_over or self._state == "left" else ()

    async def __aenter__(self) -> Self:
        if self._state != "new":
            raise RuntimeError("this map was entered before; call client.runs.map(...) again for another one")
        self._state = "entered"
        await self._fanout.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._state = "left"
        try:
            await self._fanout.close()
        except BaseException as another:
            self._name_runs(another)
            raise
        finally:
            if error is not None:
                self._name_runs(error)

    def __aiter__(self) -> Self:
        self._check_usable()
        return self

    async def __anext__(self) -> Outcome:
        self._check_usable()
        if self._is_taking:
            raise RuntimeError("two tasks take outcomes of one map at once; let one take them and hand them on")
        self._is_taking = True
        try:
            outcome = await self._next()
        finally:
            self._is_taking = False
        if outcome is None:
            raise StopAsyncIteration
        return outcome

    def _check_usable(self) -> None:
        if self._state != "entered":
            before = "was left" if self._state == "left" else "was not entered"
            raise RuntimeError(
                f"this map {before}: iterate inside of `async with client.runs.map(...) as outcomes:`, where its runs "
                "are started"
            )

    async def _next(self) -> Outcome | None:
        """Wait for the next outcome; None if there will be none."""
        fanout, shelf = self._fanout, self._fanout.shelf
        while not self._is_over:
            if fanout.broken is not None:
                await self._fail(fanout.broken)
            outcome = fanout.take()
            if outcome is None and self._on_error == "raise":
                outcome = shelf.take_failure()
            if outcome is not None:
                if outcome.error is not None and self._on_error == "raise":
                    await self._fail(outcome.error)
                return outcome
            is_empty = fanout.is_read and shelf.held == 0
            if fanout.input_error is not None and (is_empty or self._on_error == "raise"):
                await self._fail(fanout.input_error)
            if is_empty:
                if self._on_error == "raise" and not fanout.is_exhausted:
                    await self._fail(fanout.rest_error())
                self._is_over = True
                return None
            await fanout.news.wait()
        return None

    async def _fail(self, error: Exception) -> None:
        """End the work and raise an error that names the runs that were left."""
        self._is_over = True
        await self._fanout.stop()
        self._name_runs(error)
        raise error

    def _name_runs(self, error: BaseException) -> None:
        note = self._fanout.shelf.note()
        if note is not None and note not in getattr(error, "__notes__", ()):
            error.add_note(note)


def map_runs(start: Start, many: object, name: str, options: MapOptions, *, notebook_id: str, service: str) -> Outcomes:
    """Make a map.

    Args:
        start: starts one run.
        many: the inputs, an iterable or async iterable of mappings.
        name: the name of that argument, for messages.
        options: how to go about it.
        notebook_id: the notebook that is started, for messages.
        service: name of the service, for errors.

    Raises:
        TypeError: an argument is of another kind than it must be.
        ValueError: an argument has a value that makes no sense.
    """
    options.check()
    fanout = Fanout(start, ManyInputs(many, name), options, notebook_id, service)
    return Outcomes(fanout, options.on_error)
