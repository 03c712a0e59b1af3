"""The group `waiting`: what waiting for many runs costs, beside other clients' rules and what was promised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.group import JsonValue, Settings
from benchmarks.tables import table
from benchmarks.targets import TARGET_HEAD, Target, target_row
from benchmarks.waiting.compare import COMPARISON_HEAD, FRONTIER, FRONTIER_HEAD, Comparison
from benchmarks.waiting.jobs import Results, play
from benchmarks.waiting.lone import MEDIAN_SECONDS, Lone
from benchmarks.waiting.memory import measure_waits
from benchmarks.waiting.plot import ascii_plot, svg_plot
from benchmarks.waiting.sockets import measure_sockets

_ACROSS, _UP = "mean delay in seconds", "requests per run"


def measure(settings: Settings) -> JsonValue:
    """Simulate and measure, print the tables, and give their figures."""
    if settings.profile:
        print("waiting: has no profile")
        return {}
    comparison, lone = Comparison(settings.seed, settings.quick), Lone(settings.seed, settings.quick)
    print("waiting: runs of 60 s (lognormal), started 50 per second, in a simulated service and in virtual time")
    results = play([*comparison.jobs, *lone.jobs])
    print(table(COMPARISON_HEAD, comparison.rows(results)), end="\n\n")
    print(f"The frontier, {FRONTIER.name}: each rule as its knob is turned")
    print(table(FRONTIER_HEAD, comparison.frontier_rows(results)), end="\n\n")
    print(ascii_plot(comparison.curves(results), _ACROSS, _UP), end="\n\n")
    print(f"Few runs of {MEDIAN_SECONDS:g} s on a notebook that others flood: looks and pages per run of ours")
    print(table(lone.head, lone.rows(results)), end="\n\n")
    if settings.plot is not None:
        title = f"Waiting for {FRONTIER.runs} runs of {FRONTIER.name}"
        settings.plot.write_text(svg_plot(comparison.curves(results), title, _ACROSS, _UP), encoding="utf-8")
    waits = measure_waits(500 if settings.quick else 10_000)
    print(waits, end="\n\n")
    sockets = measure_sockets(20 if settings.quick else 200, 0.2 if settings.quick else 1.0, settings.seed)
    print(sockets, end="\n\n")
    promised = [*comparison.targets(results), *lone.targets(results), waits.target]
    print(table(("promised, per seed", *TARGET_HEAD[1:-1]), (target_row(target)[:-1] for target in promised)))
    return {
        "simulations": _as_json(results),
        "waits": {"runs": waits.runs, "bytes": waits.traced, "resident": waits.resident, "share": waits.share},
        "sockets": {"runs": sockets.runs, "requests": sockets.requests, "delays": sorted(sockets.delays)},
        "targets": [_target_as_json(target) for target in promised],
    }


def _as_json(results: Results) -> Sequence[Mapping[str, JsonValue]]:
    return [
        {
            "rule": job.rule.kind, "knob": job.rule.knob, "notebooks": job.scenario.notebooks,
            "runs": job.scenario.runs, "limit": job.scenario.limit, "others": job.scenario.others,
            "median": job.scenario.median, "seed": job.seed, "requests": figures.requests,
            "looks": figures.counts.looks, "pages": figures.counts.pages,
            "refused": figures.refused, "given_up": figures.given_up,
            "mean": figures.mean, "p95": figures.delay(0.95), "peak": figures.counts.peak,
            "starting": figures.starting, "wall": figures.wall,
        }
        for job, figures in results.items()
    ]  # fmt: skip


def _target_as_json(target: Target) -> Mapping[str, JsonValue]:
    return {
        "name": target.name, "ratios": list(target.ratios), "median": target.median, "bound": target.bound,
        "at_most": target.at_most, "met": target.met,
    }  # fmt: skip
