"""Lists that come in pages."""

from __future__ import annotations

import gc
import tracemalloc
from typing import Any

import httpx
import pytest

from deepnote_async import AsyncDeepnote, DecodeError, Project
from tests.support.service import client_of


class Listing:
    """A service whose projects are numbers; counts its requests."""

    def __init__(self, total: int, default_size: int = 50) -> None:
        self.total = total
        self.default_size = default_size
        self.sizes: list[int] = []
        self.shift = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        size = int(request.url.params.get("pageSize", self.default_size))
        start = int(request.url.params.get("pageToken", 0))
        self.sizes.append(size)
        rows = [{"id": str(n), "name": f"p{n}"} for n in range(start, min(start + size, self.total))]
        following = str(start + size - self.shift) if start + size < self.total else None
        return httpx.Response(200, json={"projects": rows, "pagination": {"nextPageToken": following}})


async def ids(items: Any) -> list[int]:
    return [int(project.id) async for project in items]


async def test_items_come_page_by_page() -> None:
    listing = Listing(120)
    async with client_of(listing) as client:
        assert await ids(client.projects.list()) == list(range(120))
        assert listing.sizes == [50, 50, 50]
        assert await ids(client.projects.list(page_size=100)) == list(range(120))
        assert listing.sizes[3:] == [100, 100]


async def test_a_limit_asks_for_no_more_than_it_needs() -> None:
    listing = Listing(500)
    async with client_of(listing) as client:
        assert await ids(client.projects.list(limit=7)) == list(range(7))
        assert await ids(client.projects.list(limit=120, page_size=100)) == list(range(120))
        assert await ids(client.projects.list(limit=0)) == []
    assert listing.sizes == [7, 100, 20]


async def test_an_abandoned_list_asks_no_further() -> None:
    listing = Listing(500)
    async with client_of(listing) as client:
        async for project in client.projects.list():
            if project.id == "3":
                break
    assert len(listing.sizes) == 1


async def test_pages_can_be_resumed_by_another_client() -> None:
    listing = Listing(120)
    async with client_of(listing) as client:
        first = await anext(client.projects.list().pages())
    assert (len(first.items), first.next_cursor) == (50, "50")
    async with client_of(listing) as client:
        rest = [page async for page in client.projects.list().pages(cursor=first.next_cursor)]
    assert [int(project.id) for page in rest for project in page.items] == list(range(50, 120))
    assert [page.next_cursor for page in rest] == ["100", None]


async def test_rows_that_come_again_are_dropped() -> None:
    listing = Listing(120)
    listing.shift = 5  # rows were added at the front, so each page begins with the end of the one before
    async with client_of(listing) as client:
        assert await ids(client.projects.list()) == list(range(120))


@pytest.mark.parametrize("tokens", [["a", "a"], ["a", "b", "a"]])
async def test_a_cursor_that_comes_again_is_an_error(tokens: list[str]) -> None:
    answers = iter(tokens)

    def answer(_request: httpx.Request) -> httpx.Response:
        row = {"id": str(len(tokens)), "name": "p"}
        return httpx.Response(200, json={"projects": [row], "pagination": {"nextPageToken": next(answers)}})

    async with client_of(answer) as client:
        with pytest.raises(DecodeError, match="comes again") as caught:
            await ids(client.projects.list())
    assert caught.value.pointer == "/pagination/nextPageToken"


async def test_a_cursor_to_resume_from_that_comes_again_is_an_error_too() -> None:
    body = {"projects": [], "pagination": {"nextPageToken": "c"}}
    async with client_of(lambda _: httpx.Response(200, json=body)) as client:
        with pytest.raises(DecodeError, match="comes again"):
            await anext(client.projects.list().pages(cursor="c"))


async def test_empty_pages_without_end_are_an_error() -> None:
    requests = 0

    def answer(_request: httpx.Request) -> httpx.Response:
        nonlocal requests
        requests += 1
        return httpx.Response(200, json={"projects": [], "pagination": {"nextPageToken": str(requests)}})

    async with client_of(answer) as client:
        with pytest.raises(DecodeError, match="100 pages in a row were empty"):
            await ids(client.projects.list())
    assert requests == 100


async def test_a_list_that_is_never_iterated_warns() -> None:
    client = AsyncDeepnote("tok")

    def forget() -> None:
        client.projects.list()
        gc.collect()

    with pytest.warns(RuntimeWarning, match=r"AsyncPaginator\(GET /v2/projects\) was never iterated"):
        forget()


@pytest.mark.parametrize("arguments", [{"page_size": 0}, {"page_size": 101}, {"limit": -1}])
async def test_bounds_are_refused_before_anything_is_sent(arguments: dict[str, int]) -> None:
    client = AsyncDeepnote("tok")
    with pytest.raises(ValueError, match=next(iter(arguments))):
        client.projects.list(**arguments)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=next(iter(arguments))):
        client.notebooks.runs("nb", **arguments)  # type: ignore[arg-type]


@pytest.mark.long
async def test_a_hundred_thousand_rows_in_constant_memory() -> None:
    async with client_of(Listing(100_000)) as client:
        tracemalloc.start()
        try:
            count, early = 0, 0
            last: Project | None = None
            async for project in client.projects.list(page_size=100):
                count += 1
                last = project
                if count == 10_000:
                    early = tracemalloc.get_traced_memory()[0]
            late = tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()
    assert count == 100_000
    assert last is not None
    assert late - early < 1_000_000  # the rows themselves would be some 50 MB
