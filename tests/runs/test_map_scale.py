"""Fan-out at scale: memory that does not grow with the inputs, and what a waiting run costs."""

from __future__ import annotations

import asyncio
import gc
import sys
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import pytest

from deepnote_async import Run, RunHandle, RunStatus
from deepnote_async.errors import BadRequestError
from deepnote_async.runs import Follow, MapOptions, Outcomes, map_runs
from deepnote_async.runs.fan_out.outcome import Inputs

MANY = 100_000
EARLY = 2_000


class Ending(RunHandle):
    """A run that has ended as soon as it is asked for."""

    async def wait(self, timeout: float | None = None) -> Run:  # noqa: ARG002
        await asyncio.sleep(0)
        return Run(run_id=self.id, status=RunStatus.ERROR if self.id.endswith("7") else RunStatus.SUCCESS)


class Lasting(RunHandle):
    """A run that never ends."""

    async def wait(self, timeout: float | None = None) -> Run:  # noqa: ARG002
        await asyncio.get_running_loop().create_future()
        raise AssertionError("unreachable: it never ends")


async def start(inputs: Inputs, _follow: Follow) -> RunHandle:
    number = (inputs or {})["n"]
    if number % 100 == 99:
        raise BadRequestError("400", method="POST", path="/v2/runs", status=400)
    return Ending(None, f"run-{number}", "nb")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def light(many: Any, **options: Any) -> Outcomes:
    settings = {
        "concurrency": 32, "timeout": None, "total_timeout": None, "ordered": False, "on_error": "collect",
        "outputs": False,
    }  # fmt: skip
    return map_runs(
        start, many, "many_inputs", MapOptions(**(settings | options)), notebook_id="nb", service="deepnote"
    )


def rows() -> Iterator[dict[str, Any]]:
    for n in range(MANY):
        yield {"n": n, "text": f"{n:0100}"}


async def rows_later() -> AsyncIterator[dict[str, Any]]:
    for row in rows():
        yield row


async def consume(outcomes: Outcomes, *, ordered: bool = False, slow: bool = False) -> AsyncIterator[int]:
    """Take all outcomes; gives their count, early and at the end."""
    count = 0
    async with outcomes:
        async for outcome in outcomes:
            assert not ordered or outcome.index == count
            count += 1
            if slow and count % 100 == 0:
                await asyncio.sleep(0.001)
            if count in {EARLY, MANY}:
                gc.collect()
                yield count
    assert count == MANY


@pytest.mark.long
@pytest.mark.parametrize(("many", "ordered", "slow"), [(rows, False, False), (rows_later, True, True)])
async def test_a_hundred_thousand_inputs_leave_nothing_behind(many: Any, *, ordered: bool, slow: bool) -> None:
    outcomes = light(many(), ordered=ordered, timeout=600)
    blocks = [sys.getallocatedblocks() async for _ in consume(outcomes, ordered=ordered, slow=slow)]
    assert len(blocks) == 2
    assert blocks[1] - blocks[0] < 2_000


@pytest.mark.long
@pytest.mark.parametrize("ordered", [False, True])
async def test_a_hundred_thousand_inputs_stream_at_constant_memory(*, ordered: bool) -> None:
    tracemalloc.start()
    try:
        outcomes = light(rows(), ordered=ordered)
        early, late = [tracemalloc.get_traced_memory()[0] async for _ in consume(outcomes, ordered=ordered)]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert late - early < 100_000
    assert peak < 4_000_000


async def test_what_a_waiting_run_costs_here() -> None:
    """The engine's share of it; what `wait` costs comes on top."""

    async def start_lasting(_inputs: Inputs, _follow: Follow) -> RunHandle:
        return handles.pop()

    count = 10_000
    options = MapOptions(
        concurrency=count, timeout=None, total_timeout=None, ordered=False, on_error="collect", outputs=True
    )
    handles = [Lasting(None, f"run-{n}", "nb") for n in range(count)]  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    many = [{"n": n} for n in range(count)]
    outcomes = map_runs(start_lasting, many, "many_inputs", options, notebook_id="nb", service="deepnote")
    tracemalloc.start()
    try:
        async with outcomes:
            while outcomes.stats.running < count:
                await anyio.sleep(0.01)
            gc.collect()
            each = tracemalloc.get_traced_memory()[0] / count
    finally:
        tracemalloc.stop()
    print(f"{each:.0f} bytes each")  # noqa: T201  (a figure for whoever looks)
    assert len(outcomes.abandoned) == count
    assert each < 3 * 1024
