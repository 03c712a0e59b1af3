"""Which page of a notebook's list shows which run.

Nothing is promised of the list's order, so nothing is taken for granted: new runs are looked for on the newest page;
those it does not show on the page after it; and what a page did not show is looked at alone. A page that has shown a
run is asked again with the same cursor, so the runs of a fan-out come to lie on pages that each answer for up to a
hundred of them, whatever is started later.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from deepnote_async.runs.watching.tracked import Group, TrackedRun, WatchedNotebook

LAG_SECONDS: Final = 2.0
"""A run may take so long to show in the list without being missed."""


def place(run: TrackedRun, notebook: WatchedNotebook, now: float) -> Group:
    """Put a run where it is looked for first; gives the group."""
    notebook.add(now)
    group = notebook.top if notebook.lists(now) and not run.is_unlisted else Group(notebook)
    group.runs[run] = None
    run.group = group
    return group


def remove(run: TrackedRun) -> None:
    """Take a run away that nobody waits for any more."""
    run.group.runs.pop(run, None)
    run.group.notebook.tracked -= 1


def expected_on(group: Group, now: float) -> list[TrackedRun]:
    """Give the runs that a look at the group's page, sent now, has to show."""
    if not group.is_top:
        return list(group.runs)
    return [run for run in group.runs if run.is_placed or not run.is_aged or now - run.born > LAG_SECONDS]


def sort_in(
    group: Group, expected: Collection[TrackedRun], shown: Collection[TrackedRun], cursor: str | None
) -> set[Group]:
    """Put every run where the next look will find it, after a page was read.

    Args:
        group: the page's.
        expected: the runs it had to show.
        shown: those that it showed and that go on, of any group of the notebook.
        cursor: what asks for the page after it; None if there is none.

    Returns:
        The groups that have changed.
    """
    there = set(shown)
    for run in shown:
        run.is_placed, run.is_unlisted = True, False
    missing = [run for run in expected if run not in there and run.group is group and run.waits]
    passed, group.passed = group.passed, frozenset()
    return _gather(group, shown, there) | _look_further(group, missing, passed, there, cursor)


def leave_pages(group: Group) -> set[Group]:
    """Look at each run of a group alone from now on; gives the new groups."""
    return {_alone(run, is_unlisted=False) for run in list(group.runs)}


def may_return(run: TrackedRun, now: float) -> bool:
    """Whether a run that left the pages for their own sake can be looked for there again."""
    return not run.group.is_page and not run.is_unlisted and run.group.notebook.lists(now)


def move_to_top(run: TrackedRun) -> set[Group]:
    """Look for a run on the newest page again; gives the groups that have changed."""
    top = run.group.notebook.top
    _move([run], top)
    return {top}


def _look_further(
    group: Group,
    missing: Collection[TrackedRun],
    passed: frozenset[TrackedRun],
    there: set[TrackedRun],
    cursor: str | None,
) -> set[Group]:
    """Look for the missing runs on the next page where that promises something, else alone.

    A service that gives the same pages again and again promises nothing, so only what no page before showed counts.
    """
    below: Group | None = None
    fresh = len(there - passed)
    changed: set[Group] = set()
    for run in missing:
        was_pushed = group.is_top or not run.is_placed
        if cursor is not None and was_pushed and (fresh > 1 or (group.is_top and len(missing) > 1)):
            below = below or Group(group.notebook, cursor=cursor, passed=passed | there)
            run.is_placed = False
            _move([run], below)
        else:
            changed.add(_alone(run, is_unlisted=True))
    return changed if below is None else {*changed, below}


def _gather(group: Group, shown: Iterable[TrackedRun], there: set[TrackedRun]) -> set[Group]:
    """Let a page answer for what it showed: what was alone or on the newest page, and whole pages that it covers."""
    changed = {group}
    for run in shown:
        donor = run.group
        if donor is group or (donor.is_top and not donor.runs):
            continue
        if not donor.is_page or (donor.is_top and group.cursor is not None):
            changed.add(donor)
            _move([run], group)
        elif not donor.is_top and not group.is_top and not donor.is_busy and donor.runs.keys() <= there:
            changed.add(donor)
            _move(list(donor.runs), group)
    return changed


def _alone(run: TrackedRun, *, is_unlisted: bool) -> Group:
    run.is_unlisted, run.is_placed = is_unlisted, False
    group = Group(run.group.notebook)
    _move([run], group)
    return group


def _move(runs: Iterable[TrackedRun], group: Group) -> None:
    for run in runs:
        run.group.runs.pop(run, None)
        group.runs[run] = None
        run.group = group
