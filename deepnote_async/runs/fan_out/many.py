"""What a fan-out is told, checked before anything starts, and its inputs, read one by one."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping
from typing import Literal, TypeAlias, TypeVar

from attrs import frozen

from deepnote_async.runs.fan_out.outcome import Inputs
from deepnote_async.transport import check_timeout

T = TypeVar("T")
OnError: TypeAlias = Literal["collect", "raise", "stop"]
Many: TypeAlias = Iterable[T] | AsyncIterable[T]

ORDERED_WINDOW = 4
"""With `ordered`, so many times `concurrency` inputs are in hand at most: read, and their outcome not taken."""


@frozen(kw_only=True)
class MapOptions:
    """What a fan-out is told beside its inputs; see `client.runs.map`."""

    concurrency: int
    timeout: float | None
    total_timeout: float | None
    ordered: bool
    on_error: OnError
    outputs: bool

    @property
    def window(self) -> int:
        """How many inputs are in hand at most."""
        return self.concurrency * (ORDERED_WINDOW if self.ordered else 1)

    def check(self) -> None:
        """Refuse what makes no sense.

        Raises:
            TypeError: something is of another kind than it must be.
            ValueError: a number is too small, or `on_error` is none of the three.
        """
        if isinstance(self.concurrency, bool) or not isinstance(self.concurrency, int):
            raise TypeError(f"concurrency takes a whole number of runs, not {type(self.concurrency).__name__}")
        if self.concurrency < 1:
            raise ValueError(f"concurrency must be at least 1, got {self.concurrency}")
        check_timeout(self.timeout)
        try:
            check_timeout(self.total_timeout)
        except (TypeError, ValueError) as error:
            raise type(error)(f"total_{error}") from None
        if self.on_error not in {"collect", "raise", "stop"}:
            raise ValueError(f"on_error takes 'collect', 'raise' or 'stop', not {self.on_error!r}")


class ManyInputs:
    """The inputs of a fan-out, read one at a time.

    Args:
        many: an iterable, whose `next` is called in the event loop, or an async iterable.
        name: the name of the argument, for messages.

    Raises:
        TypeError: it is neither, or one mapping, or text.
    """

    def __init__(self, many: object, name: str) -> None:
        if isinstance(many, Mapping | str | bytes | bytearray):
            raise TypeError(f"{name} takes an iterable of mappings, one for each run, not one {type(many).__name__}")
        if not isinstance(many, Iterable | AsyncIterable):
            raise TypeError(f"{name} takes an iterable or async iterable of mappings, not {type(many).__name__}")
        self.name = name
        self._many = many
        self._items: Iterator[object] | AsyncIterator[object] | None = None

    async def read(self) -> object:
        """Read the next item.

        Raises:
            StopAsyncIteration: there is none left.
            Exception: what the iterable raises.
        """
        if self._items is None:
            self._items = aiter(self._many) if isinstance(self._many, AsyncIterable) else iter(self._many)
        if isinstance(self._items, AsyncIterator):
            return await anext(self._items)
        try:
            return next(self._items)
        except StopIteration:
            raise StopAsyncIteration from None

    def checked(self, index: int, item: object) -> Inputs:
        """Give the inputs of a run, as a copy: the iterable may use its mapping again for the next ones.

        Raises:
            TypeError: the item is no mapping.
        """
        if item is None:
            return None
        if not isinstance(item, Mapping):
            raise TypeError(f"{self.name}[{index}] is a {type(item).__name__}; each item must be a mapping, or None")
        return dict(item)
