"""Fan-out: starts that the service refuses for their number are sent again, later, and never twice."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import anyio
import httpx
import pytest

from deepnote_async import APIError, DeadlineExceededError, Retry, RunStartUnknownError
from deepnote_async.runs.fan_out.refusals import LIMIT_STATUSES, is_run_limit, slowdown_of
from deepnote_async.transport.mapping import ERRORS_BY_STATUS
from tests.support.farm import Farm, both, numbers, run_on, said
from tests.support.service import client_of

LIMITS = [
    "Parallel run limit reached",
    "You have reached the limit of 5 parallel runs",
    "Workspace limit of concurrent runs exceeded (10/10)",
    "Too many concurrent executions",
    "Too many notebooks running at the same time.",
    "Maximum number of simultaneous runs reached.",
    "Your plan allows at most 3 runs in parallel",
    "Run limit reached: 5 runs are already running",
    "quota exceeded: too many active runs",
    "You've hit your maximum of running machines",
]
OTHERS = [
    "Project is suspended",
    "Input x is not defined",
    "Input 'parallel run limit' is not defined",
    "Input parallel_run_limit is missing",
    "`concurrent runs` exceeds its maximum",
    "Input concurrent runs is invalid: exceeds the limit",
    "Parallel runs are not supported on your plan",
    "Monthly run limit reached",
    "The request exceeds the size limit",
    "Too many requests",
    "Too many concurrent requests",
    "Notebook is already running",
    "",
]


def refusal(status: int, message: str) -> APIError:
    kind = ERRORS_BY_STATUS.get(status, APIError)
    error = kind(f"{status}: {message}", method="POST", path="/v2/runs", status=status)
    error.message = message
    return error


@pytest.mark.parametrize("message", LIMITS)
@pytest.mark.parametrize("status", sorted(LIMIT_STATUSES))
def test_a_limit_of_runs_at_once_is_recognised(message: str, status: int) -> None:
    assert is_run_limit(refusal(status, message))


@pytest.mark.parametrize("message", OTHERS)
@pytest.mark.parametrize("status", sorted(LIMIT_STATUSES))
def test_other_refusals_are_not_taken_for_one(message: str, status: int) -> None:
    assert not is_run_limit(refusal(status, message))
    assert slowdown_of(refusal(status, message)) == ("rate" if status == 429 else None)


@pytest.mark.parametrize("status", [401, 404, 413, 500, 502])
def test_other_statuses_are_not_taken_for_one(status: int) -> None:
    assert not is_run_limit(refusal(status, LIMITS[0]))


@pytest.mark.parametrize(
    ("sent", "spent", "is_repeated"),
    [
        ("no", (("gate", 60.0),), True),
        ("no", (("attempt 1", 0.1), ("backoff", 1.0), ("gate", 58.9)), True),
        ("no", (("gate", 59.0), ("connect", 1.0)), True),
        ("no", (("attempt 1", 0.1), ("backoff", 24.3), ("gate", 1.6)), True),
        ("no", (("connect", 5.0), ("backoff", 20.0), ("connect", 5.0)), False),
        ("no", (("gate", 0.0),), False),
        ("no", (("gate", 1.0), ("connect", 59.0)), False),
        ("no", (), False),
        ("maybe", (("gate", 60.0),), False),
    ],
)
def test_only_a_call_that_waited_at_the_gate_is_repeated(
    sent: str, spent: tuple[tuple[str, float], ...], *, is_repeated: bool
) -> None:
    error = DeadlineExceededError("late", method="POST", path="/v2/runs")
    error.sent, error.spent = sent, spent  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    assert slowdown_of(error) == ("gate" if is_repeated else None)


def limited(farm: Farm, most: int, status: int = 409) -> Callable[[int], httpx.Response | None]:
    return lambda _n: said(status, f"Parallel run limit reached ({most})") if farm.running >= most else None


def run_all(library: str, farm: Farm, count: int, **options: object) -> float:
    async def main() -> float:
        async with client_of(farm.answer) as client:
            async with client.runs.map("nb", numbers(count), **options) as outcomes:  # type: ignore[arg-type]
                assert [outcome.error async for outcome in outcomes] == [None] * count
            return anyio.current_time()

    return run_on(library, main)


@both
@pytest.mark.parametrize("status", [409, 429, 403, 400, 422])
def test_a_limit_of_runs_slows_starts_down(library: str, status: int) -> None:
    farm = Farm(lasts=lambda _n: 60.0)
    farm._refuse = limited(farm, 4, status)
    seconds = run_all(library, farm, 40, concurrency=20)
    assert farm.most == 4
    assert sorted(farm.started) == list(range(40))
    assert 600 <= seconds <= (900 if status == 429 else 700)  # ten waves of 60 s; a 429 slows the looks down too
    assert farm.posts - 40 <= 60  # a try now and then, and some while ended runs are not known to have ended


def test_a_limit_that_others_fill_is_tried_ever_more_rarely() -> None:
    moments: list[float] = []

    def others(_n: int) -> httpx.Response | None:
        moments.append(anyio.current_time())
        return said(409, "Parallel run limit reached") if anyio.current_time() < 200 else None

    run_all("asyncio", Farm(refuse=others), 3)
    assert moments[:9] == [0, 1, 3, 7, 15, 31, 61, 91, 121]


def test_a_limit_that_is_lifted_is_noticed() -> None:
    farm = Farm(lasts=lambda _n: 100.0)
    before, after = limited(farm, 2), limited(farm, 1000)
    farm._refuse = lambda n: before(n) if anyio.current_time() < 50 else after(n)
    assert run_all("asyncio", farm, 30, concurrency=30) < 250
    assert farm.most >= 28


@both
@pytest.mark.parametrize("hint", [{}, {"retry-after": "20"}])
def test_refusals_for_the_rate_slow_starts_down(library: str, hint: dict[str, str]) -> None:
    """Each call is sent once, so the first refusal outlasts the transport's retries."""

    def until_100(_n: int) -> httpx.Response | None:
        return said(429, "Too many requests", **hint) if anyio.current_time() < 100 else None

    farm = Farm(refuse=until_100)
    run_all(library, farm, 10, concurrency=5)
    assert sorted(farm.started) == list(range(10))
    assert farm.posts - 10 <= 5 * 9


