"""Fan-out: what is started when, in which order outcomes come, and what they hold."""

from __future__ import annotations

import pickle
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import httpx
import pytest

from deepnote_async import (
    BadRequestError,
    Outcome,
    RunFailedError,
    RunStartUnknownError,
    RunTimeoutError,
)
from tests.support.farm import Farm, both, numbers, run_on, said
from tests.support.service import client_of


def mapped(library: str, farm: Farm, many: Any, **options: Any) -> list[Outcome]:
    """Run a map to its end; gives the outcomes in the order they came."""

    async def main() -> list[Outcome]:
        async with client_of(farm.answer) as client, client.runs.map("nb", many, **options) as outcomes:
            return [outcome async for outcome in outcomes]

    return run_on(library, main)


@both
def test_outcomes_come_as_runs_end(library: str) -> None:
    came = mapped(library, Farm(lasts=lambda n: 10.0 - 3 * n), numbers(3))
    assert [outcome.index for outcome in came] == [2, 1, 0]
    for outcome in came:
        assert outcome.inputs == {"n": outcome.index}
        assert outcome.handle is not None
        assert outcome.handle.id == f"run-{outcome.index}"
        assert outcome.error is None
        assert outcome.status == "success"
        assert outcome.unwrap() is outcome.result
        assert outcome.run == outcome.unwrap().run


@both
def test_ordered_outcomes_come_in_the_order_of_the_inputs(library: str) -> None:
    came = mapped(library, Farm(lasts=lambda n: 10.0 - 3 * n), numbers(3), ordered=True)
    assert [outcome.index for outcome in came] == [0, 1, 2]


@both
@pytest.mark.parametrize("ordered", [False, True])
def test_no_more_runs_go_on_than_were_allowed(library: str, *, ordered: bool) -> None:
    farm = Farm(lasts=lambda n: 1.0 + n % 7)
    came = mapped(library, farm, numbers(50), concurrency=5, ordered=ordered)
    assert len(came) == 50
    assert farm.most == 5
    assert sorted(farm.started) == list(range(50))


@both
def test_all_runs_go_on_at_once_where_there_is_room(library: str) -> None:
    farm = Farm(lasts=lambda _n: 100.0)
    mapped(library, farm, numbers(20), concurrency=20)
    assert farm.most == 20


def counting(count: int, read: list[int]) -> Iterator[dict[str, int]]:
    for n in range(count):
        read.append(n)
        yield {"n": n}


@both
@pytest.mark.parametrize(("ordered", "window"), [(False, 4), (True, 16)])
def test_inputs_are_read_no_further_than_the_window(library: str, *, ordered: bool, window: int) -> None:
    read: list[int] = []
    farm = Farm()

    async def main() -> None:
        async with (
            client_of(farm.answer) as client,
            client.runs.map("nb", counting(100, read), concurrency=4, ordered=ordered) as outcomes,
        ):
            for taken in range(10):
                await anyio.sleep(1000)  # a slow consumer: everything that may start has ended
                assert len(read) == len(farm.started) == window + taken
                assert outcomes.stats.done == window + taken
                await anext(outcomes)

    run_on(library, main)


@both
def test_a_straggler_holds_up_no_more_than_the_window(library: str) -> None:
    read: list[int] = []
    farm = Farm(lasts=lambda n: 1000.0 if n == 0 else 1.0)

    async def main() -> None:
        async with (
            client_of(farm.answer) as client,
            client.runs.map("nb", counting(100, read), concurrency=4, ordered=True) as outcomes,
        ):
            with anyio.move_on_after(500):
                await anext(outcomes)
            assert (len(read), farm.running) == (16, 1)
            assert (await anext(outcomes)).index == 0

    run_on(library, main)


@both
def test_nothing_happens_before_the_map_is_entered(library: str) -> None:
    read: list[int] = []

    async def main() -> None:
        farm = Farm()
        async with client_of(farm.answer) as client:
            outcomes = client.runs.map("nb", counting(3, read))
            await anyio.sleep(10)
            assert (read, farm.posts) == ([], 0)
            assert outcomes.stats.done == 0

    run_on(library, main)


