"""The record of a Datalore run."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from deepnote_async.models import Run
from deepnote_async.runs import Artifact


@frozen(kw_only=True)
class DataloreRun(Run):
    """One execution of a Datalore notebook, as it stood when it was read.

    `status` is "running", "success" or "error": Datalore tells no more. While the run goes on, its free-text label
    stands in `extra["status"]`.

    Attributes:
        user_id: owner of the notebook.
        start_time: when it started; also `created_at`. None if the service did not say, or not in ISO 8601.
        end_time: when it ended; also `completed_at`. None while it has not.
        read_only: whether the token's owner may only view the notebook; None if the service did not say.
        update_report: "never" or "on success", as it was started with; None if the service did not say.
        direct_file_storage_write: whether it writes to the notebook's own files; None before 2026.1.
        artifacts: files it left: the executed notebook, at least.
    """

    user_id: str | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    read_only: bool | None = None
    update_report: str | None = None
    direct_file_storage_write: bool | None = None
    artifacts: tuple[Artifact, ...] = field(default=(), repr=False)
