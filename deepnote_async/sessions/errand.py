"""Work in a task of its own, so that a cancellation of whoever waits for it does not reach it.

A shielded scope would not do: it does not stop `task.cancel()` of asyncio.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import anyio

from deepnote_async.runs.watching.background import spawn

T = TypeVar("T")


def _nothing() -> None:
    pass


class Errand(Generic[T]):
    """Work that was sent for.

    It sees the context variables of whoever sent for it, as the same work in that one's own task would.

    Args:
        work: the work.
        name: what it is, shown where tasks are listed.
        ended: called when it has ended, however it ended.
    """

    def __init__(self, work: Callable[[], Awaitable[T]], name: str, *, ended: Callable[[], None] = _nothing) -> None:
        self.name = name
        self._work = work
        self._tell = ended
        self._scope = anyio.CancelScope()
        self._ended = anyio.Event()
        self._results: list[T] = []
        self._error: Exception | None = None
        self._has_begun = False
        self._task: object = None
        self._task = spawn(self._run, name, ended=self._end, context=contextvars.copy_context())

    @property
    def has_ended(self) -> bool:
        """Whether it is over."""
        return self._ended.is_set()

    def cancel(self, why: str) -> None:
        """End it at its next checkpoint; whoever waits for its result gets a RuntimeError that says why.

        What it has not sent by now, it does not send any more: sending begins with a checkpoint on trio, and on asyncio
        `task.cancel()` lets a task do nothing else first. (A cancelled scope of anyio would: it leaves a task alone
        that is about to go on, and aiohttp writes without a checkpoint.)
        """
        if self.has_ended:
            return
        self._error = RuntimeError(why)
        if isinstance(self._task, asyncio.Task) and self._has_begun:
            self._task.cancel()
        else:
            self._scope.cancel()

    async def ended(self) -> None:
        """Wait for the end and nothing else."""
        await self._ended.wait()

    async def wait(self) -> T:
        """Wait for the result; a cancellation ends the wait alone."""
        await self._ended.wait()
        return self.result()

    async def ended_shielded(self) -> None:
        """Wait for the end under a shield, which holds back everything but a `task.cancel()` of asyncio."""
        with anyio.CancelScope(shield=True):
            await self._ended.wait()

    def result(self) -> T:
        """Give the result of an errand that has ended, or raise what it raised.

        Raises:
            RuntimeError: it was cancelled.
        """
        if self._results:
            return self._results[0]
        error = self._error or RuntimeError(f"a task of the SDK was cancelled from outside: {self.name}")
        self._error = None
        try:
            raise error
        finally:
            del error  # its traceback holds this frame, and the frame would hold it

    def result_or_none(self) -> T | None:
        """Give the result if there is one by now."""
        return self._results[0] if self._results else None

    @property
    def error(self) -> Exception | None:
        """What it raised, None if it raised nothing or somebody has it already."""
        return self._error

    async def _run(self) -> None:
        self._has_begun = True
        try:
            if self._scope.cancel_called:
                return
            with self._scope:
                self._results.append(await self._work())
        except Exception as error:  # noqa: BLE001  (it belongs to whoever waits for the result)
            self._error = error
        finally:
            self._end()

    def _end(self) -> None:
        if not self._ended.is_set():
            self._ended.set()
            self._tell()
