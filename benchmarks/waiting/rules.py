"""Every rule that is compared, by name and knob, so that a simulation can be handed to another process."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import frozen

from benchmarks.waiting.rivals import exponential, fixed, listing, looking, proportional, vendor
from benchmarks.waiting.ways import Way, ours

OURS = "ours"
OURS_APART = "ours, apart"
OURS_LOOKING = "ours, looking"
VENDOR = "vendor"
FIXED = "fixed"
EXPONENTIAL = "exponential"
PROPORTIONAL = "proportional"
LISTS = "lists"
LISTS_PROPORTIONAL = "lists, proportional"

TEXTS: Mapping[str, str] = {
    OURS: "our client",
    OURS_APART: "our client, started through another",
    OURS_LOOKING: "our client, without lists",
    VENDOR: "vendor's clients",
    FIXED: "each run every {} s",
    EXPONENTIAL: "each run, 1 s x1.5 up to {} s",
    PROPORTIONAL: "each run at {} x its age",
    LISTS: "lists every {} s",
    LISTS_PROPORTIONAL: "lists at {} x the age",
}
"""What a rule is called; the braces stand for the knob."""

_MAKERS: Mapping[str, Callable[[float], Way]] = {
    OURS: ours,
    OURS_APART: lambda factor: ours(factor, apart=True),
    OURS_LOOKING: lambda factor: ours(factor, only_looks=True),
    VENDOR: lambda _: vendor,
    FIXED: lambda seconds: looking(fixed(seconds)),
    EXPONENTIAL: lambda longest: looking(exponential(1, 1.5, longest)),
    PROPORTIONAL: lambda share: looking(proportional(share)),
    LISTS: lambda seconds: listing(fixed(seconds)),
    LISTS_PROPORTIONAL: lambda share: listing(proportional(share)),
}


@frozen
class Rule:
    """A way to wait.

    Attributes:
        kind: one of the names above.
        knob: what is turned for the frontier; of our client, what a request is taken to cost.
    """

    kind: str
    knob: float = 1.0

    @property
    def name(self) -> str:
        """The rule as text."""
        return TEXTS[self.kind].format(f"{self.knob:g}")

    @property
    def uses_lists(self) -> bool:
        """Whether it matters to it how the runs are spread over notebooks."""
        return self.kind in {OURS, OURS_APART, LISTS, LISTS_PROPORTIONAL}

    def make(self) -> Way:
        """Make the way."""
        return _MAKERS[self.kind](self.knob)
