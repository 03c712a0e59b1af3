"""What notebooks declare, read once for each and kept; many who ask at once share one reading."""

from __future__ import annotations

import copy
import math
from collections import OrderedDict
from collections.abc import Collection
from typing import Final, TypeVar

import anyio
from attrs import define, field

from deepnote_async.errors import APIError, CallError, DeadlineExceededError
from deepnote_async.models import JsonObject, NotebookInput
from deepnote_async.resources.blocks import Blocks
from deepnote_async.resources.notebooks import Notebooks
from deepnote_async.transport import CallOptions, Deadline, Transport
from deepnote_async_api.api.notebooks import get_notebook

T = TypeVar("T")

MOST_KEPT: Final = 256
"""So many notebooks' declarations are kept; the one not used for longest goes first."""


REFUSED_SECONDS: Final = 60.0
"""Whoever may not read a notebook is not sent to ask again for so long, where it can be done without."""

REFUSALS: Final = frozenset({400, 401, 403, 404, 405, 409})


@define(kw_only=True, eq=False)
class Declaration:
    """What a notebook declares.

    Attributes:
        notebook_id: the notebook.
        inputs: its inputs, in document order.
        read_at: when it was read, in seconds of the event loop's clock.
        settings: settings of input blocks by the block's id, as far as they were needed; None for those that cannot be
            read.
        learning: held by whoever reads settings.
    """

    notebook_id: str
    inputs: tuple[NotebookInput, ...]
    read_at: float
    settings: dict[str, JsonObject | None] = field(factory=dict)
    learning: anyio.Lock = field(factory=anyio.Lock, repr=False)


class Reading:
    """A declaration on its way.

    Attributes:
        ended: set when it has come, or will not.
        found: the declaration.
        error: why there is none; None also if whoever read it was cancelled or out of time, which is no reason for
            others to give up: the next of them reads it.
    """

    __slots__ = ("ended", "error", "found")

    def __init__(self) -> None:
        self.ended = anyio.Event()
        self.found: Declaration | None = None
        self.error: CallError | None = None


class Declarations:
    """The declarations of a client.

    Each is read by one of those who want it, in that one's own task and time. So nothing goes on when nobody waits.
    """

    def __init__(self, transport: Transport) -> None:
        self._notebooks = Notebooks(transport)
        self._blocks = Blocks(transport)
        self._kept: OrderedDict[str, Declaration] = OrderedDict()
        self._readings: dict[str, Reading] = {}
        self._refused: OrderedDict[str, float] = OrderedDict()

    def was_refused(self, notebook_id: str) -> bool:
        """Whether the service refused, a short while ago, to tell what a notebook declares."""
        refused_at = self._refused.get(notebook_id, -math.inf)
        return anyio.current_time() - refused_at < REFUSED_SECONDS

    async def get(self, notebook_id: str, deadline: Deadline, options: CallOptions) -> Declaration:
        """Give what a notebook declares, reading it if it is not kept.

        Args:
            notebook_id: the notebook.
            deadline: how long it may take.
            options: those of the call that needs it; its timeout does not count here.

        Raises:
            CallError: it cannot be read.
        """
        while True:
            kept = self._kept.get(notebook_id)
            if kept is not None:
                self._kept.move_to_end(notebook_id)
                return kept
            reading = self._readings.get(notebook_id)
            if reading is None:
                return await self._read(notebook_id, within(deadline, options))
            with anyio.CancelScope(deadline=deadline.at):
                await reading.ended.wait()
            if not reading.ended.is_set():
                raise _late(deadline)
            if reading.error is not None:
                raise copy.copy(reading.error)
            if reading.found is not None:
                return reading.found

    def forget(self, declaration: Declaration) -> None:
        """Drop a declaration that may be out of date, unless another has taken its place."""
        if self._kept.get(declaration.notebook_id) is declaration:
            del self._kept[declaration.notebook_id]

    async def learn_settings(
        self, declaration: Declaration, block_ids: Collection[str], deadline: Deadline, options: CallOptions
    ) -> None:
        """Read the settings of blocks, unless that was done or tried before. What cannot be read stays unknown."""
        with anyio.CancelScope(deadline=deadline.at):
            async with declaration.learning:
                for block_id in block_ids:
                    if block_id not in declaration.settings:
                        declaration.settings[block_id] = await self._settings(block_id, within(deadline, options))

    async def _settings(self, block_id: str, options: CallOptions) -> JsonObject | None:
        try:
            return (await self._blocks.get(block_id, **options)).metadata
        except CallError:
            return None

    async def _read(self, notebook_id: str, options: CallOptions) -> Declaration:
        reading = self._readings[notebook_id] = Reading()
        try:
            notebook = await self._notebooks.get(notebook_id, **options)
        except DeadlineExceededError:
            raise  # the time was this caller's own
        except CallError as error:
            reading.error = error
            if isinstance(error, APIError) and error.status in REFUSALS:
                _keep(self._refused, notebook_id, anyio.current_time())
            raise
        else:
            found = Declaration(notebook_id=notebook_id, inputs=notebook.inputs, read_at=anyio.current_time())
            reading.found = found
            _keep(self._kept, notebook_id, found)
            return found
        finally:
            del self._readings[notebook_id]
            reading.ended.set()


def _keep(kept: OrderedDict[str, T], notebook_id: str, value: T) -> None:
    kept[notebook_id] = value
    kept.move_to_end(notebook_id)
    if len(kept) > MOST_KEPT:
        kept.popitem(last=False)


def within(deadline: Deadline, options: CallOptions) -> CallOptions:
    """Give the options of a call that has to be over by then."""
    left = None if deadline.allowed is None else max(0.0, deadline.at - anyio.current_time())
    return {**options, "timeout": left}


def _late(deadline: Deadline) -> DeadlineExceededError:
    late = DeadlineExceededError(
        f"What the notebook declares, which another call was reading, did not come within {deadline.allowed:g} s",
        method=get_notebook.METHOD,
        path=get_notebook.PATH_TEMPLATE,
        elapsed=deadline.allowed or 0.0,
    )
    late.sent = "no"
    return late
