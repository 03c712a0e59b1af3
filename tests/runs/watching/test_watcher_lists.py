"""Lists that are not what they should be: every wait ends, for no more than looks one by one would cost."""

from __future__ import annotations

from typing import Any

import anyio
import httpx
import pytest

from tests.runs.watching.site import Lists, Site, Waited, assert_all_well, wait_for, waiting_at
from tests.support.farm import run_on

RUNS = 120
LONG = 600.0
LONG_TEST = pytest.mark.long


def lasting(number: int) -> float:
    """Give durations from 5 to 60 s."""
    return 5.0 * 12 ** ((number * 7919 % RUNS) / RUNS)


def waited(library: str, site: Site, **options: Any) -> list[Waited]:
    async def main() -> list[Waited]:
        with anyio.fail_after(LONG):
            async with waiting_at(site) as client:
                return await wait_for(client, site, **options)

    return run_on(library, main)


def without(*names: str) -> Any:
    return lambda row: {name: value for name, value in row.items() if name not in names}


def instead(**fields: Any) -> Any:
    return lambda row: {**row, **fields}


def every_other(row: dict[str, Any]) -> dict[str, Any] | None:
    return row if int(row["runId"].rpartition("-")[2]) % 2 else None


LISTS = {
    "as they should be": Lists(),
    "oldest first": Lists(order="oldest"),
    "shuffled": Lists(order="shuffled"),
    "rows come twice": Lists(repeats="rows"),
    "the first page for ever": Lists(repeats="pages"),
    "the first page for ever, under new tokens": Lists(repeats="fresh"),
    "an empty page after the last one, for ever": Lists(repeats="end"),
    "offsets": Lists(tokens="offset"),
    "20 rows, whatever was asked for": Lists(rows=20),
    "1 row, whatever was asked for": Lists(rows=1),
    "20 rows, oldest first": Lists(rows=20, order="oldest"),
    "20 rows, shuffled, offsets": Lists(rows=20, order="shuffled", tokens="offset"),
    "20 rows, the first page for ever": Lists(rows=20, repeats="pages"),
    "no createdAt": Lists(row=without("createdAt")),
    "no completedAt": Lists(row=without("completedAt")),
    "no ids": Lists(row=without("runId")),
    "no status": Lists(row=without("status")),
    "every other run is left out": Lists(row=every_other),
    "rows are no objects": Lists(row=lambda _row: "row"),
    "moments are nonsense": Lists(row=instead(createdAt="yesterday", completedAt=[1])),
    "status is a number": Lists(row=instead(status=3)),
    "runs are null": Lists(body=instead(runs=None)),
    "runs are missing": Lists(body=without("runs")),
    "runs are an object": Lists(body=instead(runs={})),
    "no runs": Lists(body=instead(runs=[])),
    "no runs, and more of them": Lists(
        body=instead(runs=[], pagination={"hasMore": True, "pageSize": 100, "nextPageToken": "0"})
    ),
    "pagination is missing": Lists(body=without("pagination")),
    "pagination is null": Lists(body=instead(pagination=None)),
    "the next token is a number": Lists(body=instead(pagination={"hasMore": True, "nextPageToken": 7})),
    "it is a list": Lists(body=lambda body: [body]),
}

GOOD_ENOUGH = [
    "as they should be", "oldest first", "shuffled", "rows come twice", "an empty page after the last one, for ever",
    "offsets", "20 rows, whatever was asked for", "20 rows, oldest first", "20 rows, shuffled, offsets", "no createdAt",
    "no completedAt", "moments are nonsense",
]  # fmt: skip
"""Those that answer for many runs at once all the same."""

REFUSALS = {
    "missing": lambda: httpx.Response(404, json={"message": "no"}),
    "no JSON": lambda: httpx.Response(200, text="{"),
    "a web page": lambda: httpx.Response(200, html="<html>Log in</html>"),
    "an error of the server": lambda: httpx.Response(500, json={"message": "no"}),
}


@pytest.fixture(scope="module")
def alone() -> int:
    """Count the requests where the list may not be read: every run is looked at alone."""
    site = Site(RUNS, lasting, page=lambda _now: httpx.Response(403))
    assert_all_well(waited("asyncio", site), site)
    assert len(site.pages) == 1
    return site.requests


QUICK = {
    "as they should be", "shuffled", "the first page for ever", "the first page for ever, under new tokens",
    "20 rows, shuffled, offsets", "20 rows, the first page for ever", "no createdAt", "no ids", "runs are null",
    "pagination is missing",
}  # fmt: skip


@pytest.mark.parametrize("name", [pytest.param(name, marks=() if name in QUICK else LONG_TEST) for name in LISTS])
def test_a_bad_list_costs_no_wait_and_few_requests(name: str, alone: int) -> None:
    site = Site(RUNS, lasting, lists=LISTS[name])
    assert_all_well(waited("asyncio", site), site)
    assert site.requests <= 1.3 * alone + 10
    if name in GOOD_ENOUGH:
        assert site.requests <= alone / 5


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("missing", marks=LONG_TEST),
        pytest.param("no JSON", marks=LONG_TEST),
        pytest.param("a web page", marks=LONG_TEST),
        "an error of the server",
    ],
)
def test_a_list_that_cannot_be_had_costs_no_wait_and_few_requests(name: str, alone: int) -> None:
    site = Site(RUNS, lasting, page=lambda _now: REFUSALS[name]())
    assert_all_well(waited("asyncio", site), site)
    assert len(site.pages) <= 15
    assert site.requests <= 1.3 * alone + 10


@pytest.mark.parametrize("name", ["shuffled", "the first page for ever"])
def test_on_trio_it_is_the_same(name: str, alone: int) -> None:
    site = Site(RUNS, lasting, lists=LISTS[name])
    assert_all_well(waited("trio", site), site)
    assert site.requests <= 1.3 * alone + 10
