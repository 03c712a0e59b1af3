"""The list of a notebook's runs: its pages, their order, and the mistakes a server may make."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, overload

import httpx
import pytest
from aiohttp.test_utils import make_mocked_request
from attrs import define

from deepnote_emulator import Emulator, Listing
from deepnote_emulator.execution import RunRecord
from deepnote_emulator.server.run_list import run_page
from tests.emulator.support import Api


@define
class Listed:
    """An emulator with some runs of one notebook, oldest first, and what reads their list."""

    emulator: Emulator
    api: Api
    notebook_id: str
    ids: list[str]

    async def start(self, count: int) -> None:
        for _ in range(count):
            run = await self.api(202, "POST", "/v2/runs", json={"notebookId": self.notebook_id})
            self.ids.append(run["runId"])

    async def page(self, size: int, token: str | None = None, status: int = 200) -> Any:
        query = {"pageSize": size} | ({"pageToken": token} if token is not None else {})
        return await self.api(status, "GET", f"/v2/notebooks/{self.notebook_id}/runs", params=query)

    async def pages(self, size: int, most: int = 50) -> list[list[str]]:
        """Read pages up to the last one, as the ids of their runs."""
        read: list[list[str]] = []
        token = None
        while len(read) < most:
            page = await self.page(size, token)
            read.append([row["runId"] for row in page["runs"]])
            assert page["pagination"]["pageSize"] == size
            token = page["pagination"]["nextPageToken"]
            assert page["pagination"]["hasMore"] == (token is not None)
            if token is None:
                break
        return read


@asynccontextmanager
async def listed(notebooks: Path, count: int, listing: Listing | None = None) -> AsyncIterator[Listed]:
    async with Emulator(notebooks, engine="simulated", listing=listing) as emulator:
        headers = {"authorization": f"Bearer {emulator.token}"}
        async with httpx.AsyncClient(base_url=emulator.url, headers=headers, timeout=60) as http:
            it = Listed(emulator, Api(http, emulator), emulator.notebook_id("score.ipynb"), [])
            await it.start(count)
            yield it


def flat(pages: list[list[str]]) -> list[str]:
    return [run_id for page in pages for run_id in page]


async def test_the_order_can_be_changed_at_any_time(notebooks: Path) -> None:
    async with listed(notebooks, 7) as it:
        assert await it.pages(3) == [it.ids[:3:-1], it.ids[3:0:-1], it.ids[:1]]
        it.emulator.listing = Listing("oldest")
        assert await it.pages(3) == [it.ids[:3], it.ids[3:6], it.ids[6:]]
        assert await it.pages(7) == [it.ids]
        it.emulator.listing = None
        assert flat(await it.pages(2)) == it.ids[::-1]


async def test_a_shuffled_list_has_every_run_once_and_later_runs_change_no_order(notebooks: Path) -> None:
    async with listed(notebooks, 20, Listing("shuffled", seed=1)) as it:
        first = flat(await it.pages(6))
        assert sorted(first) == sorted(it.ids)
        assert first not in (it.ids, it.ids[::-1])
        assert flat(await it.pages(7)) == first
        await it.start(5)
        later = flat(await it.pages(6))
        assert [run_id for run_id in later if run_id in first] == first
        it.emulator.listing = Listing("shuffled", seed=2)
        assert flat(await it.pages(6)) != later


@pytest.mark.parametrize(("order", "rest"), [("newest", [[2, 1], [0]]), ("oldest", [[2, 3], [4, 5], [6, 7]])])
async def test_runs_that_start_between_two_pages_move_no_row(
    notebooks: Path, order: Any, rest: list[list[int]]
) -> None:
    async with listed(notebooks, 5, Listing(order)) as it:
        page = await it.page(2)
        await it.start(3)
        read, token = [], page["pagination"]["nextPageToken"]
        while token is not None:
            page = await it.page(2, token)
            read.append([it.ids.index(row["runId"]) for row in page["runs"]])
            token = page["pagination"]["nextPageToken"]
    assert read == rest


async def test_a_server_that_repeats_rows(notebooks: Path) -> None:
    async with listed(notebooks, 5, Listing("oldest", repeats="rows")) as it:
        assert await it.pages(2) == [it.ids[n : n + 2] for n in range(4)]
        assert await it.pages(3) == [it.ids[:3], it.ids[2:]]
        assert await it.pages(1) == [[run_id] for run_id in it.ids]


async def test_a_server_that_repeats_pages(notebooks: Path) -> None:
    async with listed(notebooks, 5, Listing(repeats="pages")) as it:
        assert await it.pages(2, most=4) == [it.ids[:2:-1]] * 4
        assert await it.pages(5) == [it.ids[::-1]]


async def test_a_server_that_forgets_when(notebooks: Path) -> None:
    async with listed(notebooks, 1, Listing(created_at=False)) as it:
        answered = await it.api.http.get(f"/v2/notebooks/{it.notebook_id}/runs")  # which no contract has
        (row,) = answered.json()["runs"]
        assert set(row) == {"runId", "notebookId", "status", "completedAt"}
        assert "createdAt" in (await it.api(200, "GET", f"/v2/runs/{it.ids[0]}"))["run"]


async def test_tokens_that_were_not_handed_out(notebooks: Path) -> None:
    async with listed(notebooks, 3) as it:
        token = (await it.page(1))["pagination"]["nextPageToken"]
        other = it.emulator.notebook_id("slow.ipynb")
        refused = await it.api(400, "GET", f"/v2/notebooks/{other}/runs", params={"pageToken": token})
        assert refused["message"] == "pageToken belongs to other filters"
        for forged in ("x", "", "WzFd"):
            assert "not one that was handed out" in (await it.page(1, forged, status=400))["message"]


class Counting(Sequence[RunRecord]):
    """Runs that count how often one of them is looked at."""

    def __init__(self, runs: list[RunRecord]) -> None:
        self._runs = runs
        self.looks = 0

    def __len__(self) -> int:
        return len(self._runs)

    @overload
    def __getitem__(self, place: int) -> RunRecord: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[RunRecord]: ...
    def __getitem__(self, place: int | slice) -> RunRecord | Sequence[RunRecord]:
        self.looks += 1 if isinstance(place, int) else len(self)
        return self._runs[place]


async def test_a_page_looks_at_no_more_runs_than_it_has_rows(notebooks: Path) -> None:
    async with listed(notebooks, 200) as it:
        runs = it.emulator._on_loop(lambda state: Counting(list(state.runs.of_notebook(it.notebook_id))))
        token = (await it.page(20))["pagination"]["nextPageToken"]
    request = make_mocked_request("GET", f"/?pageSize=20&pageToken={token}")
    page = run_page(request, it.notebook_id, runs, Listing())
    assert [row["runId"] for row in page["runs"]] == it.ids[179:159:-1]
    assert runs.looks == 20


async def test_a_listing_that_is_none_is_refused(notebooks: Path) -> None:
    for options, says in (
        ({"order": "x"}, "order must be one of newest, oldest, shuffled, not 'x'"),
        ({"repeats": "x"}, "repeats must be one of rows, pages, not 'x'"),
        ({"seed": "x"}, "seed must be a whole number from 0 on, not 'x'"),
    ):
        with pytest.raises(ValueError, match="must") as refused:
            Listing(**options)  # type: ignore[arg-type]
        assert str(refused.value) == says
    with pytest.raises(ValueError, match="listing must be a Listing or None, not 'oldest'"):
        Emulator(notebooks, listing="oldest")  # type: ignore[arg-type]
