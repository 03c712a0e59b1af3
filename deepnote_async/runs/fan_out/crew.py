"""The tasks of a fan-out, away from the task of whoever uses it.

On asyncio they are plain tasks, so that nothing stays open in the caller's task: a fan-out inside an async generator
may be closed by another one. Trio has no such tasks; there a nursery is opened where the fan-out is entered.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeAlias

import anyio
import anyio.abc

from deepnote_async.transport.loops import running_loop

Work: TypeAlias = Callable[[], Coroutine[Any, Any, None]]
Lost: TypeAlias = Callable[[Exception | None], None]
"""Told of a task that ended by an error, or, with None, by a cancellation."""


class Crew(Protocol):
    """The tasks of a fan-out."""

    async def open(self) -> None:
        """Begin; called in the task that enters the fan-out."""
        ...

    def spawn(self, work: Work) -> None:
        """Run something in a task of its own."""
        ...

    @contextmanager
    def spared(self) -> Iterator[None]:
        """Keep the task that runs this block out of `cancel`; it opens a shielded scope of its own inside."""
        ...

    def cancel(self) -> None:
        """Cancel every task that is not spared."""
        ...

    async def join(self) -> None:
        """Wait until all tasks have ended, cancelled or not; a further cancellation on asyncio spares none."""
        ...

    async def close(self) -> None:
        """End; every task has ended before.

        Raises:
            RuntimeError: on trio, this is another task than the one that opened it.
        """
        ...


def new_crew(lost: Lost) -> Crew:
    """Make a crew for the event loop that runs."""
    loop = running_loop()
    return NurseryCrew(lost) if loop is None else AsyncioCrew(loop, lost)


class AsyncioCrew:
    """Plain tasks of asyncio, held and ended here."""

    def __init__(self, loop: asyncio.AbstractEventLoop, lost: Lost) -> None:
        self._loop = loop
        self._lost = lost
        self._tasks: set[asyncio.Task[None]] = set()
        self._spared: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Begin."""

    def spawn(self, work: Work) -> None:
        """Run something in a task of its own."""
        task = self._loop.create_task(work())
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    @contextmanager
    def spared(self) -> Iterator[None]:
        """Keep the task that runs this block out of `cancel`."""
        task = asyncio.current_task()
        if task is None:
            raise AssertionError("unreachable: the tasks of a crew run this")
        self._spared.add(task)
        try:
            yield
        finally:
            self._spared.discard(task)

    def cancel(self) -> None:
        """Cancel every task that is not spared."""
        for task in self._tasks - self._spared:
            task.cancel()

    async def join(self) -> None:
        """Wait until all tasks have ended."""
        interrupted: asyncio.CancelledError | None = None
        with anyio.CancelScope(shield=True):
            while self._tasks:
                try:
                    await asyncio.wait(self._tasks)
                except asyncio.CancelledError as cancelled:
                    interrupted = cancelled
                    for task in self._tasks:
                        task.cancel()
        if interrupted is not None:
            try:
                raise interrupted
            finally:
                del interrupted  # it holds this frame, and the frame would hold it

    async def close(self) -> None:
        """End."""

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if task.cancelled() or isinstance(error, Exception):
            self._lost(error if isinstance(error, Exception) else None)


class NurseryCrew:
    """Tasks of a nursery, for trio.

    The nursery in the caller's task holds one task only, which holds the others in a nursery of its own: these can be
    cancelled without cancelling what the caller does inside the `async with`.
    """

    def __init__(self, lost: Lost) -> None:
        self._lost = lost
        self._outer = anyio.create_task_group()
        self._inner: anyio.abc.TaskGroup | None = None
        self._home = 0
        self._ended = anyio.Event()

    async def open(self) -> None:
        """Open the nursery in this task."""
        self._home = anyio.get_current_task().id
        await self._outer.__aenter__()
        try:
            await self._outer.start(self._host)
        except BaseException:  # cancelled right here: what was entered has to be left
            await self._outer.__aexit__(*sys.exc_info())
            raise

    def spawn(self, work: Work) -> None:
        """Run something in a task of its own."""
        if self._inner is None:
            raise AssertionError("unreachable: a crew is opened before")
        self._inner.start_soon(self._run, work)

    @contextmanager
    def spared(self) -> Iterator[None]:
        """Do nothing: a shielded scope is enough here."""
        yield

    def cancel(self) -> None:
        """Cancel every task that is not spared."""
        if self._inner is not None:
            self._inner.cancel_scope.cancel()

    async def join(self) -> None:
        """Wait until all tasks have ended."""
        with anyio.CancelScope(shield=True):
            await self._ended.wait()

    async def close(self) -> None:
        """Close the nursery."""
        if anyio.get_current_task().id != self._home:
            raise RuntimeError(
                "on trio a map has to be left in the task that entered it; an async generator with a map inside must "
                "be closed there, with contextlib.aclosing(...)"
            )
        await self._outer.__aexit__(None, None, None)

    async def _host(self, *, task_status: anyio.abc.TaskStatus[None]) -> None:
        try:
            async with anyio.create_task_group() as self._inner:
                task_status.started()
                await anyio.sleep_forever()
        finally:
            self._ended.set()

    async def _run(self, work: Work) -> None:
        try:
            await work()
        except anyio.get_cancelled_exc_class():
            self._lost(None)
            raise
        except Exception as error:  # noqa: BLE001  (told to whoever takes the outcomes, as on asyncio)
            self._lost(error)
