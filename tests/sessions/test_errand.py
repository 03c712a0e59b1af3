"""Work in a task of its own: who waits for it, who cancels it, and what it sees."""

from __future__ import annotations

import asyncio

import anyio
import pytest

from deepnote_async.sessions.errand import Errand
from tests.support.farm import both, run_on


@both
def test_whoever_waits_gets_the_result_or_the_error(library: str) -> None:
    async def main() -> None:
        async def work() -> int:
            await anyio.sleep(1)
            return 5

        async def fail() -> int:
            raise KeyError("mine")

        told: list[str] = []
        errand = Errand(work, "work", ended=lambda: told.append("ended"))
        assert (errand.has_ended, errand.result_or_none()) == (False, None)
        assert [await errand.wait(), errand.result(), errand.result_or_none()] == [5, 5, 5]
        await errand.ended_shielded()
        assert told == ["ended"]
        with pytest.raises(KeyError, match="mine"):
            await Errand(fail, "fail").wait()

    run_on(library, main)


@both
def test_a_cancelled_errand_says_why(library: str) -> None:
    async def main() -> None:
        begun: list[int] = []

        async def work() -> None:
            begun.append(1)
            await anyio.sleep_forever()

        early = Errand(work, "work")
        early.cancel("not wanted")
        with pytest.raises(RuntimeError, match="not wanted"):
            await early.wait()
        assert begun == []
        late = Errand(work, "work")
        await anyio.sleep(1)
        late.cancel("not wanted any more")
        with pytest.raises(RuntimeError, match="not wanted any more"):
            await late.wait()
        late.cancel("too late")

    run_on(library, main)


@both
def test_a_cancelled_errand_that_is_about_to_go_on_passes_no_checkpoint(library: str) -> None:
    """On asyncio a scope would let it: what has not been sent would be sent, and its answer would be lost."""

    async def main() -> list[str]:
        told: list[str] = []
        ready = anyio.Event()

        async def work() -> None:
            await ready.wait()
            await anyio.lowlevel.checkpoint_if_cancelled() if library == "trio" else None  # as its sockets do
            told.append("sent")
            await anyio.sleep(1)

        errand = Errand(work, "work")
        await anyio.sleep(1)
        ready.set()
        errand.cancel("not wanted")
        await errand.ended()
        return told

    assert run_on(library, main) == []


def test_an_errand_that_somebody_else_cancels_says_so() -> None:
    async def main() -> None:
        errand = Errand(lambda: asyncio.sleep(100), "a task of mine")
        await asyncio.sleep(1)
        (task,) = asyncio.all_tasks() - {asyncio.current_task()}
        task.cancel()
        with pytest.raises(RuntimeError, match="cancelled from outside: a task of mine"):
            await errand.wait()

    run_on("asyncio", main)
