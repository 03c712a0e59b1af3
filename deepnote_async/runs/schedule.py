"""When to look at a run again: a pure function, so that it can be tested in no time at all."""

from __future__ import annotations

import random

FIRST_SECONDS = 0.25
GROWTH = 0.1
LONGEST_SECONDS = 5.0
JITTER = 0.1


def next_look(age: float, seed: int) -> float:
    """Give the seconds to the next look at a run.

    Looks come quickly while a run is young and grow rarer with its age, a tenth of it between two looks, so that the
    delay stays small against the run's own length. The jitter only lengthens.

    Args:
        age: seconds since the wait began.
        seed: keeps waits apart that began together.

    Example:
        >>> 0.25 <= next_look(0.0, seed=1) <= 0.275
        True
    """
    interval = min(max(FIRST_SECONDS, GROWTH * age), LONGEST_SECONDS)
    return interval * (1 + JITTER * random.Random(f"{seed}/{age:.3f}").random())  # noqa: S311  (spreads load)
