"""Fetch what a run left, in whichever of three forms the service hands it out.

`inline` puts the document into the answer, `downloadUrl` an address to fetch it from, `blocks` the outputs alone. Not
every server knows all three, and some tokens get one only, whatever was asked for.
https://deepnote.com/docs/api-reference/runs
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Literal, TypeAlias, TypeVar, get_args

import anyio
from attrs import frozen

from deepnote_async.errors import (
    AuthenticationError,
    BadRequestError,
    CallError,
    DecodeError,
    NotFoundError,
    PermissionDeniedError,
    SnapshotError,
)
from deepnote_async.resources.wire import given, normalised_run, run_record
from deepnote_async.runs import SnapshotAnswer
from deepnote_async.runs.wait import TRANSIENT
from deepnote_async.transport import CallOptions, Deadline, Transport
from deepnote_async_api import models as wire
from deepnote_async_api.api.runs import get_run
from deepnote_async_api.types import UNSET

log = logging.getLogger("deepnote_async")

T = TypeVar("T")
SnapshotDelivery: TypeAlias = Literal["inline", "downloadUrl", "blocks"]

ALL: tuple[SnapshotDelivery, ...] = get_args(SnapshotDelivery)
"""In the order in which they are tried after the one that was chosen."""

_HAS_EXPIRED = (BadRequestError, AuthenticationError, PermissionDeniedError)
"""What hosts say of an address whose time is over."""


def checked_delivery(delivery: SnapshotDelivery) -> SnapshotDelivery:
    """Return a delivery, if it is one.

    Raises:
        ValueError: it is none.
    """
    if delivery not in ALL:
        raise ValueError(f"snapshot_delivery must be one of {', '.join(map(repr, ALL))}, not {delivery!r}")
    return delivery


class Refusals:
    """Which deliveries the service refuses. One for each client: what is learnt from one run holds for all others."""

    def __init__(self) -> None:
        self._refused: set[SnapshotDelivery | None] = set()

    async def first_taken(
        self,
        wanted: Sequence[SnapshotDelivery | None],
        look: Callable[[SnapshotDelivery | None], Awaitable[T]],
    ) -> T:
        """Give the first look that the service does not refuse.

        A 400 may have another reason. So a delivery counts as refused only once another one was taken, and each is
        tried once, those that were refused before last.

        Raises:
            BadRequestError: it refuses all of them; this is what it said first.
        """
        first: BadRequestError | None = None
        tried: list[SnapshotDelivery | None] = []
        try:
            for delivery in sorted(wanted, key=self._refused.__contains__):
                try:
                    answer = await look(delivery)
                except BadRequestError as error:
                    first = first or error
                    tried.append(delivery)
                else:
                    self._learn(tried, delivery)
                    return answer
            raise first or ValueError("no delivery was wanted")
        finally:
            del first  # it holds this frame, and the frame would hold it

    def _learn(self, refused: Sequence[SnapshotDelivery | None], taken: SnapshotDelivery | None) -> None:
        self._refused.discard(taken)
        for delivery in refused:
            if delivery not in self._refused:
                log.info("the service refuses snapshotDelivery=%s; %s is asked for from now on", delivery, taken)
            self._refused.add(delivery)


@frozen(kw_only=True)
class _Look:
    """An answer to GET /v2/runs/{runId}.

    Attributes:
        asked: the delivery that was asked for; None for the service's own choice.
        run: the run.
        rows: `snapshotBlocks` as it came: most looks have no use for it, and it can be large.
    """

    asked: SnapshotDelivery | None
    run: wire.Run
    rows: object


class SnapshotFetcher:
    """Looks at runs, and fetches what they left.

    Args:
        transport: the connection.
        chosen: the delivery that is asked for first.
    """

    def __init__(self, transport: Transport, chosen: SnapshotDelivery) -> None:
        self._transport = transport
        self._chosen: SnapshotDelivery = chosen
        self._refusals = Refusals()

    async def look(self, run_id: str, options: CallOptions) -> wire.Run:
        """Read where a run stands."""
        # With an address in place of the document a look stays small. It is also what comes without being asked for.
        deadline = self._transport.deadline(options)
        return (await self._look(run_id, ("downloadUrl", None), options, deadline)).run

    async def fetch(self, run_id: str, options: CallOptions, first: SnapshotDelivery | None = None) -> SnapshotAnswer:
        """Read a run together with what it left, within the time of one call.

        Args:
            run_id: the run.
            options: see CallOptions.
            first: the delivery to ask for first; None for the chosen one.

        Raises:
            SnapshotError: it is there, but cannot be fetched from its address.
            CallError: the service could not be asked, or refuses every delivery.
        """
        asked = first or self._chosen
        wanted: list[SnapshotDelivery | None] = [asked, *(delivery for delivery in ALL if delivery != asked)]
        deadline = self._transport.deadline(options)
        found = await self._look(run_id, wanted, options, deadline)
        try:
            return await self._answer(found, options, deadline)
        except _HAS_EXPIRED:
            pass  # a new look brings a new address
        found = await self._look(run_id, wanted, options, deadline)
        try:
            return await self._answer(found, options, deadline)
        except _HAS_EXPIRED as error:
            raise _unfetched(error, found.run.run_id) from error

    async def _look(
        self, run_id: str, wanted: Sequence[SnapshotDelivery | None], options: CallOptions, deadline: Deadline
    ) -> _Look:
        async def look(delivery: SnapshotDelivery | None) -> _Look:
            asked = UNSET if delivery is None else wire.SnapshotDelivery(delivery)
            request = get_run.build_request(run_id, snapshot_delivery=asked)
            read = partial(_read, delivery)
            return await self._transport.call(get_run, request, read, **_within(deadline, options))

        return await self._refusals.first_taken(wanted, look)

    async def _answer(self, found: _Look, options: CallOptions, deadline: Deadline) -> SnapshotAnswer:
        """Take what was asked for if it came, else the document, else what its address leads to, else the blocks."""
        run = run_record(found.run)
        content, address = given(found.run.snapshot_content), given(found.run.snapshot_download_url)
        if found.rows and found.asked == "blocks":
            return SnapshotAnswer(run=run, rows=_checked(found.rows, list, "snapshotBlocks", run.run_id))
        if content:
            return SnapshotAnswer(run=run, content=_checked(content, str, "snapshotContent", run.run_id))
        if address:
            content = await self._download(address, run.run_id, _within(deadline, options))
            if content:
                return SnapshotAnswer(run=run, content=content)
        rows = _checked(found.rows, list, "snapshotBlocks", run.run_id) if found.rows else []
        return SnapshotAnswer(run=run, rows=rows)

    async def _download(self, address: str, run_id: str, options: CallOptions) -> str | None:
        """Fetch a document; None if it is gone."""
        try:
            found = await self._transport.download(address, f"snapshot of run {run_id}", **options)
        except NotFoundError:
            return None
        except _HAS_EXPIRED:
            raise
        except (CallError, ValueError) as error:
            # Not the error itself: it would pass for one of the service.
            raise _unfetched(error, run_id) from error
        return found.content.decode("utf-8-sig", "replace")


def _read(asked: SnapshotDelivery | None, body: dict[str, Any]) -> _Look:
    run = normalised_run(body)
    rows = run.pop("snapshotBlocks", None)
    return _Look(asked=asked, run=wire.Run.from_dict(run), rows=rows)


def _within(deadline: Deadline, options: CallOptions) -> CallOptions:
    """Give the options of one of several calls that share their time."""
    if deadline.allowed is None:
        return options
    return {**options, "timeout": max(0.0, deadline.at - anyio.current_time())}


def _unfetched(error: CallError | ValueError, run_id: str) -> SnapshotError:
    failure = SnapshotError(f"The snapshot cannot be fetched: {error}", run_id=run_id)
    failure.is_passing = isinstance(error, TRANSIENT)
    return failure


def _checked(value: object, kind: type[T], name: str, run_id: str) -> T:
    """Return a field of a run, if it is of its kind: the generated model lets others through.

    Raises:
        DecodeError: it is of another kind.
    """
    if isinstance(value, kind):
        return value
    error = DecodeError(
        f"/run/{name} cannot be read in the answer: it is a {type(value).__name__}",
        method=get_run.METHOD,
        path=get_run.PATH_TEMPLATE,
        run_id=run_id,
    )
    error.pointer = f"/run/{name}"
    raise error