@both
def test_async_iterables_and_runs_without_inputs(library: str) -> None:
    async def later() -> AsyncIterator[dict[str, int] | None]:
        yield {"n": 0}
        await anyio.sleep(50)
        yield None

    farm = Farm()
    came = mapped(library, farm, later())
    assert [outcome.inputs for outcome in came] == [{"n": 0}, None]
    assert farm.started == [0, -1]


def test_an_iterable_may_use_its_mapping_again() -> None:
    def one() -> Iterator[dict[str, int]]:
        inputs: dict[str, int] = {}
        for n in range(3):
            inputs["n"] = n
            yield inputs

    farm = Farm()
    came = mapped("asyncio", farm, one(), ordered=True)
    assert farm.started == [0, 1, 2]
    assert [outcome.inputs for outcome in came] == numbers(3)


def test_no_inputs_no_outcomes() -> None:
    farm = Farm()
    assert mapped("asyncio", farm, []) == []
    assert farm.posts == 0


@both
def test_a_map_inside_a_map(library: str) -> None:
    async def main() -> list[tuple[int, int]]:
        farm = Farm()
        pairs = []
        async with client_of(farm.answer) as client, client.runs.map("nb", numbers(3), ordered=True) as outer:
            async for first in outer:
                many = [{"n": 10 * (first.index + 1) + n} for n in range(2)]
                async with client.runs.map("nb", many, ordered=True) as inner:
                    pairs += [(first.index, second.index) async for second in inner]
        return pairs

    assert run_on(library, main) == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)]


def test_without_outputs_nothing_more_is_fetched() -> None:
    farm = Farm(ends=lambda n: "error" if n == 1 else "success")

    async def main() -> None:
        async with client_of(farm.answer) as client:
            async with client.runs.map("nb", numbers(2), outputs=False, ordered=True) as outcomes:
                good, bad = [outcome async for outcome in outcomes]
            assert farm.fetched == []
            assert (good.result, good.error, good.status) == (None, None, "success")
            assert good.run is not None
            assert good.handle is not None
            with pytest.raises(RuntimeError, match=r"outputs=False.*handle\.result\(\)"):
                good.unwrap()
            assert (await good.handle.result()).status == "success"
            assert farm.fetched == ["run-0"]
            with pytest.raises(RunFailedError, match="Run run-1 ended as error, and gave no reason"):
                bad.unwrap()
            assert (bad.result, bad.status) == (None, "error")

    run_on("asyncio", main)


def trouble(n: int) -> httpx.Response | None:
    if n == 1:
        return said(400, "Input 'n' is not defined")
    if n == 2:
        raise httpx.ReadError("reset")
    return None


