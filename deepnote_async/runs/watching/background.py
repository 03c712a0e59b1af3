"""A task that belongs to no caller, and a signal to wait for, on asyncio and on trio.

A watcher serves many callers, and may not leave a scope or a task group open in the task of any of them. So its looks
are made in a task of their own: on asyncio an ordinary task, on trio a system task.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Coroutine
from typing import Protocol

import anyio

from deepnote_async.transport import running_loop


class Signal(Protocol):
    """Something that one task waits for and another one sets, once."""

    def set(self) -> None:
        """Let the waiting task go on."""
        ...

    async def wait(self) -> object:
        """Wait until it is set."""
        ...


class _FutureSignal:
    """A signal for one waiting task: of ten thousand of them, asyncio's own events would take megabytes."""

    __slots__ = ("_future",)

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._future: asyncio.Future[None] = loop.create_future()

    def set(self) -> None:
        if not self._future.done():
            self._future.set_result(None)

    async def wait(self) -> None:
        await self._future


def new_signal() -> Signal:
    """Make a signal for one waiting task."""
    loop = running_loop()
    return _FutureSignal(loop) if loop is not None else anyio.Event()


def spawn(
    work: Callable[[], Coroutine[None, None, None]],
    name: str,
    *,
    ended: Callable[[], None],
    context: contextvars.Context | None = None,
) -> object:
    """Start a task; whoever asks for it keeps what this returns, so that the task is not collected.

    Args:
        work: the task; must not raise anything but a cancellation.
        name: shown where tasks are listed.
        ended: called when it is over, at the latest: asyncio never begins a task that was cancelled before that.
        context: the context variables that it sees. Default: none of the caller's, since it serves others as well.
    """
    context = contextvars.Context() if context is None else context
    if (loop := running_loop()) is not None:
        task = loop.create_task(work(), name=name, context=context)
        task.add_done_callback(lambda _task: ended())
        return task
    import trio  # noqa: PLC0415  (whoever runs under trio has it; nobody else needs it)

    return trio.lowlevel.spawn_system_task(work, name=name, context=context)
