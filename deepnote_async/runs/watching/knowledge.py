"""What a watcher learns of runs from what it sees: how old they are, how long they have lived, and when they end."""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import Final

from deepnote_async.models import Run
from deepnote_async.runs.watching.durations import Durations
from deepnote_async.runs.watching.tracked import TrackedRun

MAX_NOTEBOOKS: Final = 1000
"""Of so many notebooks it is remembered how long their runs take; those used longest ago are forgotten."""


class Knowledge:
    """What is known of the runs of all notebooks."""

    def __init__(self) -> None:
        self._general = Durations()
        self._durations: OrderedDict[str, Durations] = OrderedDict()
        self._service_clock = -math.inf  # how far it is ahead of the event loop's

    def durations(self, notebook_id: str | None) -> Durations:
        """Give what is known of a notebook's runs; of all, if the notebook is not known."""
        if notebook_id is None:
            return self._general
        durations = self._durations.setdefault(notebook_id, Durations(self._general))
        self._durations.move_to_end(notebook_id)
        if len(self._durations) > MAX_NOTEBOOKS:
            self._durations.popitem(last=False)
        return durations

    def saw(self, run: TrackedRun, state: Run, sent: float) -> None:
        """Learn from the state of a run, as a look that was sent at that time told it."""
        self._date(run, state, sent)
        if state.status.is_terminal:
            _count_end(run, state, sent)
        else:
            self.saw_again(run, sent)

    def saw_again(self, run: TrackedRun, sent: float) -> None:
        """Learn that a run went on at that time."""
        if run.is_aged and (age := sent - run.born) > run.lived:
            run.group.notebook.durations.lived(run.lived, age)
            run.lived = age

    def _date(self, run: TrackedRun, state: Run, sent: float) -> None:
        """Reckon how old a run is that was not started here.

        The service's clock has come at least to the latest moment that it wrote down. No clock of this machine is asked
        but the monotonic one; what is reckoned wrongly only makes looks rarer or more frequent, within bounds.
        """
        for moment in (state.created_at, state.completed_at):
            if moment is not None:
                self._service_clock = max(self._service_clock, moment.timestamp() - sent)
        if not run.is_aged and state.created_at is not None:
            run.born = min(sent, state.created_at.timestamp() - self._service_clock)
            run.lived = 0.0 if state.status.is_terminal else sent - run.born  # what was not watched does not count
            run.is_aged = True


def _count_end(run: TrackedRun, state: Run, sent: float) -> None:
    took, notebook = state.duration, run.group.notebook
    if took is None or took < 0:
        if not run.is_aged:
            return
        took = sent - run.born
    if notebook.durations.counts(run.run_id, keep=2 * notebook.joined) and took >= run.lived:
        notebook.durations.lived(run.lived, took)
        notebook.durations.ended(took)
