"""The three deliveries end to end: what the emulator hands out in three ways is read as one result."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from deepnote_async import AsyncDeepnote, BadRequestError, RunResult, SnapshotError
from deepnote_async.resources.deliveries import ALL, SnapshotDelivery
from deepnote_async.runs.result import failed_run
from deepnote_emulator import Emulator, Fault, FaultStep
from tests.support.deepnote_files import code, declared, write_project

RICH = "from IPython.display import HTML, display\ndisplay(HTML('<b>hi</b>'))\n42"


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    folder = tmp_path_factory.mktemp("deliveries")
    quiet = code("x = 1")
    markdown = {"type": "markdown", "content": "# Hello"}
    write_project(folder, "works", declared("text", "region", "EU"), markdown, quiet, code("print(region)"), code(RICH))
    write_project(folder, "fails", quiet, code("print('so far')"), code("1 / 0"), code("print('never')"))
    with Emulator(folder) as emulator:
        yield emulator


async def read(serving: Emulator, run_id: str, delivery: SnapshotDelivery) -> RunResult:
    """Read a run with a client of its own."""
    async with AsyncDeepnote(serving.token, serving.url, snapshot_delivery=delivery) as client:
        return await client.runs.handle(run_id).result(timeout=60, check=False)


def seen(result: RunResult) -> list[tuple[object, ...]]:
    return [
        (block.id, block.type, block.position, block.status, block.metadata, block.outputs, block.value)
        for block in result.blocks
    ]


@pytest.mark.parametrize("notebook_id", ["works", "fails"])
async def test_all_three_give_one_result(serving: Emulator, notebook_id: str) -> None:
    async with AsyncDeepnote(serving.token, serving.url) as client:
        handle = await client.runs.create(notebook_id)
        inline = await handle.result(timeout=60, check=False)
    others = {delivery: await read(serving, handle.id, delivery) for delivery in ALL}
    for delivery, result in others.items():
        assert (result.text, result.outputs, result.failure) == (inline.text, inline.outputs, inline.failure)
        assert (result.status, result.run, result.duration) == (inline.status, inline.run, inline.duration)
        assert seen(result) == seen(inline)
        assert str(failed_run(result)) == str(failed_run(inline))
        assert (result.snapshot is None) == (delivery == "blocks")
    assert inline.text == ("EU\n<IPython.core.display.HTML object>\n42\n" if notebook_id == "works" else "so far\n")
    assert [block.status for block in others["blocks"].blocks] == {
        "works": ["succeeded", "not_reached", "succeeded", "succeeded", "succeeded"],
        "fails": ["succeeded", "succeeded", "failed", "not_reached"],
    }[notebook_id]
    assert {block.content for block in others["blocks"].blocks} == {""}


@pytest.fixture
def simulated(notebooks: Path) -> Iterator[Emulator]:
    with Emulator(notebooks, engine="simulated") as emulator:
        yield emulator


async def ended(emulator: Emulator, client: AsyncDeepnote) -> str:
    """Start a run and wait for its end; gives its id."""
    handle = await client.runs.create(emulator.notebook_id("score.ipynb"))
    await handle.result(timeout=60)
    return handle.id


def refusing(*numbers: int) -> list[FaultStep]:
    fault = Fault("status", status=400, body={"message": "snapshotDelivery is not valid"})
    return [FaultStep("getRun", fault, nth=number) for number in numbers]


@pytest.mark.parametrize("delivery", ALL)
@pytest.mark.parametrize("refused", [1, 2])
async def test_refused_deliveries_are_replaced(simulated: Emulator, delivery: SnapshotDelivery, refused: int) -> None:
    async with AsyncDeepnote(simulated.token, simulated.url, snapshot_delivery=delivery) as client:
        handle = client.runs.handle(await ended(simulated, client))
        run = await handle.refresh()
        simulated.faults.set(refusing(*range(1, refused + 1)))
        result = await handle.result(timeout=60)
        assert result.run == run
        assert result.text
        before = simulated.calls["getRun"]
        assert (await handle.result(timeout=60)).text == result.text
        assert simulated.calls["getRun"] - before == 1  # it has learnt


async def test_a_service_that_refuses_them_all_is_asked_for_each_once(simulated: Emulator) -> None:
    async with AsyncDeepnote(simulated.token, simulated.url) as client:
        handle = client.runs.handle(await ended(simulated, client))
        await handle.refresh()
        simulated.faults.set(refusing(1, 2, 3))
        before = simulated.calls["getRun"]
        with pytest.raises(BadRequestError, match="snapshotDelivery is not valid"):
            await handle.result(timeout=60)
        assert simulated.calls["getRun"] - before == 3


async def test_a_download_that_goes_wrong_on_the_way_comes_with_a_later_look(simulated: Emulator) -> None:
    async with AsyncDeepnote(simulated.token, simulated.url, snapshot_delivery="downloadUrl", retry=None) as client:
        handle = client.runs.handle(await ended(simulated, client))
        text = (await handle.result()).text
        faults = [Fault("close_in_body", phase="after"), Fault("reset"), Fault("status", status=503)]
        faults += [Fault("status", status=403, body="expired"), Fault("wrong_length", phase="after")]
        simulated.faults.set([FaultStep("downloadSnapshot", fault, nth=nth) for nth, fault in enumerate(faults, 1)])
        assert (await handle.result()).text == text
        assert simulated.faults.left == (0,) * len(faults)


async def test_an_address_that_is_refused_twice_is_told_at_once(simulated: Emulator) -> None:
    async with AsyncDeepnote(simulated.token, simulated.url, snapshot_delivery="downloadUrl") as client:
        handle = client.runs.handle(await ended(simulated, client))
        simulated.faults.set([FaultStep("downloadSnapshot", Fault("status", status=403), count=2)])
        with pytest.raises(SnapshotError, match="The snapshot cannot be fetched: 403 Forbidden") as caught:
            await handle.result()
        assert not caught.value.is_passing
