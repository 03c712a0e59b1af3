"""What the run engine needs of a service."""

from __future__ import annotations

from typing import Protocol, Unpack

from attrs import field, frozen

from deepnote_async.models import Run
from deepnote_async.transport import CallOptions


@frozen(kw_only=True)
class SnapshotAnswer:
    """One look for the snapshot of an ended run: the run, and the document if it is there yet."""

    run: Run
    content: str | None = field(default=None, repr=False)


class RunService(Protocol):
    """A service that runs notebooks."""

    @property
    def name(self) -> str:
        """Short name of the service, as it stands in a saved handle."""
        ...

    async def get(self, run_id: str, **options: Unpack[CallOptions]) -> Run:
        """Read where a run stands, as cheaply as the service can."""
        ...

    async def fetch_snapshot(self, run_id: str, **options: Unpack[CallOptions]) -> SnapshotAnswer:
        """Read a run together with its snapshot."""
        ...
