"""From windows to the two tables: what was measured, and what was promised."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence

from benchmarks.group import JsonValue
from benchmarks.http.measure import Scenario, Window, Windows
from benchmarks.http.stacks import FACADE, RAW_HTTPX, STOCK
from benchmarks.tables import figure
from benchmarks.targets import Target

FIGURES_HEAD = (
    "median of the repetitions", "req/CPU-s", "CPU us/req", "req/s", "busy", "kept waiting", "p50 ms", "p99 ms",
    "failed",
)  # fmt: skip
_STOCK_AT = 32

Figure = Callable[[Window], float]


def figure_rows(windows: Windows) -> list[list[str]]:
    """Write every scenario and stack as a row under FIGURES_HEAD."""
    rows = []
    for (scenario, stack), seen in windows.items():
        figures: Sequence[Figure] = (
            lambda window: window.per_cpu_second,
            lambda window: 1e6 / window.per_cpu_second,
            lambda window: window.per_second,
        )
        times: Sequence[Figure] = (lambda window: window.p50 * 1000, lambda window: window.p99 * 1000)
        shares: Sequence[Figure] = (
            lambda window: window.cpu / window.wall,
            lambda window: window.kept_waiting / window.wall,
        )
        rows.append([
            f"{scenario.name}: {stack}",
            *(figure(statistics.median(map(value, seen))) for value in figures),
            *(f"{statistics.median(map(share, seen)):.0%}" for share in shares),
            *(figure(statistics.median(map(value, seen))) for value in times),
            str(sum(window.failures for window in seen)),
        ])  # fmt: skip
    return rows


def targets(windows: Windows) -> list[Target]:
    """Compute, per repetition, the ratios that the project has promised."""
    scenarios = list(dict.fromkeys(scenario for scenario, _ in windows))
    found: list[Target] = []
    for scenario in scenarios:
        if scenario.latency:
            found += _with_latency(windows, scenario)
        else:
            found += _without_latency(windows, scenario)
    return found


def _without_latency(windows: Windows, scenario: Scenario) -> list[Target]:
    promised: list[tuple[str, float, float | None]] = [(RAW_HTTPX, 0.7, 0.8)]
    if scenario.in_flight == _STOCK_AT:
        promised.append((STOCK, 5, None))
    return [
        Target(
            f"{FACADE} / {other}, {scenario.name}",
            _ratios(windows, scenario, other, lambda window: window.per_cpu_second),
            bound,
            aim=aim,
            beside=_ratios(windows, scenario, other, lambda window: window.per_second),
        )
        for other, bound, aim in promised
    ]


def _with_latency(windows: Windows, scenario: Scenario) -> list[Target]:
    facade = windows[scenario, FACADE]
    ideal = scenario.in_flight / scenario.latency
    return [
        Target(f"{FACADE} / ideal {ideal:g} req/s, {scenario.name}", [seen.per_second / ideal for seen in facade], 0.8),
        Target(
            f"{FACADE} / {RAW_HTTPX} by wall clock, {scenario.name}",
            _ratios(windows, scenario, RAW_HTTPX, lambda window: window.per_second),
            0.9,
        ),
        Target(
            f"{FACADE} p99 / latency, {scenario.name}",
            [seen.p99 / scenario.latency for seen in facade],
            1.6,
            at_most=True,
        ),
    ]


def _ratios(windows: Windows, scenario: Scenario, other: str, value: Figure) -> list[float]:
    pairs = zip(windows[scenario, FACADE], windows[scenario, other], strict=True)
    return [value(ours) / value(theirs) for ours, theirs in pairs]


def as_json(windows: Windows, promised: Sequence[Target]) -> dict[str, JsonValue]:
    """Give every window and every target as plain values."""
    return {
        "windows": [
            {
                "in_flight": scenario.in_flight, "latency": scenario.latency, "stack": stack, "repetition": repetition,
                "answers": seen.answers, "failures": seen.failures, "wall": seen.wall, "cpu": seen.cpu,
                "p50": seen.p50, "p99": seen.p99, "kept_waiting": seen.kept_waiting,
            }
            for (scenario, stack), all_seen in windows.items()
            for repetition, seen in enumerate(all_seen)
        ],
        "targets": [
            {"name": target.name, "ratios": list(target.ratios), "median": target.median, "bound": target.bound,
             "at_most": target.at_most, "met": target.met}
            for target in promised
        ],
    }  # fmt: skip
