"""The closed loop: so many tasks that each send their next request when the answer to the last one is there."""

from __future__ import annotations

import asyncio
import gc
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from attrs import define, field, frozen

from benchmarks.http.server import ANSWER, RUN_ID, STATUS
from benchmarks.http.stacks import FAILURES, Call, Opener

_WARM_SECONDS = 0.15
"""For so long at least there are requests before counting begins; and until every task has had its first answer, since
by then all connections are open."""
_PATIENCE_SECONDS = 30.0
_SCHEDSTAT = Path("/proc/self/schedstat")


@frozen
class Scenario:
    """How many requests are under way at once, and how long the server takes for each.

    Attributes:
        in_flight: number of tasks.
        latency: seconds from request to answer.
        seconds: how long to count.
    """

    in_flight: int
    latency: float
    seconds: float

    @property
    def name(self) -> str:
        """The scenario as text."""
        return f"{self.in_flight} in flight" + (f", {self.latency * 1000:g} ms latency" if self.latency else "")


@frozen
class Window:
    """What one window saw.

    Attributes:
        answers: how many came.
        failures: how many calls failed instead.
        wall: seconds by the clock.
        cpu: seconds of processor time of this process, all threads.
        kept_waiting: seconds for which this process had work and other processes had its core; 0 where that is unknown.
        p50: median time of a call, in seconds.
        p99: time of a call that 99 of 100 stay below, in seconds.
    """

    answers: int
    failures: int
    wall: float
    cpu: float
    p50: float
    p99: float
    kept_waiting: float = 0.0

    @property
    def per_second(self) -> float:
        """Answers per second by the clock."""
        return self.answers / self.wall

    @property
    def per_cpu_second(self) -> float:
        """Answers per second of processor time."""
        return self.answers / self.cpu


@define
class _Counter:
    took: list[float] = field(factory=list)
    failures: int = 0
    warm: int = 0
    stopped: bool = False
    all_warm: asyncio.Event = field(factory=asyncio.Event)
    answered: asyncio.Event = field(factory=asyncio.Event)


def plan(
    scenarios: Mapping[Scenario, Sequence[str]], repetitions: int, seed: int
) -> Iterator[tuple[int, Scenario, str]]:
    """Give the order of all windows: within a repetition the stacks of a scenario stand together, shuffled.

    What is divided by each other later is thus measured within seconds of each other.
    """
    chance = random.Random(seed)  # noqa: S311  (an order, not a secret)
    for repetition in range(repetitions):
        for scenario, stacks in scenarios.items():
            for stack in chance.sample(stacks, len(stacks)):
                yield repetition, scenario, stack


async def measure_window(opener: Opener, url: str, scenario: Scenario) -> Window:
    """Open a client, warm it up, count for one window, let the last answers come, and close it.

    Raises:
        RuntimeError: an answer was read wrongly.
        TimeoutError: warming up and counting took more than half a minute.
    """
    counter = _Counter()
    async with opener(url) as call, asyncio.TaskGroup() as group:
        for _ in range(scenario.in_flight):
            group.create_task(_repeat(call, counter, scenario.in_flight))
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await asyncio.sleep(_WARM_SECONDS)
            await counter.all_warm.wait()
            window = await _count(counter, scenario.seconds)
        counter.stopped = True
    return window


async def _repeat(call: Call, counter: _Counter, tasks: int) -> None:
    warm = False
    while not counter.stopped:
        begun = time.perf_counter()
        try:
            status = await call()
        except FAILURES:
            counter.failures += 1
        else:
            counter.took.append(time.perf_counter() - begun)
            counter.answered.set()
            if status != STATUS:
                raise RuntimeError(f"the answer was read wrongly: {status!r}")
        if not warm:
            warm = True
            counter.warm += 1
            if counter.warm == tasks:
                counter.all_warm.set()


async def _count(counter: _Counter, seconds: float) -> Window:
    gc.collect()
    counter.took.clear()
    counter.answered.clear()
    counter.failures = 0
    wall, cpu, waited = time.perf_counter(), time.process_time(), _waited()
    await asyncio.sleep(seconds)
    await counter.answered.wait()  # there are stacks that take longer than a window for one answer
    cpu, wall, waited = time.process_time() - cpu, time.perf_counter() - wall, _waited() - waited
    took = sorted(counter.took)
    last = len(took) - 1
    p50, p99 = took[round(0.5 * last)], took[round(0.99 * last)]
    return Window(len(took), counter.failures, wall, cpu, p50, p99, kept_waiting=waited)


def _waited() -> float:
    """Give the seconds for which the main thread could have run but was not let, by Linux's count."""
    try:
        return int(_SCHEDSTAT.read_text(encoding="ascii").split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


class _Asks(asyncio.Protocol):
    """Sends the next request when the answer is there, and looks at nothing else."""

    def __init__(self, answers: list[int]) -> None:
        self._answers = answers
        self._missing = len(ANSWER)
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.WriteTransport):
            self._transport = transport
            self._ask()

    def data_received(self, data: bytes) -> None:
        self._missing -= len(data)
        if not self._missing:
            self._answers[0] += 1
            self._missing = len(ANSWER)
            self._ask()

    def _ask(self) -> None:
        if self._transport is not None:
            self._transport.write(b"GET /v2/runs/%b HTTP/1.1\r\nhost: localhost\r\n\r\n" % RUN_ID.encode())


async def ceiling(port: int, connections: int, seconds: float) -> float:
    """Count the answers per second that a client without any HTTP library gets: the server gives at least that."""
    answers = [0]
    loop = asyncio.get_running_loop()
    opened = [await loop.create_connection(lambda: _Asks(answers), "127.0.0.1", port) for _ in range(connections)]
    before, begun = answers[0], time.perf_counter()
    await asyncio.sleep(seconds)
    rate = (answers[0] - before) / (time.perf_counter() - begun)
    for transport, _ in opened:
        transport.abort()
    return rate


Windows = Mapping[tuple[Scenario, str], Sequence[Window]]
"""The windows by scenario and stack, one for each repetition."""
