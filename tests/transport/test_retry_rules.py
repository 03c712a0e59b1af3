"""The rules of retries by themselves: what is read from headers, how long a pause is, what the budget gives."""

from __future__ import annotations

import math
from email.utils import format_datetime

import pytest

from deepnote_async import RateLimitError, Retry, ServerError
from deepnote_async.transport.retry import Budget, pause_after
from deepnote_async.transport.retry_after import retry_after_of

NOON = "Wed, 01 Jan 2025 12:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": " 3 "}, 3.0),
        ({"retry-after": "Wed, 01 Jan 2025 12:00:30 GMT", "date": NOON}, 30.0),
        ({"retry-after": "Wednesday, 01-Jan-25 12:01:00 GMT", "date": NOON}, 60.0),
        ({"retry-after": "Wed Jan  1 12:00:05 2025", "date": "Wed Jan  1 12:00:00 2025"}, 5.0),
        ({"retry-after": "Wed, 01 Jan 2025 11:00:00 GMT", "date": NOON}, 0.0),
        ({"retry-after": "Wed, 01 Jan 2025 12:00:30 GMT"}, None),
        ({"retry-after": "Wed, 01 Jan 2025 12:00:30 GMT", "date": "noon"}, None),
        ({"retry-after": "Wed, 01 Jan 2025 12:00:30", "date": NOON}, None),
        ({"ratelimit-reset": "30"}, 30.0),
        ({"retry-after": "2", "ratelimit-reset": "30"}, 2.0),
        ({"retry-after": "soon", "ratelimit-reset": "30"}, 30.0),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "1e999"}, None),
        ({"retry-after": "\u0663"}, None),
        ({"retry-after": "1_0"}, None),
        ({"retry-after": "+5"}, None),
        ({"retry-after": "5."}, 5.0),
        ({"retry-after": ""}, None),
        ({}, None),
    ],
)
def test_what_the_service_asks_for_is_read(headers: dict[str, str], expected: float | None) -> None:
    assert retry_after_of(headers) == expected


def failure(status: int, retry_after: float | None = None) -> RateLimitError | ServerError:
    kind = RateLimitError if status == 429 else ServerError
    error = kind("no", method="GET", path="/v2/me", status=status)
    error.retry_after = retry_after
    return error


@pytest.mark.parametrize(
    ("status", "attempt", "longest"),
    [
        (500, 1, 0.25),
        (500, 2, 0.5),
        (500, 3, 1.0),
        (503, 1, 1.0),
        (429, 1, 1.0),
        (429, 3, 4.0),
        (500, 90, 20.0),
        (429, 5000, 20.0),
    ],
)
def test_a_pause_is_drawn_from_a_growing_range(status: int, attempt: int, longest: float) -> None:
    def pause(draw: float) -> object:
        return pause_after(failure(status), attempt, Retry(attempts=10_000), math.inf, lambda: draw)

    assert (pause(0.0), pause(0.5), pause(1.0)) == (0.0, longest / 2, longest)


@pytest.mark.parametrize("hint", [0.0, 0.4, 5.0, 60.0])
def test_a_named_pause_is_never_cut_short(hint: float) -> None:
    def pause(draw: float) -> object:
        return pause_after(failure(429, hint), 1, Retry(), math.inf, lambda: draw)

    assert pause(0.0) == hint
    assert hint < pause(1.0) <= hint + max(0.1, hint / 10)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("hint", "left", "attempt", "expected"),
    [(60.5, math.inf, 1, "retry_after"), (30.0, 29.0, 1, "deadline"), (1.0, math.inf, 4, "attempts")],
)
def test_what_cannot_be_waited_for_is_not(hint: float, left: float, attempt: int, expected: str) -> None:
    assert pause_after(failure(429, hint), attempt, Retry(), left) == expected


def test_the_budget_is_refilled_by_success() -> None:
    budget = Budget()
    while budget.draw(Budget.COST):
        pass
    for _ in range(Budget.COST):
        budget.give(1)
    assert budget.draw(Budget.COST)
    budget.give(10_000)
    assert sum(budget.draw(Budget.COST) for _ in range(1000)) == Budget.CAPACITY // Budget.COST


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({"attempts": 0}, ValueError),
        ({"attempts": 1.5}, TypeError),
        ({"attempts": True}, TypeError),
        ({"backoff": -1}, ValueError),
        ({"longest_hint": float("nan")}, ValueError),
        ({"longest_pause": "5"}, TypeError),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, object], kind: type[Exception]) -> None:
    with pytest.raises(kind):
        Retry(**settings)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_the_date_of_a_pause_does_not_depend_on_this_machines_clock() -> None:
    import datetime as dt

    far = dt.datetime(2199, 1, 1, tzinfo=dt.UTC)
    headers = {"date": format_datetime(far, usegmt=True)}
    headers["retry-after"] = format_datetime(far + dt.timedelta(seconds=9), usegmt=True)
    assert retry_after_of(headers) == 9.0