def test_starts_that_only_waited_at_the_gate_are_sent_later() -> None:
    """One request a second, and 10 s for a call: most starts of the first wave do not get through."""
    farm = Farm()

    async def main() -> None:
        async with (
            client_of(farm.answer, rate=1.0, timeout=10.0) as client,
            client.runs.map("nb", numbers(40), concurrency=40, outputs=False) as outcomes,
        ):
            assert [outcome.error async for outcome in outcomes] == [None] * 40

    run_on("asyncio", main)
    assert farm.posts == 40


@pytest.mark.parametrize("seconds", [20, 23, 26, 29, 40])
def test_starts_that_were_asked_to_wait_for_most_of_their_time_are_sent_later(seconds: int) -> None:
    def for_a_second(_n: int) -> httpx.Response | None:
        is_refused = 5 < anyio.current_time() < 6
        return said(429, "slow down", **{"retry-after": str(seconds)}) if is_refused else None

    async def inputs() -> AsyncIterator[dict[str, int]]:
        for row in numbers(40):
            await anyio.sleep(0.2)
            yield row

    async def main() -> None:
        async with (
            client_of(farm.answer, retry=Retry(), timeout=30) as client,
            client.runs.map("nb", inputs(), concurrency=40, outputs=False) as outcomes,
        ):
            assert [outcome.error async for outcome in outcomes] == [None] * 40

    farm = Farm(lasts=lambda _n: 20.0, refuse=for_a_second)
    run_on("asyncio", main)


def test_the_total_timeout_ends_a_wait_at_the_gate() -> None:
    async def main() -> None:
        async with client_of(Farm().answer, rate=0.01) as client:
            async with client.runs.map("nb", numbers(4), total_timeout=20, outputs=False) as outcomes:
                kinds = [type(outcome.error).__name__ async for outcome in outcomes]
            assert kinds == ["RunTimeoutError"] * 4
            assert anyio.current_time() == 20

    run_on("asyncio", main)


@pytest.mark.parametrize(("status", "message"), [(409, "Project is suspended"), (400, "Input x is not defined")])
def test_a_refusal_for_good_fails_at_once(status: int, message: str) -> None:
    farm = Farm(refuse=lambda _n: said(status, message))

    async def main() -> None:
        async with client_of(farm.answer) as client, client.runs.map("nb", numbers(3)) as outcomes:
            assert [outcome.error is not None async for outcome in outcomes] == [True] * 3
            assert anyio.current_time() == 0

    run_on("asyncio", main)
    assert farm.posts == 3


async def test_a_5xx_that_names_a_limit_proves_nothing() -> None:
    farm = Farm(refuse=lambda _n: said(503, "Parallel run limit reached"))
    async with client_of(farm.answer) as client, client.runs.map("nb", numbers(1)) as outcomes:
        [outcome] = [outcome async for outcome in outcomes]
    assert isinstance(outcome.error, RunStartUnknownError)
    assert farm.posts == 1


def test_the_lowest_inputs_go_first_when_starts_were_held_back() -> None:
    farm = Farm(lasts=lambda _n: 20.0)
    farm._refuse = limited(farm, 2)
    run_all("asyncio", farm, 20, concurrency=10, ordered=True)
    assert all(abs(place - n) <= 2 for place, n in enumerate(farm.started)), farm.started
