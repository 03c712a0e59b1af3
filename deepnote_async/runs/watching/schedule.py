"""When to look: a pure function, so that it can be tested in no time at all.

A look costs a request; not looking costs the time for which ended runs go unnoticed. If a run ends with the chance h
per second and was last seen u seconds ago, it has, on average, been waiting unnoticed for h * u * u / 2 seconds. A look
is due when these seconds, summed over the runs that it answers for, reach its price. So looks gather where runs usually
end, and grow rarer where they hardly do. The price of a look grows with the number of runs that may share it: one
run alone is looked at more eagerly than its cost would justify, a hundred at once are not a hundred times as urgent.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

LONE_PRICE: Final = 0.107
"""Unnoticed seconds for which one look is spent that answers for one run."""
SHARING: Final = 0.57
"""The price grows with this power of the number of runs that share a look."""
MAX_SHARING: Final = 100
"""As many as one page of the list holds."""
THROTTLED: Final = 2.5
"""How much dearer looks are while the service refuses requests for their rate."""
LONGEST_SECONDS: Final = 30.0
"""No run is left unseen for longer if it can be helped."""
JITTER: Final = 0.1
_MASK: Final = (1 << 64) - 1


def price_of_look(sharing: float, *, throttled: bool = False) -> float:
    """Give the unnoticed seconds for which a look is worth its request.

    Args:
        sharing: how many runs may share a look.
        throttled: whether the service refuses requests for their rate.

    Example:
        >>> price_of_look(1) < price_of_look(100) < 100 * price_of_look(1)
        True
    """
    price: float = LONE_PRICE * min(max(sharing, 1), MAX_SHARING) ** SHARING
    return price * THROTTLED if throttled else price


def next_look(runs: Iterable[tuple[float, float]], price: float, *, hint: float = 0.0, seed: int = 0) -> float:
    """Give the seconds to the next look at some runs that one look answers for.

    Args:
        runs: of each, the seconds since it was seen, `math.inf` if it never was, and its chance per second to end.
        price: unnoticed seconds for which a look is spent, see `price_of_look`.
        hint: seconds that the service asked to wait; never shortened.
        seed: keeps looks apart that would come together.

    Example:
        >>> next_look([(math.inf, 1.0)], price_of_look(1))
        0.0
        >>> round(next_look([(0.0, 0.02)], price_of_look(1), seed=1), 1)
        3.4
    """
    unnoticed = growing = chances = oldest = 0.0
    for unseen, chance in runs:
        unnoticed += chance * unseen * unseen / 2
        growing += chance * unseen
        chances += chance
        oldest = max(oldest, unseen)
    due = max(0.0, min(_seconds_to(price, unnoticed, growing, chances), LONGEST_SECONDS - oldest))
    return max(due * (1 + JITTER * _spread(seed)), hint)


def _seconds_to(price: float, unnoticed: float, growing: float, chances: float) -> float:
    """Solve unnoticed + growing * s + chances * s * s / 2 = price for s."""
    if unnoticed >= price:
        return 0.0
    if chances <= 0:
        return math.inf
    return (math.sqrt(growing * growing + 2 * chances * (price - unnoticed)) - growing) / chances


def _spread(seed: int) -> float:
    """Give a figure from 0 to 1 that looks random (the finishing step of splitmix64)."""
    mixed = (seed * 0x9E3779B97F4A7C15 + 0x9E3779B97F4A7C15) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return (mixed ^ (mixed >> 31)) / _MASK
