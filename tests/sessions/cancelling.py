"""Cancels some work at its n-th await point, for every n: the points are counted, not drawn.

A point is every suspension and every end of any task of the loop, since what the caller waits for is done by others.
Run with n from 1 on until a run ends that was not cancelled, and every moment at which the caller can be cancelled was
tried.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Generator
from functools import partial
from typing import Any, Literal

import anyio
import trio

How = Literal["native", "native again", "scope"]


class Points:
    """Counts await points, and does something at some of them."""

    def __init__(self) -> None:
        self.passed = 0
        self._at: frozenset[int] = frozenset()
        self._do: Callable[[], object] = lambda: None

    def arm(self, at: range, do: Callable[[], object]) -> None:
        """Begin to count anew, and do something at these points."""
        self.passed, self._at, self._do = 0, frozenset(at), do

    def disarm(self) -> None:
        """Do nothing any more."""
        self._at = frozenset()

    def one(self) -> None:
        """Note a point."""
        self.passed += 1
        if self.passed in self._at:
            self._do()


class _Counted:
    """A coroutine whose suspensions are counted."""

    def __init__(self, points: Points, inner: Coroutine[Any, Any, Any]) -> None:
        self._points = points
        self._inner = inner

    def __await__(self) -> Generator[Any, Any, Any]:
        step: Callable[[], Any] = partial(self._inner.send, None)
        while True:
            try:
                waits_for = step()
            except StopIteration as end:
                self._points.one()
                return end.value
            self._points.one()
            try:
                yield waits_for
            except GeneratorExit:
                self._inner.close()
                raise
            except BaseException as error:  # noqa: BLE001  (thrown on where it belongs)
                step = partial(self._inner.throw, error)
            else:
                step = partial(self._inner.send, None)


async def _counted(points: Points, inner: Coroutine[Any, Any, Any]) -> Any:
    return await _Counted(points, inner)


Work = Callable[[], Coroutine[Any, Any, None]]


def on_asyncio(points: Points, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a function in a loop whose await points are counted."""

    def make(loop: asyncio.AbstractEventLoop, inner: Coroutine[Any, Any, Any], **options: Any) -> asyncio.Task[Any]:
        return asyncio.Task(_counted(points, inner), loop=loop, **options)

    with asyncio.Runner() as runner:
        runner.get_loop().set_task_factory(make)  # type: ignore[arg-type]
        runner.run(main())


def on_trio(points: Points, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a function in a loop whose await points are counted."""

    class Steps(trio.abc.Instrument):
        def after_task_step(self, task: trio.lowlevel.Task) -> None:  # noqa: ARG002  (trio's own signature)
            points.one()

    trio.run(main, instruments=[Steps()])


async def cancelled_at(points: Points, how: How, number: int, work: Work) -> bool:
    """Run some work and cancel it at one point; gives whether it was cancelled.

    "native again" cancels its task at each of the twenty points after that as well.
    """
    if how == "scope":
        with anyio.CancelScope() as scope:
            points.arm(range(number, number + 1), scope.cancel)
            await work()
        points.disarm()
        return scope.cancel_called
    told: list[int] = []

    def cancel() -> None:
        if task.cancel():
            told.append(points.passed)

    async def armed() -> None:
        points.arm(range(number, number + (21 if how == "native again" else 1)), cancel)
        await work()

    task = asyncio.get_running_loop().create_task(armed())
    await asyncio.wait([task])
    points.disarm()
    if told:
        with contextlib.suppress(asyncio.CancelledError):
            task.result()
        return True
    task.result()
    return False
