"""The run engine: start, wait, read the result. It reaches a service only through the Protocol in `service.py`."""

from deepnote_async.runs.artifacts import Artifact
from deepnote_async.runs.failure import Failure
from deepnote_async.runs.fan_out import Follow, Many, MapOptions, MapStats, OnError, Outcome, Outcomes, map_runs
from deepnote_async.runs.handle import RunHandle
from deepnote_async.runs.reconcile import OnUnknown, start_and_resolve
from deepnote_async.runs.registry import StartRegistry
from deepnote_async.runs.result import RunResult
from deepnote_async.runs.runkey import RunKey
from deepnote_async.runs.service import Contents, RunLister, RunService, SnapshotAnswer, StatusPage, StatusRow
from deepnote_async.runs.start import start_run
from deepnote_async.runs.watching import Watcher

__all__ = [
    "Artifact",
    "Contents",
    "Failure",
    "Follow",
    "Many",
    "MapOptions",
    "MapStats",
    "OnError",
    "OnUnknown",
    "Outcome",
    "Outcomes",
    "RunHandle",
    "RunKey",
    "RunLister",
    "RunResult",
    "RunService",
    "SnapshotAnswer",
    "StartRegistry",
    "StatusPage",
    "StatusRow",
    "Watcher",
    "map_runs",
    "start_and_resolve",
    "start_run",
]
