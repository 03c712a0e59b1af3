"""From figures to the rows of the tables, and what was promised."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence

from attrs import frozen

from benchmarks.waiting.scenario import Figures, Scenario

HEAD = (
    "median of the seeds", "req/run", "mean s", "p50 s", "p95 s", "max s", "429", "given up", "peak req/s", "pages",
    "started in s", "simulated in s",
)  # fmt: skip


@frozen(kw_only=True)
class Promise:
    """What the project has promised of one scenario; see `Target`. Seconds, requests per run, and a share.

    Attributes:
        requests: looks and pages per run, at most.
        mean: mean delay, at most.
        p95: delay that 95 of 100 runs stay below, at most; None if nothing was said.
        refused: share of looks and pages answered 429, at most; None if nothing was said.
        aim_requests: what one would like to see; None if nothing was said.
        aim_mean: what one would like to see; None if nothing was said.
    """

    requests: float
    mean: float
    p95: float | None = None
    refused: float | None = None
    aim_requests: float | None = None
    aim_mean: float | None = None


_FEW = Promise(requests=1.5, mean=2.2, p95=7, aim_requests=1.2, aim_mean=2.0)

PROMISES: Mapping[Scenario, Promise] = {
    Scenario(notebooks=1): _FEW,
    Scenario(notebooks=10): _FEW,
    Scenario(notebooks=100): Promise(requests=6, mean=3, p95=10),
    Scenario(notebooks=10, limit=10): Promise(requests=1.0, mean=4, refused=0.005),
}


def row(name: str, seen: Sequence[Figures]) -> list[str]:
    """Write what the seeds saw as a row under HEAD."""
    times: Sequence[Callable[[Figures], float]] = (
        lambda figures: figures.requests,
        lambda figures: figures.mean,
        *(lambda figures, share=share: figures.delay(share) for share in (0.5, 0.95, 1.0)),
    )
    shares: Sequence[Callable[[Figures], float]] = (lambda figures: figures.refused, lambda figures: figures.given_up)
    counts: Sequence[Callable[[Figures], float]] = (
        lambda figures: figures.counts.peak,
        lambda figures: figures.counts.pages,
        lambda figures: figures.starting,
    )
    return [
        name,
        *(f"{statistics.median(map(value, seen)):.2f}" for value in times),
        *(f"{statistics.median(map(value, seen)):.1%}" for value in shares),
        *(f"{statistics.median(map(value, seen)):.0f}" for value in counts),
        f"{statistics.median(figures.wall for figures in seen):.1f}",
    ]
