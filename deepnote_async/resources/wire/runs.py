"""Runs: the shapes that servers are known to send, and the record they become."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from deepnote_async.models import Run, RunStatus
from deepnote_async.resources.wire.values import given, moment
from deepnote_async_api import models as wire


def normalised_run(body: dict[str, Any]) -> dict[str, Any]:
    """Bring, in place, the shapes of a run that servers are known to send into the one that the contract describes.

    `{run: {...}}` or the bare run; `runId` or `id`; `completedAt` or `finishedAt`; an error as text or as an object
    with a message; the snapshot flat or in an object of its own.
    """
    changed: dict[str, Any] = body["run"] if isinstance(body.get("run"), dict) else body
    for name, other in (("runId", "id"), ("completedAt", "finishedAt")):
        if changed.get(name) is None and changed.get(other) is not None:
            changed[name] = changed.pop(other)
    if isinstance(changed.get("error"), dict):
        changed["error"] = str(changed["error"].get("message") or changed["error"])
    nested = changed.pop("snapshot", None)
    if isinstance(nested, dict):
        inner = (
            ("snapshotContent", nested.get("snapshotContent")),
            ("snapshotDownloadUrl", nested.get("snapshotDownloadUrl", nested.get("downloadUrl"))),
            ("snapshotBlocks", nested.get("snapshotBlocks")),
        )
        changed.update({name: value for name, value in inner if changed.get(name) is None})
    for name in ("createdAt", "notebookId", "snapshotStatus", "projectId"):
        if changed.get(name, "") is None:
            del changed[name]
    return changed


def row_record(run: wire.Run | wire.ListNotebookRun) -> Run:
    """Wrap a run as a list tells it."""
    return Run(
        run_id=run.run_id,
        status=RunStatus(run.status.value),
        notebook_id=given(run.notebook_id),
        created_at=moment(run.created_at),
        completed_at=moment(run.completed_at),
        extra=run.additional_properties,
    )


def run_record(run: wire.Run) -> Run:
    """Wrap a run with what only a look at itself tells."""
    status, error, url = given(run.snapshot_status), given(run.error), given(run.view_url)
    return evolve(
        row_record(run),
        error=None if error is None else str(error),
        snapshot_status=str(status) if status else None,
        view_url=url if isinstance(url, str) else None,
    )
