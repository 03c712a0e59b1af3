"""Lists that come in pages: iterate the items, or the pages with a cursor to resume from."""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Generic, Protocol, TypeVar

from attrs import frozen

from deepnote_async.errors import DecodeError
from deepnote_async.transport import Operation

T = TypeVar("T")

MAX_PAGE_SIZE = 100
MAX_EMPTY_PAGES = 100
REMEMBERED_PAGES = 2
"""A row can only shift into the next page, so two pages are enough to drop a row that comes twice."""


@frozen(kw_only=True)
class Page(Generic[T]):
    """One page of a list.

    Attributes:
        items: its rows.
        next_cursor: where the next page begins; None on the last page. Opaque, and tied to the filters of the list.
    """

    items: tuple[T, ...]
    next_cursor: str | None = None


class FetchPage(Protocol[T]):
    """Reads one page from the service."""

    def __call__(self, cursor: str | None, page_size: int | None, /) -> Awaitable[Page[T]]:
        """Read the page at a cursor, None for the first one."""
        ...


class AsyncPaginator(Generic[T]):
    """A list of the service, read page by page while it is iterated.

    Iterate it for the items, or its `pages()` for pages whose `next_cursor` a later program can resume from. Rows that
    show up again because the list shifted between two pages are dropped. Memory does not grow with the list.

    Example:
        >>> async for project in client.projects.list(name_contains="report"):
        ...     print(project.name)
        >>> async for page in client.projects.list().pages(cursor=saved_cursor):
        ...     save(page.items, page.next_cursor)
    """

    def __init__(
        self,
        operation: Operation,
        fetch: FetchPage[T],
        key: Callable[[T], str],
        *,
        limit: int | None = None,
        page_size: int | None = None,
    ) -> None:
        if limit is not None and limit < 0:
            raise ValueError(f"limit must not be negative, got {limit}; leave it out for all items")
        if page_size is not None and not 1 <= page_size <= MAX_PAGE_SIZE:
            raise ValueError(f"page_size must lie between 1 and {MAX_PAGE_SIZE}, got {page_size}")
        self._operation = operation
        self._fetch = fetch
        self._key = key
        self._limit = limit
        self._page_size = page_size
        self._used = False

    def __repr__(self) -> str:
        return f"AsyncPaginator({self._operation.METHOD} {self._operation.PATH_TEMPLATE})"

    def __del__(self) -> None:
        if not getattr(self, "_used", True):
            warnings.warn(f"{self!r} was never iterated; use `async for`", RuntimeWarning, stacklevel=2)

    def __aiter__(self) -> AsyncIterator[T]:
        return _Items(self.pages())

    def pages(self, cursor: str | None = None) -> AsyncIterator[Page[T]]:
        """Iterate the pages.

        Args:
            cursor: the `next_cursor` of the page before the first one wanted; None begins at the beginning.

        Raises:
            DecodeError: the service repeats itself, so that the list would never end, or sends no `pagination`.
        """
        self._used = True
        return _Pages(self._operation, self._fetch, self._key, self._limit, self._page_size, cursor)


class _Pages(Generic[T]):
    def __init__(  # noqa: PLR0917  (made in one place)
        self,
        operation: Operation,
        fetch: FetchPage[T],
        key: Callable[[T], str],
        limit: int | None,
        page_size: int | None,
        cursor: str | None,
    ) -> None:
        self._operation = operation
        self._fetch = fetch
        self._key = key
        self._left = limit
        self._page_size = page_size
        self._cursor = cursor
        self._seen_cursors = {hash(cursor)} if cursor is not None else set()
        self._recent: deque[frozenset[str]] = deque(maxlen=REMEMBERED_PAGES)
        self._empty = 0
        self._done = limit == 0

    def __aiter__(self) -> AsyncIterator[Page[T]]:
        return self

    async def __anext__(self) -> Page[T]:
        if self._done:
            raise StopAsyncIteration
        page = await self._fetch(self._cursor, self._wanted())
        items = self._fresh(page.items)
        if self._left is not None:
            items = items[: self._left]
            self._left -= len(items)
        following = page.next_cursor or None
        self._advance(following, is_empty=not page.items)
        self._done = following is None or self._left == 0
        return Page(items=items, next_cursor=following)

    def _wanted(self) -> int | None:
        if self._left is None:
            return self._page_size
        return min(self._left, self._page_size or MAX_PAGE_SIZE)

    def _fresh(self, rows: tuple[T, ...]) -> tuple[T, ...]:
        fresh: dict[str, T] = {}
        for row in rows:
            identity = str(self._key(row))  # a service that sends something else than text is no reason to fall
            if not any(identity in page for page in self._recent):
                fresh.setdefault(identity, row)
        self._recent.append(frozenset(str(self._key(row)) for row in rows))
        return tuple(fresh.values())

    def _advance(self, following: str | None, *, is_empty: bool) -> None:
        self._cursor = following
        self._empty = self._empty + 1 if is_empty else 0
        if following is None:
            return
        if hash(following) in self._seen_cursors:
            raise self._endless("the cursor of an earlier page comes again, so the list would never end")
        if self._empty >= MAX_EMPTY_PAGES:
            raise self._endless(f"{self._empty} pages in a row were empty")
        self._seen_cursors.add(hash(following))

    def _endless(self, what: str) -> DecodeError:
        error = DecodeError(what, method=self._operation.METHOD, path=self._operation.PATH_TEMPLATE, status=200)
        error.pointer = "/pagination/nextPageToken"
        return error


class _Items(Generic[T]):
    def __init__(self, pages: AsyncIterator[Page[T]]) -> None:
        self._pages = pages
        self._rows: deque[T] = deque()

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        while not self._rows:
            self._rows.extend((await anext(self._pages)).items)
        return self._rows.popleft()
