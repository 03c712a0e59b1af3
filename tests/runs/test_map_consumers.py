"""Who takes the outcomes of a map: several at once, one that is cancelled, another task."""

from __future__ import annotations

import asyncio

import anyio
import pytest

from tests.support.farm import Farm, both, numbers, run_on
from tests.support.service import client_of

pytestmark = pytest.mark.usefixtures("no_task_of_a_map_stays")


@both
def test_it_is_iterated_inside_and_entered_once(library: str) -> None:
    async def main() -> None:
        async with client_of(Farm().answer) as client:
            outcomes = client.runs.map("nb", numbers(2))
            with pytest.raises(RuntimeError, match="this map was not entered: iterate inside of `async with"):
                async for _outcome in outcomes:
                    pass
            async with outcomes:
                with pytest.raises(RuntimeError, match=r"entered before; call client\.runs\.map"):
                    await outcomes.__aenter__()
                assert len([outcome async for outcome in outcomes]) == 2
                assert [outcome async for outcome in outcomes] == []
            with pytest.raises(RuntimeError, match="this map was left"):
                await anext(outcomes)
            with pytest.raises(RuntimeError, match="entered before"):
                await outcomes.__aenter__()

    run_on(library, main)


@both
def test_two_consumers_at_once_are_told(library: str) -> None:
    async def main() -> None:
        seen = set()
        async with client_of(Farm().answer) as client, client.runs.map("nb", numbers(2)) as outcomes:
            async with anyio.create_task_group() as group:

                async def second() -> None:
                    with pytest.raises(RuntimeError, match="two tasks take outcomes of one map at once"):
                        await anext(outcomes)

                group.start_soon(second)
                seen.add((await anext(outcomes)).index)
                seen.add((await anext(outcomes)).index)
            assert seen == {0, 1}

    run_on(library, main)


@both
def test_a_cancelled_consumer_loses_no_outcome(library: str) -> None:
    async def main() -> None:
        async with client_of(Farm().answer) as client, client.runs.map("nb", numbers(5)) as outcomes:
            came: list[int] = []
            while len(came) < 5:
                with anyio.move_on_after(0.1):
                    came.append((await anext(outcomes)).index)
            assert sorted(came) == [0, 1, 2, 3, 4]
            with pytest.raises(StopAsyncIteration):
                await anext(outcomes)

    run_on(library, main)


def test_a_task_that_is_cancelled_by_others_does_not_hang_the_map() -> None:
    async def main() -> None:
        async with client_of(Farm(lasts=lambda _n: 1e6).answer) as client:
            async with client.runs.map("nb", numbers(2)) as outcomes:
                await asyncio.sleep(1)
                for task in asyncio.all_tasks() - {asyncio.current_task()}:
                    task.cancel()
                with pytest.raises(RuntimeError, match="a task of this map was cancelled from outside") as caught:
                    await anext(outcomes)
            assert "run-0, run-1" in "".join(caught.value.__notes__)

    run_on("asyncio", main)
