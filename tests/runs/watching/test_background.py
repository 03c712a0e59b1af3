"""A task of nobody's and a signal, on asyncio and on trio."""

from __future__ import annotations

import asyncio
import gc
import warnings
from contextvars import ContextVar

import anyio
import pytest
import trio

from deepnote_async.runs.watching.background import new_signal, spawn
from tests.support.farm import both, run_on

COLOUR: ContextVar[str] = ContextVar("COLOUR", default="none")


def nothing() -> None:
    pass


@both
def test_a_task_runs_beside_its_caller(library: str) -> None:
    async def main() -> list[str]:
        told: list[str] = []
        done = new_signal()

        async def work() -> None:
            told.append("begun")
            await anyio.sleep(5)
            told.append("ended")
            done.set()

        began = anyio.current_time()
        task = spawn(work, "a task", ended=nothing)
        told.append("spawned")
        await done.wait()
        assert anyio.current_time() - began == 5
        del task
        return told

    assert run_on(library, main) == ["spawned", "begun", "ended"]


@both
def test_a_task_sees_nothing_of_its_callers_context(library: str) -> None:
    async def main() -> tuple[str, str]:
        seen: list[str] = []
        done = new_signal()

        async def work() -> None:
            seen.append(COLOUR.get())
            COLOUR.set("red")
            done.set()

        COLOUR.set("blue")
        task = spawn(work, "a task", ended=nothing)
        await done.wait()
        del task
        return seen[0], COLOUR.get()

    assert run_on(library, main) == ("none", "blue")


@both
def test_a_task_outlives_the_scope_it_was_begun_in(library: str) -> None:
    async def main() -> bool:
        done = new_signal()
        tasks: list[object] = []

        async def work() -> None:
            async with anyio.create_task_group() as looks:  # whatever a watcher does in its task
                looks.start_soon(anyio.sleep, 5)
            done.set()

        async def caller() -> None:
            tasks.append(spawn(work, "a task", ended=nothing))
            await anyio.sleep(1000)

        async with anyio.create_task_group() as callers:
            callers.start_soon(caller)
            await anyio.sleep(1)
            callers.cancel_scope.cancel()
        with anyio.move_on_after(100):
            await done.wait()
            return True
        return False

    assert run_on(library, main)


@both
def test_a_task_has_a_name(library: str) -> None:
    async def main() -> str | None:
        names: list[str | None] = []
        done = new_signal()

        async def work() -> None:
            names.append(anyio.get_current_task().name)
            done.set()

        task = spawn(work, "looking at runs", ended=nothing)
        await done.wait()
        del task
        return names[0]

    assert run_on(library, main) == "looking at runs"


def test_on_asyncio_who_keeps_the_task_keeps_it_alive() -> None:
    async def main() -> object:
        task = spawn(lambda: asyncio.sleep(1), "a task", ended=nothing)
        assert isinstance(task, asyncio.Task)
        gc.collect()
        await task
        return task.get_name()

    assert run_on("asyncio", main) == "a task"


def test_on_asyncio_who_began_a_task_is_told_though_it_was_cancelled_before_it_ran() -> None:
    told: list[str] = []

    async def main() -> None:
        async def work() -> None:
            told.append("begun")

        task = spawn(work, "a task", ended=lambda: told.append("ended"))
        assert isinstance(task, asyncio.Task)
        task.cancel()
        await asyncio.wait([task])

    with warnings.catch_warnings(action="ignore"):  # of a coroutine that was never awaited
        run_on("asyncio", main)
    assert told == ["ended"]


def test_on_trio_a_task_that_goes_on_at_the_end_is_cancelled() -> None:
    ends: list[str] = []

    async def main() -> None:
        async def work() -> None:
            try:
                await anyio.sleep_forever()
            except trio.Cancelled:
                ends.append("cancelled")
                raise

        spawn(work, "a task", ended=nothing)
        await anyio.sleep(1)

    run_on("trio", main)
    assert ends == ["cancelled"]


@both
def test_a_signal_that_was_set_is_not_waited_for(library: str) -> None:
    async def main() -> None:
        signal = new_signal()
        signal.set()
        signal.set()
        with anyio.fail_after(10):
            await signal.wait()
            await signal.wait()

    run_on(library, main)


@both
def test_a_signal_lets_the_waiting_task_go_on(library: str) -> None:
    async def main() -> float:
        signal = new_signal()
        began = anyio.current_time()

        async def set_it() -> None:
            await anyio.sleep(3)
            signal.set()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(set_it)
            await signal.wait()
        return anyio.current_time() - began

    assert run_on(library, main) == pytest.approx(3)


@both
def test_a_signal_whose_waiting_task_was_cancelled_may_still_be_set(library: str) -> None:
    async def main() -> bool:
        signal = new_signal()
        with anyio.move_on_after(1) as scope:
            await signal.wait()
        signal.set()
        return scope.cancelled_caught

    assert run_on(library, main)
