"""The rate gate, in virtual time: pacing, learning, fairness, cancellation."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from itertools import pairwise
from typing import Any

import anyio
import pytest

from deepnote_async.events import RateEvent
from deepnote_async.transport.gate import CUT, LONGEST_SECONDS, UNHINTED_SECONDS, Lane, RateGate, checked_rate
from tests.support.virtual_time import run_virtually


def in_virtual_time(main: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def run() -> None:
        run_virtually(main())

    run.__name__ = main.__name__
    return run


def gate_of(rate: float | None = None) -> tuple[RateGate, list[RateEvent]]:
    events: list[RateEvent] = []
    return RateGate(rate, events.append), events


async def enter_all(gate: RateGate, lanes: list[Lane]) -> list[tuple[float, Lane]]:
    """Let one task for each lane enter at once; give when each got through."""
    passed: list[tuple[float, Lane]] = []

    async def enter(lane: Lane) -> None:
        await gate.enter(lane)
        passed.append((round(anyio.current_time(), 6), lane))

    async with anyio.create_task_group() as group:
        for lane in lanes:
            group.start_soon(enter, lane)
    return passed


@in_virtual_time
async def test_without_a_rate_it_is_wide_open() -> None:
    gate, events = gate_of()
    assert gate.is_open
    assert {moment for moment, _ in await enter_all(gate, ["look"] * 100)} == {anyio.current_time()}
    assert gate.is_open
    assert events == []


@in_virtual_time
async def test_a_fixed_rate_spaces_requests_evenly() -> None:
    gate, _ = gate_of(10)
    assert not gate.is_open
    began = anyio.current_time()
    moments = [moment - began for moment, _ in await enter_all(gate, ["look"] * 21)]
    assert moments == pytest.approx([number / 10 for number in range(21)])


@in_virtual_time
async def test_idle_time_is_not_saved_up() -> None:
    gate, _ = gate_of(10)
    await gate.enter("look")
    await anyio.sleep(60)
    began = anyio.current_time()
    assert [moment - began for moment, _ in await enter_all(gate, ["look"] * 3)] == pytest.approx([0, 0.1, 0.2])


@in_virtual_time
async def test_lanes_take_turns_and_three_starts_are_one_turn() -> None:
    gate, _ = gate_of(1)
    starts: list[Lane] = ["start"] * 8
    order = [lane for _, lane in await enter_all(gate, [*starts, "look", "look", "download"])]
    three: list[Lane] = ["start"] * 3
    # The second start had its turn before anybody else came.
    assert order == [*three, "look", "download", *three, "look", "start", "start"]


@in_virtual_time
async def test_looks_and_downloads_take_turns_one_by_one() -> None:
    gate, _ = gate_of(1)
    order = [lane for _, lane in await enter_all(gate, ["look", "look", "look", "look", "download", "download"])]
    assert order == ["look", "look", "download", "look", "download", "look"]


@in_virtual_time
async def test_a_start_that_gives_up_is_none_of_the_three() -> None:
    gate, _ = gate_of(1)
    passed: list[str] = []
    scopes = [anyio.CancelScope() for _ in range(5)]

    async def enter(lane: Lane, scope: anyio.CancelScope) -> None:
        with scope:
            await gate.enter(lane)
            passed.append(lane)

    async with anyio.create_task_group() as group:
        for scope in scopes:
            group.start_soon(enter, "start", scope)
        group.start_soon(enter, "look", anyio.CancelScope())
        await anyio.sleep(0.5)
        scopes[1].cancel()  # it has the turn, and waits for the rate
    assert passed == ["start", "start", "start", "look", "start"]


@in_virtual_time
async def test_within_a_lane_who_came_first_goes_first() -> None:
    gate, _ = gate_of(1)
    passed: list[int] = []

    async def enter(number: int) -> None:
        await gate.enter("look")
        passed.append(number)

    async with anyio.create_task_group() as group:
        for number in range(10):
            group.start_soon(enter, number)
    assert passed == list(range(10))


@pytest.mark.parametrize("retry_after", [5.0, None])
def test_a_429_closes_it_for_everybody(retry_after: float | None) -> None:
    async def main() -> None:
        gate, events = gate_of()
        began = anyio.current_time()
        gate.throttled(began, began, retry_after)
        pause = UNHINTED_SECONDS if retry_after is None else retry_after
        first, second = [moment - began for moment, _ in await enter_all(gate, ["look", "start"])]
        assert first == pytest.approx(pause)
        assert second > first
        assert [(event.previous, event.pause) for event in events] == [(None, pause)]

    run_virtually(main())


@in_virtual_time
async def test_it_learns_the_rate_from_what_got_through() -> None:
    gate, events = gate_of()
    for _ in range(100):  # 20 a second get through
        gate.passed(anyio.current_time())
        await anyio.sleep(0.05)
    now = anyio.current_time()
    gate.throttled(now, now, 1.0)
    assert events[0].rate == pytest.approx(CUT * 20, rel=0.05)
    began = anyio.current_time()
    moments = [moment - began for moment, _ in await enter_all(gate, ["look"] * 15)]
    assert moments[0] == pytest.approx(1.0)
    assert moments[-1] - moments[0] == pytest.approx(1.0, rel=0.1)


@in_virtual_time
async def test_it_is_not_misled_by_the_order_of_answers() -> None:
    gate, events = gate_of()
    sent = [second * 0.09 for second in range(100)]
    for moment in reversed(sent):  # what was sent last is answered first
        gate.passed(moment)
    gate.throttled(9.0, 9.0, 0.0)
    assert events[0].rate == pytest.approx(CUT * 100 / 9, rel=0.05)


@in_virtual_time
async def test_one_wave_of_refusals_cuts_once() -> None:
    gate, events = gate_of()
    for _ in range(50):
        gate.passed(0.0)
    sent = anyio.current_time()
    await anyio.sleep(0.1)
    for _ in range(300):
        gate.throttled(sent, anyio.current_time(), 1.0)
    assert len(events) == 1
    await anyio.sleep(2)
    gate.throttled(anyio.current_time(), anyio.current_time(), 1.0)
    first, second = (event.rate for event in events)
    assert first is not None
    assert second is not None
    assert second == pytest.approx(CUT * first, rel=0.1)


@in_virtual_time
async def test_the_rate_grows_again_and_ever_faster() -> None:
    gate, _ = gate_of()
    now = anyio.current_time()
    for _ in range(10):
        gate.passed(now)
    gate.throttled(now, now, 0.0)
    rates = [gate.rate(now + seconds) or 0 for seconds in (0, 60, 120, 180)]
    steps = [later - earlier for earlier, later in pairwise(rates)]
    assert rates[0] == pytest.approx(7)
    assert 0 < steps[0] < steps[1] < steps[2]


@in_virtual_time
async def test_a_fixed_rate_stays_what_the_user_said() -> None:
    gate, events = gate_of(10)
    now = anyio.current_time()
    gate.throttled(now, now, 2.0)
    assert gate.rate(now) == 10
    assert [(event.rate, event.previous, event.pause) for event in events] == [(10, 10, 2.0)]
    assert [moment - now for moment, _ in await enter_all(gate, ["look"])] == pytest.approx([2.0])


@in_virtual_time
async def test_it_does_not_close_for_ten_years() -> None:
    gate, _ = gate_of()
    now = anyio.current_time()
    gate.throttled(now, now, 10 * 365 * 86400.0)
    await gate.enter("look")
    assert anyio.current_time() - now < LONGEST_SECONDS


@in_virtual_time
async def test_a_429_that_comes_while_others_wait_keeps_them_waiting() -> None:
    gate, _ = gate_of(1)
    await gate.enter("look")
    began = anyio.current_time()
    moments: list[float] = []

    async def enter() -> None:
        await gate.enter("look")
        moments.append(anyio.current_time() - began)

    async with anyio.create_task_group() as group:
        group.start_soon(enter)
        await anyio.sleep(0.5)
        gate.throttled(anyio.current_time(), anyio.current_time(), 10.0)
    assert moments == pytest.approx([10.5])


@pytest.mark.parametrize("victim", range(5))
def test_who_gives_up_takes_nothing_from_the_others(victim: int) -> None:
    async def main() -> None:
        gate, _ = gate_of(1)
        began = anyio.current_time()
        moments: dict[int, float] = {}
        scopes = [anyio.CancelScope() for _ in range(5)]

        async def enter(number: int) -> None:
            with scopes[number]:
                await gate.enter("look")
                moments[number] = anyio.current_time() - began

        await gate.enter("look")
        async with anyio.create_task_group() as group:
            for number in range(5):
                group.start_soon(enter, number)
            await anyio.sleep(0.5)
            scopes[victim].cancel()
        assert [moments[number] for number in range(5) if number != victim] == pytest.approx([1, 2, 3, 4])
        await gate.enter("start")
        assert anyio.current_time() - began == pytest.approx(5)

    run_virtually(main())


@in_virtual_time
async def test_a_turn_that_was_given_to_somebody_who_left_is_passed_on() -> None:
    gate, _ = gate_of(1)
    scope = anyio.CancelScope()
    passed: list[str] = []

    async def leave() -> None:
        with scope:
            await gate.enter("look")
            passed.append("left")

    async def stay() -> None:
        await gate.enter("look")
        passed.append("stayed")

    async with anyio.create_task_group() as group:
        await gate.enter("look")
        await anyio.sleep(0)

        async def hold() -> None:
            await gate.enter("look")
            scope.cancel()  # right when the turn goes to the one that leaves

        group.start_soon(hold)
        group.start_soon(leave)
        group.start_soon(stay)
    assert passed == ["stayed"]


@pytest.mark.parametrize(("rate", "kind"), [(0, ValueError), (-1, ValueError), (float("nan"), ValueError)])
def test_a_rate_that_cannot_be_is_refused(rate: float, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="rate must be above zero"):
        checked_rate(rate)
    with pytest.raises(TypeError, match="requests per second"):
        checked_rate("10")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError, match="requests per second"):
        checked_rate(rate=True)
