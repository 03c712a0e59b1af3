"""Fetch what a run left, in whichever of three forms the service hands it out.

`inline` puts the document into the answer, `downloadUrl` an address to fetch it from, `blocks` the outputs alone. Not
every server knows all three, and some tokens get one only, whatever was asked for.
https://deepnote.com/docs/api-reference/runs
"""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
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
    ResponseTooLargeError,
    SnapshotError,
)
from deepnote_async.resources.wire import given, normalised_run, run_record
from deepnote_async.runs import SnapshotAnswer
from deepnote_async.runs.wait import TRANSIENT
from deepnote_async.transport import CallOptions, Deadline, Transport
from deepnote_async_api import models as wire
from deepnote_async_api.api.runs import get_run

log = logging.getLogger("deepnote_async")

T = TypeVar("T")
SnapshotDelivery: TypeAlias = Literal["inline", "downloadUrl", "blocks"]

ALL: tuple[SnapshotDelivery, ...] = get_args(SnapshotDelivery)
"""In the order in which they are tried after the one that was chosen."""

REFUSED_SECONDS = 600.0
"""How long a refused delivery is asked for only where nothing else is taken."""
DOUBTFUL_RUNS = 3
"""So many runs in a row teach that a delivery is refused, if no refusal says that it is about the delivery."""

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
    """Which deliveries the service refuses. One for each client: what is learnt from one run holds for all others.

    A 400 may have another reason, also where another delivery is taken after it. So it teaches at once only if it names
    the parameter or the delivery, and else when it has come for several runs in a row. Nothing is learnt for good: what
    is refused now may be taken after the next release of the service.
    """

    def __init__(self) -> None:
        self._refused_until: dict[SnapshotDelivery, float] = {}
        self._doubts: dict[SnapshotDelivery, set[str]] = {}

    async def first_taken(
        self,
        run_id: str,
        wanted: Sequence[SnapshotDelivery],
        look: Callable[[SnapshotDelivery], Awaitable[T]],
    ) -> T:
        """Give the first look that the service does not refuse.

        Each delivery is tried once, those that were refused lately last.

        Raises:
            BadRequestError: it refuses all of them; this is what it said first, and nothing is learnt of it.
        """
        first: BadRequestError | None = None
        tried: dict[SnapshotDelivery, bool] = {}
        try:
            for delivery in sorted(wanted, key=self._is_refused):
                try:
                    answer = await look(delivery)
                except BadRequestError as error:
                    first = first or error
                    tried[delivery] = _names(error, delivery)
                else:
                    self._learn(run_id, tried, delivery)
                    return answer
            raise first or ValueError("no delivery was wanted")
        finally:
            del first  # it holds this frame, and the frame would hold it

    def _is_refused(self, delivery: SnapshotDelivery) -> bool:
        return anyio.current_time() < self._refused_until.get(delivery, -math.inf)

    def _learn(self, run_id: str, refused: Mapping[SnapshotDelivery, bool], taken: SnapshotDelivery) -> None:
        self._refused_until.pop(taken, None)
        self._doubts.pop(taken, None)
        for delivery, is_named in refused.items():
            doubts = self._doubts.setdefault(delivery, set())
            doubts.add(run_id)
            if not is_named and len(doubts) < DOUBTFUL_RUNS and not self._is_refused(delivery):
                continue
            if not self._is_refused(delivery):
                log.info("the service refuses snapshotDelivery=%s; %s is asked for from now on", delivery, taken)
            del self._doubts[delivery]
            self._refused_until[delivery] = anyio.current_time() + REFUSED_SECONDS


def _names(refusal: BadRequestError, delivery: SnapshotDelivery) -> bool:
    """Whether a refusal speaks of the parameter, or of the value that it had."""
    said = refusal.message.lower()
    return "delivery" in said or delivery.lower() in said


@frozen(kw_only=True)
class _Look:
    """An answer to GET /v2/runs/{runId}.

    Attributes:
        asked: the delivery that was asked for; None if the look was for the status only.
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
        # Nothing is asked for, so nothing can be refused; what comes then is an address and not the document.
        request = get_run.build_request(run_id)
        return (await self._transport.call(get_run, request, partial(_read, None), **options)).run

    async def fetch(self, run_id: str, options: CallOptions, first: SnapshotDelivery | None = None) -> SnapshotAnswer:
        """Read a run together with what it left, within the time of one call.

        Args:
            run_id: the run.
            options: see CallOptions.
            first: the delivery to ask for first; None for the chosen one.

        Raises:
            SnapshotError: it is there, but cannot be fetched from its address, or is too large.
            CallError: the service could not be asked, or refuses every delivery.
        """
        asked = first or self._chosen
        wanted: list[SnapshotDelivery] = [asked, *(delivery for delivery in ALL if delivery != asked)]
        deadline = self._transport.deadline(options)
        try:
            return await self._fetch(run_id, wanted, options, deadline)
        except ResponseTooLargeError:
            pass  # what is too large within an answer may not be by itself
        try:
            return await self._fetch(run_id, ["downloadUrl"], options, deadline)
        except (ResponseTooLargeError, BadRequestError) as error:
            raise _unfetched(error, run_id) from error

    async def _fetch(
        self, run_id: str, wanted: Sequence[SnapshotDelivery], options: CallOptions, deadline: Deadline
    ) -> SnapshotAnswer:
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
        self, run_id: str, wanted: Sequence[SnapshotDelivery], options: CallOptions, deadline: Deadline
    ) -> _Look:
        async def look(delivery: SnapshotDelivery) -> _Look:
            request = get_run.build_request(run_id, snapshot_delivery=wire.SnapshotDelivery(delivery))
            read = partial(_read, delivery)
            return await self._transport.call(get_run, request, read, **_within(deadline, options))

        return await self._refusals.first_taken(run_id, wanted, look)

    async def _answer(self, found: _Look, options: CallOptions, deadline: Deadline) -> SnapshotAnswer:
        """Take what was asked for if it came, else the document, else what its address leads to, else the blocks."""
        run = run_record(found.run)
        content, address = given(found.run.snapshot_content), given(found.run.snapshot_download_url)
        if found.rows and found.asked == "blocks":
            return SnapshotAnswer(run=run, rows=_checked(found.rows, list, "snapshotBlocks", run.run_id))
        if content:
            return SnapshotAnswer(run=run, content=_checked(content, str, "snapshotContent", run.run_id))
        if address:
            is_pending = run.snapshot_status == "pending"
            document = await self._download(address, run.run_id, _within(deadline, options), is_pending=is_pending)
            if document:
                return SnapshotAnswer(run=run, content=document)
        rows = _checked(found.rows, list, "snapshotBlocks", run.run_id) if found.rows else []
        return SnapshotAnswer(run=run, rows=rows)

    async def _download(self, address: str, run_id: str, options: CallOptions, *, is_pending: bool) -> bytes | None:
        """Fetch a document; None if it is gone, or not there yet: some hosts refuse what they do not have."""
        try:
            found = await self._transport.download(address, f"snapshot of run {run_id}", **options)
        except NotFoundError:
            return None
        except PermissionDeniedError:
            if is_pending:
                return None
            raise
        except _HAS_EXPIRED:
            raise
        except (CallError, ValueError) as error:
            # Not the error itself: it would pass for one of the service.
            raise _unfetched(error, run_id) from error
        return found.content


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
