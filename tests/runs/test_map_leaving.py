"""Fan-out: however it is left, no task stays behind, no start is lost, and every run that was started is named."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator

import anyio
import httpx
import pytest
import trio

from deepnote_async import AsyncDeepnote, Outcomes
from deepnote_async.runs.fan_out.fanout import LEARN_SECONDS
from deepnote_async.runs.fan_out.shelf import MOST_NAMED
from deepnote_emulator import Emulator
from tests.support.farm import Farm, both, numbers, run_on, said
from tests.support.service import client_of

pytestmark = pytest.mark.usefixtures("no_task_of_a_map_stays")


def left(outcomes: Outcomes) -> list[str]:
    return [handle.id for handle in outcomes.abandoned]


@both
def test_break_fills_abandoned(library: str) -> None:
    farm = Farm(lasts=lambda n: 1.0 if n == 3 else 50.0)

    async def main() -> None:
        async with client_of(farm.answer) as client:
            async with client.runs.map("nb", numbers(100), concurrency=6) as outcomes:
                async for outcome in outcomes:
                    assert outcome.index == 3
                    break
                assert left(outcomes) == []
            assert sorted(left(outcomes)) == [f"run-{n}" for n in range(len(farm.started)) if n != 3]
            assert len(farm.started) <= 7
            assert (await outcomes.abandoned[0].wait()).status == "success"

    run_on(library, main)


@both
def test_an_exception_of_the_body_names_the_runs(library: str) -> None:
    async def main() -> None:
        async with client_of(Farm().answer) as client:
            outcomes = client.runs.map("nb", numbers(3))
            with pytest.raises(KeyError) as caught:  # noqa: PT012
                async with outcomes:
                    await anyio.sleep(1)
                    raise KeyError("mine")
            (note,) = caught.value.__notes__
            assert "run-0, run-1, run-2." in note
            assert left(outcomes) == ["run-0", "run-1", "run-2"]

    run_on(library, main)


@both
def test_an_outcome_that_nobody_took_is_named_too(library: str) -> None:
    async def main() -> None:
        async with client_of(Farm().answer) as client:
            async with client.runs.map("nb", numbers(3)) as outcomes:
                await anyio.sleep(100)
                assert outcomes.stats.done == 3
                taken = await anext(outcomes)
            assert len(left(outcomes)) == 2
            assert f"run-{taken.index}" not in left(outcomes)

    run_on(library, main)


@both
def test_a_note_names_a_hundred_and_counts_the_rest(library: str) -> None:
    async def main() -> None:
        async with client_of(Farm().answer) as client:
            outcomes = client.runs.map("nb", numbers(MOST_NAMED + 20), concurrency=MOST_NAMED + 20)
            with pytest.raises(KeyError) as caught:  # noqa: PT012
                async with outcomes:
                    await anyio.sleep(1)
                    raise KeyError("mine")
            (note,) = caught.value.__notes__
            assert note.startswith("This map started 120 runs ")
            assert "run-99 and 20 more." in note
            assert len(outcomes.abandoned) == 120

    run_on(library, main)


def test_a_cancelled_task_names_every_started_run() -> None:
    farm = Farm(lasts=lambda _n: 1e6)
    maps: list[Outcomes] = []

    async def main() -> None:
        async def consume(client: AsyncDeepnote) -> None:
            async with client.runs.map("nb", numbers(10), concurrency=4) as outcomes:
                maps.append(outcomes)
                async for _outcome in outcomes:
                    raise AssertionError("unreachable: no run ends")

        async with client_of(farm.answer) as client:
            task = asyncio.create_task(consume(client))
            await asyncio.sleep(30)
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            (note,) = [note for note in caught.value.__notes__ if "This map started" in note]
            assert "4 runs" in note
            assert "run-0, run-1, run-2, run-3." in note
            assert left(maps[0]) == ["run-0", "run-1", "run-2", "run-3"]
            assert asyncio.current_task() in asyncio.all_tasks()
            assert len(asyncio.all_tasks()) == 1

    run_on("asyncio", main)
    assert farm.posts == 4


@both
def test_a_scope_that_is_cancelled_around_a_map(library: str) -> None:
    farm = Farm(lasts=lambda _n: 1e6)

    async def main() -> None:
        async with client_of(farm.answer) as client:
            outcomes = client.runs.map("nb", numbers(10), concurrency=4)
            with anyio.move_on_after(30) as scope:
                async with outcomes:
                    async for _outcome in outcomes:
                        raise AssertionError("unreachable: no run ends")
            assert scope.cancelled_caught
            assert anyio.current_time() == pytest.approx(30)
            assert sorted(left(outcomes)) == ["run-0", "run-1", "run-2", "run-3"]

    run_on(library, main)
    assert farm.posts == 4


@both
@pytest.mark.parametrize(("seconds", "is_learnt"), [(LEARN_SECONDS - 1, True), (LEARN_SECONDS + 1, False)])
@pytest.mark.parametrize("by", ["body", "scope"])
def test_a_start_that_was_sent_may_learn_its_id(library: str, seconds: float, *, is_learnt: bool, by: str) -> None:
    async def slowly(_n: int) -> None:
        await anyio.sleep(seconds)

    async def main() -> None:
        notes = ""
        async with client_of(Farm(refuse=slowly).answer) as client:
            outcomes = client.runs.map("nb", numbers(1))
            with anyio.CancelScope() as scope:
                try:
                    async with outcomes:
                        await anyio.sleep(0.001)
                        if by == "scope":
                            scope.cancel()
                            await anyio.sleep(1)
                        raise KeyError("mine")  # noqa: TRY301
                except (KeyError, anyio.get_cancelled_exc_class()) as error:
                    notes = "\n".join(error.__notes__)
                    if not isinstance(error, KeyError):
                        raise
            assert anyio.current_time() == pytest.approx(min(seconds, LEARN_SECONDS + 0.001))
            if is_learnt:
                assert left(outcomes) == ["run-0"]
                assert "run-0" in notes
            else:
                assert left(outcomes) == []
                assert "Starts that were cut off, whose runs may exist all the same: of inputs 0." in notes

    run_on(library, main)


@both
def test_a_start_of_which_nothing_has_left_is_called_off(library: str) -> None:
    farm = Farm()

    async def main() -> None:
        async with client_of(farm.answer, rate=0.1) as client:
            async with client.runs.map("nb", numbers(5), check_inputs=False) as outcomes:
                await anyio.sleep(1)
            assert anyio.current_time() == pytest.approx(1)
            assert left(outcomes) == [f"run-{n}" for n in farm.started]
            await anyio.sleep(1000)

    run_on(library, main)
    assert farm.posts == 1


def test_a_second_cancellation_waits_for_nothing() -> None:
    async def never(_n: int) -> httpx.Response:
        await anyio.sleep(1e6)
        return said(400, "no")

    async def main() -> None:
        async def consume(client: AsyncDeepnote) -> None:
            async with client.runs.map("nb", numbers(2)) as outcomes:
                await anext(outcomes)

        async with client_of(Farm(refuse=never).answer) as client:
            task = asyncio.create_task(consume(client))
            await asyncio.sleep(1)
            task.cancel()
            await asyncio.sleep(1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            assert "of inputs 0, 1." in "".join(caught.value.__notes__)
            assert asyncio.get_running_loop().time() == 2
            assert len(asyncio.all_tasks()) == 1

    run_on("asyncio", main)


def test_an_abandoned_generator_is_closed_by_another_task() -> None:
    """What a StreamingResponse does when its client goes away."""
    farm = Farm(lasts=lambda n: 1.0 if n == 0 else 1e6)
    maps: list[Outcomes] = []

    async def stream(client: AsyncDeepnote) -> AsyncIterator[int]:
        async with client.runs.map("nb", numbers(10), concurrency=4) as outcomes:
            maps.append(outcomes)
            async for outcome in outcomes:
                yield outcome.index

    async def main() -> None:
        troubles: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: troubles.append(context))
        async with client_of(farm.answer) as client:

            async def serve() -> None:
                rows = stream(client)
                assert await anext(rows) == 0

            await asyncio.create_task(serve())
            gc.collect()
            await asyncio.sleep(1)
            assert len(maps[0].abandoned) == 4
            assert len(asyncio.all_tasks()) == 1
        assert troubles == []

    run_on("asyncio", main)


def test_a_generator_may_be_closed_in_another_task() -> None:
    async def stream(client: AsyncDeepnote) -> AsyncIterator[int]:
        async with client.runs.map("nb", numbers(10), concurrency=4) as outcomes:
            async for outcome in outcomes:
                yield outcome.index

    async def main() -> None:
        async with client_of(Farm().answer) as client:
            rows = stream(client)
            await asyncio.create_task(anext(rows))  # type: ignore[arg-type]
            await asyncio.create_task(rows.aclose())  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
            assert len(asyncio.all_tasks()) == 1

    run_on("asyncio", main)


def test_on_trio_another_task_is_told_so() -> None:
    async def main() -> None:
        async with client_of(Farm(lasts=lambda _n: 1e6).answer) as client:
            outcomes = client.runs.map("nb", numbers(2))
            told: list[str] = []

            async def leave() -> None:
                try:
                    await outcomes.__aexit__(None, None, None)
                except RuntimeError as error:
                    told.append(str(error))

            async with trio.open_nursery() as nursery:
                await outcomes.__aenter__()
                await anyio.sleep(1)
                nursery.start_soon(leave)
                await anyio.sleep(1)
                assert told[0].startswith("on trio a map has to be left in the task that entered it")
                assert len(outcomes.abandoned) == 2
                await outcomes._fanout._crew.close()  # here it is right

    run_on("trio", main)


@both
def test_it_may_be_cancelled_while_it_is_entered(library: str) -> None:
    farm = Farm()

    async def main() -> None:
        async with client_of(farm.answer) as client:
            outcomes = client.runs.map("nb", numbers(2))
            with anyio.CancelScope() as scope:
                scope.cancel()
                async with outcomes:
                    await anyio.sleep(1)
            assert scope.cancelled_caught
            await anyio.sleep(1)

    run_on(library, main)
    assert farm.posts == 0


@both
def test_an_async_iterable_that_waits_does_not_hold_up_the_end(library: str) -> None:
    async def endless() -> AsyncIterator[dict[str, int]]:
        yield {"n": 0}
        await anyio.sleep_forever()

    async def main() -> None:
        async with client_of(Farm().answer) as client, client.runs.map("nb", endless()) as outcomes:
            assert (await anext(outcomes)).index == 0
        assert anyio.current_time() < 10

    run_on(library, main)


async def test_the_client_of_a_fixture(client: AsyncDeepnote, emulator: Emulator) -> None:
    """The fixture may have opened the client in another task."""
    notebook_id = emulator.notebook_id("score.deepnote")
    many = [{"region": region} for region in ("EU", "US", "EU", "US")]
    async with client.runs.map(notebook_id, many, concurrency=2, ordered=True) as outcomes:
        texts = [outcome.unwrap().text.split(" ")[0] async for outcome in outcomes]
    assert texts == ["region=EU", "region=US", "region=EU", "region=US"]