@both
def test_every_failure_is_the_outcome_of_its_item(library: str) -> None:
    farm = Farm(ends=lambda n: "error" if n == 0 else "success", lasts=lambda n: 1e6 if n == 3 else 1.0, refuse=trouble)
    many = [*numbers(4), {"n": object()}, [("n", 5)], {"n": 6}]
    came = mapped(library, farm, many, timeout=60, ordered=True)
    failed, refused, unknown, late, bad, no_mapping, good = came
    assert isinstance(failed.error, RunFailedError)
    assert failed.error.result is failed.result
    assert isinstance(refused.error, BadRequestError)
    assert isinstance(unknown.error, RunStartUnknownError)
    assert isinstance(late.error, RunTimeoutError)
    assert isinstance(bad.error, ValueError)
    assert str(bad.error).startswith("many_inputs[4]: input 'n' takes text, not <object object at ")
    assert isinstance(no_mapping.error, TypeError)
    assert str(no_mapping.error) == "many_inputs[5] is a list; each item must be a mapping, or None"
    assert good.unwrap().status == "success"
    assert [outcome.handle is None for outcome in came] == [False, True, True, False, True, True, False]
    assert [outcome.status for outcome in came] == ["error", None, None, "running", None, None, "success"]
    for outcome in came[:-1]:
        assert outcome.error is not None
        with pytest.raises(type(outcome.error)):
            outcome.unwrap()
    assert farm.posts == 5


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"concurrency": 0}, "concurrency must be at least 1, got 0"),
        ({"concurrency": 2.0}, "concurrency takes a whole number of runs, not float"),
        ({"concurrency": True}, "not bool"),
        ({"timeout": -1}, "timeout must not be negative"),
        ({"timeout": "5"}, "timeout takes seconds or None, not str"),
        ({"total_timeout": float("nan")}, "total_timeout must not be negative or NaN"),
        ({"on_error": "ignore"}, "on_error takes 'collect', 'raise' or 'stop', not 'ignore'"),
        ({"many": {"n": 1}}, "many_inputs takes an iterable of mappings, one for each run, not one dict"),
        ({"many": "abc"}, "not one str"),
        ({"many": 5}, "many_inputs takes an iterable or async iterable of mappings, not int"),
        ({"notebook_id": ""}, "notebook_id"),
        ({"on_unknown": "guess"}, "on_unknown takes"),
        ({"run_key_input": ""}, "run_key_input is empty"),
        ({"block_ids": ["a"]}, "needs detached=False"),
        ({"detached": False, "storage_mode": "readonly"}, "storage_mode is for detached"),
        ({"run_dependent_blocks": True}, "together with block_ids"),
    ],
)
async def test_what_makes_no_sense_is_refused_before_anything_starts(arguments: dict[str, Any], reason: str) -> None:
    given = {"notebook_id": "nb", "many": numbers(1)} | arguments
    async with client_of(Farm().answer) as client:
        with pytest.raises((ValueError, TypeError), match=reason):
            client.runs.map(given.pop("notebook_id"), given.pop("many"), **given)


async def test_a_notebook_does_not_map_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPNOTE_PROJECT_ID", "p")
    monkeypatch.setenv("DEEPNOTE_NOTEBOOK_ID", "nb")
    async with client_of(Farm().answer) as client:
        with pytest.raises(ValueError, match="would run itself"):
            client.runs.map("nb", numbers(1))


def test_the_options_of_a_start_are_sent_with_each() -> None:
    bodies: list[Any] = []
    farm = Farm()

    async def main() -> None:
        async def answer(request: httpx.Request) -> httpx.Response:
            if request.method == "POST":
                bodies.append(request.read())
            return await farm.answer(request)

        options: dict[str, Any] = {"storage_mode": "readonly", "machine_type": "m", "run_key_input": "key"}
        async with client_of(answer) as client, client.runs.map("nb", numbers(2), **options) as outcomes:
            assert [outcome.error async for outcome in outcomes] == [None, None]

    run_on("asyncio", main)
    assert all(b'"detachedRunStorageMode":"readonly"' in body and b'"machineType":"m"' in body for body in bodies)
    assert len({body for body in bodies if b'"key":"' in body}) == 2


def test_outcomes_can_be_pickled() -> None:
    came = mapped("asyncio", Farm(ends=lambda n: "error" if n else "success"), numbers(2), ordered=True)
    good, bad = pickle.loads(pickle.dumps(came))  # noqa: S301  (our own)
    assert (good.index, good.inputs, good.handle.id, good.unwrap().status) == (0, {"n": 0}, "run-0", "success")
    with pytest.raises(RunFailedError):
        bad.unwrap()


def test_the_figures() -> None:
    farm = Farm(lasts=lambda n: 10.0 + n, ends=lambda n: "error" if n == 0 else "success")

    async def main() -> None:
        async with client_of(farm.answer) as client:
            outcomes = client.runs.map("nb", numbers(6), concurrency=4)
            async with outcomes:
                await anyio.sleep(5)
                now = outcomes.stats
                assert (now.waiting, now.running, now.started, now.done, now.failed, now.rate) == (0, 4, 4, 0, 0, 0.0)
                assert not now.is_exhausted
                assert repr(outcomes) == "<Outcomes: 0 waiting, 4 running, 0 done, 0 failed>"
                assert len([outcome async for outcome in outcomes]) == 6
                took = anyio.current_time()
            end = outcomes.stats
            assert (end.waiting, end.running, end.started, end.done, end.failed) == (0, 0, 6, 6, 1)
            assert end.is_exhausted
            assert end.rate == pytest.approx(6 / took)

    run_on("asyncio", main)
