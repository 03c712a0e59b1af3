"""In which order the runs of a notebook are listed, and what is wrong with the list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from attrs import field, frozen

from deepnote_emulator.checks import check_choice, check_whole

Order = Literal["newest", "oldest", "shuffled"]
Repeats = Literal["rows", "pages"]


@frozen
class Listing:
    """How the runs of a notebook are listed. Deepnote gives the newest first, but no page promises it.

    Args:
        order: "newest" or "oldest" first, or "shuffled": some order that later runs do not change.
        seed: what "shuffled" is drawn from.
        repeats: what is wrong with the pages: "rows", each begins with the last row of the one before (if it has room
            for two); "pages", every token leads to the first page again, for ever.
        created_at: whether the rows have their `createdAt`.

    Raises:
        ValueError: a value is none of these; the text names it.

    Example:
        >>> emulator.listing = Listing("oldest", repeats="rows")
    """

    order: Order = "newest"
    seed: int = field(default=0, kw_only=True)
    repeats: Repeats | None = field(default=None, kw_only=True)
    created_at: bool = field(default=True, kw_only=True)

    def __attrs_post_init__(self) -> None:
        check_choice("order", self.order, get_args(Order))
        check_whole("seed", self.seed, 0)
        if self.repeats is not None:
            check_choice("repeats", self.repeats, get_args(Repeats))

    def numbers(self, count: int) -> Sequence[int]:
        """Give the numbers of so many runs, from 1, in the order of the list; costs nothing unless it is shuffled."""
        if self.order == "newest":
            return range(count, 0, -1)
        if self.order == "oldest":
            return range(1, count + 1)
        return sorted(range(1, count + 1), key=lambda number: hash((self.seed, number)))

    def first(self, after: int | None, size: int) -> int:
        """Tell with which row of the list a page begins, from 0.

        Args:
            after: which row the page before ended with; None for the first page.
            size: how many rows the page has room for.
        """
        if after is None or self.repeats == "pages":
            return 0
        return after if self.repeats == "rows" and size > 1 else after + 1
