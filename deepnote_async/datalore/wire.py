"""From the generated models to the public records. No Unset gets past this module."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, TypeVar

from datalore_async_api import models as wire
from datalore_async_api.types import Unset
from deepnote_async.datalore.models import DataloreRun
from deepnote_async.models import RunStatus
from deepnote_async.runs import Artifact
from deepnote_async.runs.artifacts import ArtifactSource

T = TypeVar("T")
_SIGNS = frozenset({"endTime", "notebookId", "startTime", "status", "success"})
"""Fields that only a run has; one without its id is taken for the one that was asked for."""


def run_record(body: dict[str, Any], run_id: str, source: ArtifactSource) -> DataloreRun:
    """Read a run object.

    `endTime` alone tells that a run has ended, and only `success: true` that it ended well; `status` is a label for
    people that is gone by then. No other field can make a run unreadable, since that would lose it to whoever waits;
    but an object with nothing of a run in it is none, or a wait for it would never end.

    Args:
        body: the JSON object; changed in place.
        run_id: the run that was asked for.
        source: opens the artifacts.
    """
    run = wire.NotebookRun.from_dict(_normalised(body, run_id))
    ended = bool(given(run.end_time))
    start_time, end_time = _moment(given(run.start_time)), _moment(given(run.end_time))
    artifacts = tuple(Artifact(name=item.name, path=item.path, source=source) for item in given(run.artifacts) or ())
    label = given(run.status)
    return DataloreRun(
        run_id=run.run_id,
        notebook_id=given(run.notebook_id),
        status=_status(ended=ended, succeeded=run.success is True),
        created_at=start_time,
        completed_at=end_time,
        snapshot_status=_snapshot_status(ended=ended, artifacts=artifacts),
        user_id=given(run.user_id),
        start_time=start_time,
        end_time=end_time,
        read_only=given(run.read_only),
        update_report=str(report) if (report := given(run.update_report)) else None,
        direct_file_storage_write=given(run.direct_file_storage_write),
        artifacts=artifacts,
        extra=run.additional_properties | ({"status": label} if label is not None else {}),
    )


def executed_notebook(artifacts: tuple[Artifact, ...]) -> Artifact | None:
    """Find the executed notebook: the first `.ipynb`."""
    return next((artifact for artifact in artifacts if artifact.name.lower().endswith(".ipynb")), None)


def given(value: T | Unset) -> T | None:
    """Turn a field that the service left out into None."""
    return None if isinstance(value, Unset) else value


def _normalised(body: dict[str, Any], run_id: str) -> dict[str, Any]:
    """Drop, in place, what says nothing: nulls, artifacts without name or path, a report setting that is no text."""
    for name in [name for name, value in body.items() if value is None]:
        del body[name]
    if _SIGNS.intersection(body):
        body.setdefault("runId", run_id)
    if not isinstance(body.get("updateReport"), str):
        body.pop("updateReport", None)
    artifacts = body.get("artifacts", [])
    body["artifacts"] = [item for item in artifacts if _is_artifact(item)] if isinstance(artifacts, list) else []
    return body


def _is_artifact(item: object) -> bool:
    return isinstance(item, Mapping) and isinstance(item.get("name"), str) and isinstance(item.get("path"), str)


def _status(*, ended: bool, succeeded: bool) -> RunStatus:
    if not ended:
        return RunStatus.RUNNING
    return RunStatus.SUCCESS if succeeded else RunStatus.ERROR


def _snapshot_status(*, ended: bool, artifacts: tuple[Artifact, ...]) -> str:
    if not ended:
        return "pending"
    return "available" if executed_notebook(artifacts) else "unavailable"


def _moment(text: str | None) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(text) if text else None
    except (TypeError, ValueError):
        return None
    return moment.replace(tzinfo=dt.UTC) if moment is not None and moment.tzinfo is None else moment
