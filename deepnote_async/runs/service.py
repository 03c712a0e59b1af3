"""What the run engine needs of a service."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias, Unpack, runtime_checkable

from attrs import field, frozen

from deepnote_async.errors import UnsupportedError
from deepnote_async.events import RunEvent
from deepnote_async.models import Run
from deepnote_async.pagination import Page
from deepnote_async.runs.artifacts import Artifact
from deepnote_async.snapshot import Block, Snapshot
from deepnote_async.transport import CallOptions

if TYPE_CHECKING:
    from deepnote_async.runs.watching.watcher import Watcher


log = logging.getLogger("deepnote_async")


@frozen(kw_only=True)
class Contents:
    """What the document of a run says.

    Attributes:
        blocks: the blocks of the notebook that ran, in document order.
        init_blocks: the blocks of the notebook that ran before it, where the project has one.
        snapshot: the whole document, where it is a Deepnote snapshot.
    """

    blocks: tuple[Block, ...] = field(default=(), repr=False)
    init_blocks: tuple[Block, ...] = field(default=(), repr=False)
    snapshot: Snapshot | None = field(default=None, repr=False)


Reader: TypeAlias = Callable[[str | bytes, str | None], Contents]
"""Reads a document, text or bytes, given the id of the notebook that ran if it is known; called in a worker thread."""


def read_snapshot(content: str | bytes, notebook_id: str | None) -> Contents:
    """Read a Deepnote snapshot.

    Raises:
        SnapshotError: it cannot be read.
    """
    snapshot = Snapshot.parse(content)
    notebook = snapshot.notebook(notebook_id)
    init = snapshot.init_notebook
    return Contents(
        blocks=notebook.blocks if notebook else (),
        init_blocks=init.blocks if init and init is not notebook else (),
        snapshot=snapshot,
    )


def read_rows(rows: Sequence[object]) -> Contents:
    """Read the blocks of the notebook that ran where they came without a document; what is no block is left out."""
    blocks: list[Block] = []
    for number, row in enumerate(rows):
        if isinstance(row, Mapping):
            blocks.append(Block.from_dict(row, len(blocks)))
        else:
            log.warning("row %d of the blocks of a run is left out: it is a %s", number, type(row).__name__)
    return Contents(blocks=tuple(blocks))


@frozen(kw_only=True)
class SnapshotAnswer:
    """One look for what an ended run left.

    Attributes:
        run: the run.
        content: its document, if it is there yet; as bytes where it was fetched from an address, since making text of
            many of them takes a while and may fail, which is for the worker thread that reads it.
        rows: the blocks of the notebook that ran, where they came instead of the document.
        reader: reads that document; each service has its own kind.
        artifacts: files it left beside.
    """

    run: Run
    content: str | bytes | None = field(default=None, repr=False)
    rows: Sequence[object] = field(default=(), repr=False)
    reader: Reader = field(default=read_snapshot, repr=False)
    artifacts: tuple[Artifact, ...] = ()

    @property
    def has_arrived(self) -> bool:
        """Whether there is something to read."""
        return bool(self.content or self.rows)


class StatusRow(NamedTuple):
    """A run as a page of a list tells it, hardly decoded: a page has a hundred, and few of them have changed.

    Attributes:
        run_id: the run.
        status: its status, as the service writes it.
        read: reads the rest.
    """

    run_id: str
    status: str
    read: Callable[[], Run]


class StatusPage(NamedTuple):
    """A page of a notebook's runs.

    Attributes:
        rows: the runs in the order of the list; rows that cannot be read are left out.
        next_cursor: what asks for the page after it; None if there is none.
    """

    rows: tuple[StatusRow, ...]
    next_cursor: str | None


class RunService(Protocol):
    """A service that runs notebooks."""

    @property
    def watcher(self) -> Watcher:
        """Looks at the runs that are waited for."""
        ...

    @property
    def is_throttled(self) -> bool:
        """Whether the service has refused requests for their rate lately, so that looks have to be fewer."""
        ...

    @property
    def name(self) -> str:
        """Short name of the service, as it stands in a saved handle."""
        ...

    def report(self, event: RunEvent) -> None:
        """Tell the client's user of a run that changed."""
        ...

    async def get(self, run_id: str, **options: Unpack[CallOptions]) -> Run:
        """Read where a run stands, as cheaply as the service can."""
        ...

    async def fetch_snapshot(self, run_id: str, **options: Unpack[CallOptions]) -> SnapshotAnswer:
        """Read a run together with the document it left, and how to read that."""
        ...


@runtime_checkable
class RunLister(RunService, Protocol):
    """A service that can also list the runs of a notebook, which is what finding a lost run takes."""

    async def newest_runs(
        self, notebook_id: str, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> Page[Run]:
        """Read a page of the notebook's runs, newest first and as long as the service allows."""
        ...

    async def fetch_document(self, run_id: str, **options: Unpack[CallOptions]) -> SnapshotAnswer:
        """Do as `fetch_snapshot`, but ask for the document: it alone surely tells what the run was started with."""
        ...

    async def look_at_page(
        self, notebook_id: str, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> StatusPage:
        """Read such a page for the statuses alone, as cheaply as can be."""
        ...


def lister_of(service: RunService) -> RunLister:
    """Give a service as one that lists runs.

    Raises:
        UnsupportedError: it cannot.
    """
    if not isinstance(service, RunLister):
        raise UnsupportedError(
            f"{service.name} cannot list runs, so a lost start could not be looked for; nothing was sent. "
            "Leave out on_unknown and run_key_input"
        )
    return service
