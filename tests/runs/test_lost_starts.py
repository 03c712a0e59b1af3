"""A thousand lost starts for each way to deal with them: what is doubled, lost, or mistaken for another's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio
import pytest

from deepnote_async import AsyncDeepnote, RunHandle, RunStartUnknownError
from deepnote_async.runs.reconcile import MAX_STARTS
from tests.support.lost_starts import CALL_SECONDS, FAULTS, KEY_INPUT, LossyService, client_over, without_threads
from tests.support.virtual_time import run_virtually

FAULTED = 1000
Start = Callable[[AsyncDeepnote, str], Awaitable[RunHandle]]


class Tally:
    """What came of the starts."""

    def __init__(self, service: LossyService, faulted: int = FAULTED) -> None:
        self.service = service
        self.faulted = faulted
        self.handles: dict[str, RunHandle] = {}
        self.errors: dict[str, BaseException] = {}
        self._intents = 0

    async def write(self, client: AsyncDeepnote, start: Start) -> None:
        """Start runs one after the other until enough starts have met a fault."""
        while len(self.service.faulted) < self.faulted:
            self._intents += 1
            intent = str(self._intents)
            try:
                self.handles[intent] = await start(client, intent)
            except Exception as error:  # noqa: BLE001  (the kind is what is looked at)
                self.errors[intent] = error

    @property
    def wrong(self) -> list[str]:
        """List the starts that were given the run of another."""
        return [intent for intent, handle in self.handles.items() if self.service.by_id[handle.id].intent != intent]

    def check_told(self) -> None:
        """Assert that only starts which were lost each time they were sent are left open: those have no run."""
        started = {run.intent for run in self.service.runs}
        lost_each_time = {intent for intent, faults in self.service.faulted.items() if faults >= MAX_STARTS}
        assert set(self.errors) <= lost_each_time - started

    def check(self) -> None:
        """Assert what holds for every way: nothing is doubled or mistaken, and all kinds of faults occurred."""
        assert set(self.service.faults) == set(FAULTS)
        assert len(self.service.faulted) >= self.faulted
        assert self.service.duplicates == 0
        assert self.wrong == []
        assert {type(error) for error in self.errors.values()} <= {RunStartUnknownError}


async def raising(client: AsyncDeepnote, intent: str) -> RunHandle:
    return await client.runs.create("nb", inputs={"intent": intent}, timeout=CALL_SECONDS)


async def reconciling(client: AsyncDeepnote, intent: str) -> RunHandle:
    return await client.runs.create("nb", inputs={"intent": intent}, on_unknown="reconcile", timeout=CALL_SECONDS)


async def keyed(client: AsyncDeepnote, intent: str) -> RunHandle:
    return await client.runs.create("nb", inputs={"intent": intent}, run_key_input=KEY_INPUT, timeout=CALL_SECONDS)


async def alone(tally: Tally, start: Start) -> None:
    async with client_over(tally.service) as client:
        await tally.write(client, start)
    await anyio.sleep(60)  # what is late has come by then


def test_by_default_every_lost_start_is_told_and_none_is_sent_again() -> None:
    tally = Tally(LossyService(seed=1))
    run_virtually(alone(tally, raising))
    tally.check()
    assert set(tally.errors) == set(tally.service.faulted)
    assert tally.service.requests == {"GET": 1, "POST": len(tally.handles) + len(tally.errors)}
    assert not any(handle.adopted for handle in tally.handles.values())


@pytest.mark.long
def test_reconciling_finds_every_lost_start_of_a_single_writer() -> None:
    tally = Tally(LossyService(seed=2))
    run_virtually(alone(tally, reconciling))
    tally.check()
    tally.check_told()
    assert len(tally.errors) <= 0.005 * FAULTED
    adopted = {intent for intent, handle in tally.handles.items() if handle.adopted}
    assert adopted <= set(tally.service.faulted)
    assert len(adopted) > FAULTED / 2


def test_reconciling_among_many_raises_and_mistakes_nothing() -> None:
    tally = Tally(LossyService(seed=3), faulted=200)

    async def main() -> None:
        async with client_over(tally.service) as client, anyio.create_task_group() as tasks:
            for _writer in range(8):
                tasks.start_soon(tally.write, client, reconciling)
        await anyio.sleep(60)

    run_virtually(main())
    tally.check()
    assert len(tally.errors) > 0


@pytest.mark.long
def test_a_run_key_finds_every_lost_start_among_eight_writers(monkeypatch: pytest.MonkeyPatch) -> None:
    without_threads(monkeypatch)
    tally = Tally(LossyService(seed=4))

    async def interfere() -> None:
        while len(tally.service.faulted) < FAULTED:
            tally.service.add({})  # the editor, a schedule, a teammate
            await anyio.sleep(3)

    async def write_with_one_client(writers: int) -> None:
        async with client_over(tally.service) as client, anyio.create_task_group() as tasks:
            for _writer in range(writers):
                tasks.start_soon(tally.write, client, keyed)

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(interfere)
            for writers in (6, 1, 1):
                tasks.start_soon(write_with_one_client, writers)
        await anyio.sleep(60)

    run_virtually(main())
    tally.check()
    assert tally.errors == {}
