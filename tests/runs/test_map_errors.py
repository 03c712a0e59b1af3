"""Fan-out: what a failure, a deadline or an iterable that raises does to the rest."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import httpx
import pytest

from deepnote_async import (
    BadRequestError,
    Outcome,
    RunError,
    RunFailedError,
    RunStartUnknownError,
    RunTimeoutError,
)
from deepnote_async.runs.fan_out.fanout import LEARN_SECONDS
from tests.support.farm import Farm, both, numbers, run_on, said
from tests.support.service import client_of


def mapped(library: str, farm: Farm, many: Any, **options: Any) -> tuple[list[Outcome], Exception | None, float]:
    """Run a map; gives what came, what was raised out of the iteration, and the seconds it took."""

    async def main() -> tuple[list[Outcome], Exception | None, float]:
        began = anyio.current_time()
        came: list[Outcome] = []
        async with client_of(farm.answer) as client:
            outcomes = client.runs.map("nb", many, **options)
            try:
                async with outcomes:
                    async for outcome in outcomes:
                        came.append(outcome)  # noqa: PERF401  (what came before an error counts)
            except Exception as error:  # noqa: BLE001  (whatever it raises is looked at)
                farm.fetched = [handle.id for handle in outcomes.abandoned]
                return came, error, anyio.current_time() - began
            assert outcomes.abandoned == ()
            return came, None, anyio.current_time() - began

    return run_on(library, main)


def one_fails(n: int) -> str:
    return "error" if n == 5 else "success"


@both
@pytest.mark.parametrize("ordered", [False, True])
def test_raise_raises_the_first_failure_and_names_the_others(library: str, *, ordered: bool) -> None:
    farm = Farm(lasts=lambda n: {1: 1.0, 5: 3.0}.get(n, 50.0), ends=one_fails)
    came, error, seconds = mapped(library, farm, numbers(100), concurrency=8, on_error="raise", ordered=ordered)
    assert [outcome.index for outcome in came] == ([] if ordered else [1])
    assert isinstance(error, RunFailedError)
    assert error.run_id == "run-5"
    assert seconds < 5
    assert sorted(farm.started) == list(range(9))
    left = [f"run-{n}" for n in range(9) if n != 5 and (ordered or n != 1)]
    assert farm.fetched == left
    (note,) = error.__notes__
    assert note.startswith(f"This map started {len(left)} runs that it did not deliver as outcomes")
    assert all(run in note for run in left)


@both
@pytest.mark.parametrize("ordered", [False, True])
def test_stop_starts_nothing_more_and_waits_for_the_rest(library: str, *, ordered: bool) -> None:
    farm = Farm(lasts=lambda n: 3.0 if n == 5 else 50.0, ends=one_fails)
    came, error, _seconds = mapped(library, farm, numbers(100), concurrency=8, on_error="stop", ordered=ordered)
    assert error is None
    assert sorted(farm.started) == list(range(8))
    assert sorted(outcome.index for outcome in came) == list(range(8))
    assert [outcome.index for outcome in came if outcome.error] == [5]


@both
def test_collect_goes_on(library: str) -> None:
    farm = Farm(lasts=lambda n: 3.0 if n == 5 else 50.0, ends=one_fails)
    came, error, _seconds = mapped(library, farm, numbers(20), concurrency=8)
    assert error is None
    assert len(came) == 20


@pytest.mark.parametrize(
    ("kind", "farm", "options"),
    [
        (BadRequestError, {"refuse": lambda _n: said(400, "no")}, {}),
        (RunStartUnknownError, {"refuse": lambda _n: said(500, "no")}, {}),
        (RunTimeoutError, {"lasts": lambda _n: 1e6}, {"timeout": 10}),
        (RunFailedError, {"ends": lambda _n: "stopped"}, {}),
    ],
)
def test_what_counts_as_a_failure(kind: type[Exception], farm: dict[str, Any], options: dict[str, Any]) -> None:
    came, error, _seconds = mapped("asyncio", Farm(**farm), numbers(3), concurrency=1, on_error="raise", **options)
    assert (came, type(error)) == ([], kind)
    came, error, _seconds = mapped("asyncio", Farm(**farm), numbers(3), concurrency=1, on_error="stop", **options)
    assert ([type(outcome.error) for outcome in came], error) == ([kind], None)
    came, error, _seconds = mapped("asyncio", Farm(**farm), numbers(3), concurrency=1, **options)
    assert ([type(outcome.error) for outcome in came], error) == ([kind] * 3, None)


def test_inputs_that_cannot_be_sent_count_too() -> None:
    many = [{"n": 0}, {"n": None}, {"n": 2}]
    came, error, _seconds = mapped("asyncio", Farm(), many, concurrency=1, on_error="raise")
    assert len(came) == 1
    assert isinstance(error, ValueError)
    assert str(error) == "many_inputs[1]: input 'n' takes text, not None (notebook nb)"
    came, error, _seconds = mapped("asyncio", Farm(), [5, {"n": 2}], concurrency=1, on_error="stop")
    assert [type(outcome.error) for outcome in came] == [TypeError]


def test_the_timeout_of_a_run_counts_from_its_acceptance() -> None:
    async def slowly(_n: int) -> None:
        await anyio.sleep(30)

    came, _error, _seconds = mapped("asyncio", Farm(lasts=lambda _n: 20.0, refuse=slowly), numbers(1), timeout=25)
    assert came[0].error is None


def test_a_start_that_is_stopped_before_it_is_sent_is_told() -> None:
    """The limit holds item 1 back; item 0 fails meanwhile."""
    farm = Farm(lasts=lambda _n: 10.0, ends=lambda _n: "error")
    farm._refuse = lambda n: said(429, "Concurrent run limit reached") if n == 1 else None
    came, error, _seconds = mapped("asyncio", farm, numbers(5), concurrency=2, on_error="stop")
    assert error is None
    assert [outcome.index for outcome in came] == [0, 1]
    assert type(came[1].error) is RunError
    assert "inputs 1 was not started: the map stopped at a failure before; nothing was sent" in str(came[1].error)


@both
def test_at_the_total_timeout_everything_in_hand_becomes_an_outcome(library: str) -> None:
    farm = Farm(lasts=lambda n: 10.0 if n < 2 else 1e6)
    came, error, seconds = mapped(library, farm, numbers(100), concurrency=4, total_timeout=60)
    assert error is None
    assert seconds == pytest.approx(60)
    assert sorted(outcome.index for outcome in came[:2]) == [0, 1]
    assert sorted(outcome.index for outcome in came) == list(range(6))
    for outcome in came[2:]:
        assert isinstance(outcome.error, RunTimeoutError)
        assert outcome.handle is not None
        assert f"Run run-{outcome.index} had not ended when the 60 s of total_timeout were up" in str(outcome.error)
        assert (outcome.error.run_id, outcome.error.status) == (f"run-{outcome.index}", "running")


def test_at_the_total_timeout_what_was_not_started_says_so() -> None:
    farm = Farm(refuse=lambda n: said(409, "too many parallel runs") if n else None)
    came, error, seconds = mapped("asyncio", farm, numbers(3), total_timeout=60)
    assert (error, seconds) == (None, 60)
    assert came[0].error is None
    assert sorted(outcome.index for outcome in came) == [0, 1, 2]
    for outcome in came[1:]:
        assert isinstance(outcome.error, RunTimeoutError)
        assert (outcome.handle, outcome.status) == (None, None)
        assert "was not started when the 60 s of total_timeout were up; nothing was sent" in str(outcome.error)


@pytest.mark.parametrize(("seconds", "is_learnt"), [(LEARN_SECONDS - 1, True), (LEARN_SECONDS + 1, False)])
def test_a_start_under_way_at_the_total_timeout_may_learn_its_id(seconds: float, *, is_learnt: bool) -> None:
    async def slowly(_n: int) -> None:
        await anyio.sleep(10 + seconds)

    came, _error, took = mapped("asyncio", Farm(refuse=slowly), numbers(1), total_timeout=10)
    if is_learnt:
        assert took == 10 + seconds
        assert came[0].handle is not None
        assert isinstance(came[0].error, RunTimeoutError)
    else:
        assert took == 10 + LEARN_SECONDS
        assert isinstance(came[0].error, RunStartUnknownError)
        assert (came[0].error.notebook_id, came[0].error.service) == ("nb", "deepnote")


def test_a_result_that_is_not_read_by_the_total_timeout() -> None:
    farm = Farm(lasts=lambda _n: 1.0)

    async def main() -> Outcome:
        async def answer(request: httpx.Request) -> httpx.Response:
            if b"inline" in request.url.query:
                await anyio.sleep(20)
            return await farm.answer(request)

        async with client_of(answer) as client:
            async with client.runs.map("nb", numbers(1), total_timeout=10) as outcomes:
                (outcome,) = [outcome async for outcome in outcomes]
            assert anyio.current_time() == 10
            assert outcome.handle is not None
            assert (await outcome.handle.result()).status == "success"
            return outcome

    outcome = run_on("asyncio", main)
    assert isinstance(outcome.error, RunTimeoutError)
    assert "Run run-0 ended as success, but what it produced had not been read" in str(outcome.error)
    assert (outcome.status, outcome.result) == ("success", None)


@pytest.mark.parametrize("slow", [False, True])
def test_the_total_timeout_is_raised_where_failures_are(*, slow: bool) -> None:
    async def many() -> AsyncIterator[dict[str, int]]:
        yield {"n": 0}
        await anyio.sleep(1e6)

    farm = Farm(lasts=lambda _n: 1.0 if slow else 1e6)
    came, error, seconds = mapped("asyncio", farm, many(), total_timeout=10, on_error="raise")
    assert seconds == 10
    assert isinstance(error, RunTimeoutError)
    assert len(came) == slow
    assert ("The inputs from 1 on were not read" if slow else "Run run-0 had not ended") in str(error)


def test_what_was_not_read_is_not_lost_in_silence() -> None:
    async def main() -> None:
        farm = Farm(lasts=lambda _n: 6.0)
        async with (
            client_of(farm.answer) as client,
            client.runs.map("nb", numbers(5), concurrency=1, total_timeout=10) as outcomes,
        ):
            assert [outcome.index async for outcome in outcomes] == [0, 1]
            assert not outcomes.stats.is_exhausted

    run_on("asyncio", main)


def breaking(count: int) -> Iterator[dict[str, int]]:
    for n in range(count):
        yield {"n": n}
    raise LookupError("no more rows")


async def breaking_later(count: int) -> AsyncIterator[dict[str, int]]:
    for inputs in breaking(count):
        yield inputs
        await anyio.sleep(1)


@both
@pytest.mark.parametrize("breaks", [breaking, breaking_later])
@pytest.mark.parametrize("on_error", ["collect", "stop"])
def test_an_iterable_that_raises_is_heard_when_the_rest_is_done(library: str, breaks: Any, on_error: str) -> None:
    came, error, _seconds = mapped(library, Farm(lasts=lambda _n: 60.0), breaks(3), on_error=on_error)
    assert sorted(outcome.index for outcome in came) == [0, 1, 2]
    assert isinstance(error, LookupError)
    assert error.__notes__ == ["Raised by many_inputs where item 3 should have come."]


@both
def test_an_iterable_that_raises_is_heard_at_once_where_failures_are(library: str) -> None:
    farm = Farm(lasts=lambda _n: 60.0)
    came, error, seconds = mapped(library, farm, breaking_later(3), on_error="raise")
    assert came == []
    assert seconds == pytest.approx(3)
    assert isinstance(error, LookupError)
    assert "run-0" in error.__notes__[1]


@both
def test_an_error_that_is_raised_is_the_one_that_ended_the_rest(library: str) -> None:
    """The iterable raises before any start was sent; that those were called off is not what is raised."""
    farm = Farm()
    came, error, _seconds = mapped(library, farm, breaking(3), on_error="raise")
    assert (came, farm.posts) == ([], 0)
    assert isinstance(error, LookupError)


def test_what_cannot_be_iterated_after_all() -> None:
    class Broken:
        def __iter__(self) -> Iterator[None]:
            raise OSError("gone")

    came, error, _seconds = mapped("asyncio", Farm(), Broken())
    assert came == []
    assert isinstance(error, OSError)
