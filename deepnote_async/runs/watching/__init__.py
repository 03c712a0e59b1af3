"""Waiting for runs: one watcher for a client, which looks at all runs that anybody waits for."""

from deepnote_async.runs.watching.tracked import Held
from deepnote_async.runs.watching.watcher import Watcher

__all__ = ["Held", "Watcher"]
