"""What is known of how long the runs of a notebook take: how likely one is to end, by its age.

Ages fall into bins that grow with them, three to a doubling. For each, the seconds that runs were seen to live through
it are counted, and the ends seen in it; their quotient is the chance of an end per second. Where little was seen, a
prior speaks: a run that has lived for t seconds will go on for about as long again, which is to say that its chance of
ending is some part of 1/t. For a notebook, that is mixed with what the client saw of all its notebooks: a weighted
geometric mean of both, so that a notebook of another kind is not waited for in vain.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import Final

PRIOR_SHARE: Final = 0.6
"""The chance of an end per second, times the age, of a run of which nothing is known."""
TRUST: Final = 0.75
"""How far what was seen of other notebooks goes into the prior of one, from 0 to 1."""
PRIOR_ENDS: Final = 2.0
"""How many ends the prior counts for."""
YOUNGEST_SECONDS: Final = 0.1
BINS_PER_DOUBLING: Final = 3
_BINS: Final = 72
_SHIFT: Final = 10  # the first bin ends at about 0.12 s, the last one begins after two weeks
_NEIGHBOUR: Final = 0.5
MAX_ENDS: Final = 2000.0
"""When so many were counted, all counts are halved: a notebook changes, and the newer runs tell more."""
MAX_COUNTED: Final = 1000


def bin_of(age: float) -> int:
    """Give the bin of an age in seconds.

    Example:
        >>> bin_of(1.0), bin_of(2.0)
        (10, 13)
    """
    if age <= YOUNGEST_SECONDS:
        return 0
    return min(max(math.floor(BINS_PER_DOUBLING * math.log2(age)) + _SHIFT, 0), _BINS - 1)


def _upper(index: int) -> float:
    return math.inf if index == _BINS - 1 else float(2 ** ((index + 1 - _SHIFT) / BINS_PER_DOUBLING))


_UPPER: Final = tuple(_upper(index) for index in range(_BINS))


class Durations:
    """How long runs take, of one notebook or of all that a client waits for.

    Args:
        general: what is known of all notebooks; told of everything that is told here.
    """

    __slots__ = ("_counted", "_ends", "_general", "_lived", "_total")

    def __init__(self, general: Durations | None = None) -> None:
        self._general = general
        self._ends = [0.0] * _BINS
        self._lived = [0.0] * _BINS
        self._total = 0.0
        self._counted: OrderedDict[str, None] = OrderedDict()

    def lived(self, since: float, until: float) -> None:
        """Note that a run lived from one age, in seconds, to another."""
        if self._general is not None:
            self._general.lived(since, until)
        index = bin_of(since)
        while since < until:
            end = min(until, _UPPER[index])
            self._lived[index] += max(end - since, 0.0)
            since, index = max(since, end), min(index + 1, _BINS - 1)

    def ended(self, age: float) -> None:
        """Note that a run ended at that age; that it lived until then is noted apart."""
        if self._general is not None:
            self._general.ended(age)
        self._ends[bin_of(age)] += 1
        self._total += 1
        if self._total > MAX_ENDS:
            self._total /= 2
            self._ends = [count / 2 for count in self._ends]
            self._lived = [seconds / 2 for seconds in self._lived]

    def counts(self, run_id: str, keep: int = MAX_COUNTED) -> bool:
        """Whether the end of this run is still to be counted; from now on it is not.

        Args:
            run_id: the run.
            keep: how many runs to remember, at least MAX_COUNTED: as many as pages may show again.
        """
        if run_id in self._counted:
            self._counted.move_to_end(run_id)
            return False
        self._counted[run_id] = None
        while len(self._counted) > max(keep, MAX_COUNTED):
            self._counted.popitem(last=False)
        return True

    def chance(self, age: float, steady: float) -> float:
        """Give the chance per second that a run ends now.

        Args:
            age: its age in seconds.
            steady: seconds since its state changed last; the prior takes a run that has just changed for a young one.
        """
        index = bin_of(age)
        prior = PRIOR_SHARE / max(min(age, steady), YOUNGEST_SECONDS)
        if self._general is not None:
            prior = prior ** (1 - TRUST) * self._general.chance(age, steady) ** TRUST
        before, after = max(index - 1, 0), min(index + 1, _BINS - 1)
        ends = self._ends[index] + _NEIGHBOUR * (self._ends[before] + self._ends[after])
        lived = self._lived[index] + _NEIGHBOUR * (self._lived[before] + self._lived[after])
        return (PRIOR_ENDS + ends) / (PRIOR_ENDS / prior + lived)
