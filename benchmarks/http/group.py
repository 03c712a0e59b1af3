"""The group `http`: the stacks side by side, and the ratios between them that the project has promised."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from benchmarks.cores import choose, pinned
from benchmarks.group import JsonValue, Settings
from benchmarks.http.layers import profile_layers
from benchmarks.http.measure import Scenario, Window, Windows, ceiling, measure_window, plan
from benchmarks.http.report import FIGURES_HEAD, as_json, figure_rows, targets
from benchmarks.http.server import Server, serving
from benchmarks.http.stacks import STOCK_SNIFFIO, Opener, stacks
from benchmarks.http.stock import stock_package
from benchmarks.tables import table
from benchmarks.targets import TARGET_HEAD, target_row

_LATENCY = 0.1
_REPETITIONS = 5


def measure(settings: Settings) -> JsonValue:
    """Measure, print the tables, and give their figures.

    Raises:
        RuntimeError: the server or a stack does not work.
    """
    cores = choose()
    print("http: one read of a run through each stack, closed loop", flush=True)
    print(f"  {cores}", flush=True)
    with stock_package() as stock, serving([0.0, _LATENCY], cores.server) as server, pinned(cores.client):
        print(f"  server: pid {server.pid}", flush=True)
        if settings.profile:
            return profile_layers(server.url(0.0), quick=settings.quick)
        rate = asyncio.run(ceiling(server.ports[0.0], connections=32, seconds=0.2 if settings.quick else 1.0))
        print(f"  server: gives at least {rate:.0f} req/s to a client without an HTTP library, 32 in flight\n")
        windows = asyncio.run(_all_windows(settings, server, stacks(stock)))
    promised = targets(windows)
    print(table(FIGURES_HEAD, figure_rows(windows)), end="\n\n")
    print(table(TARGET_HEAD, map(target_row, promised)))
    print("Without latency a ratio is one of requests per second of the client's processor time.")
    return {"ceiling": rate, "cores": str(cores), **as_json(windows, promised)}


def _scenarios(names: Sequence[str], *, quick: bool) -> Mapping[Scenario, Sequence[str]]:
    """Name the stacks of each scenario; at many in flight sniffio makes no difference that would be worth the time."""
    short, long = (0.1, 0.3) if quick else (0.7, 2.0)
    few, some, many = (1, 32, 48) if quick else (1, 32, 300)
    scenarios = [*(Scenario(in_flight, 0.0, short) for in_flight in (few, some, many)), Scenario(many, _LATENCY, long)]
    return {
        scenario: [name for name in names if name != STOCK_SNIFFIO or scenario.in_flight < many]
        for scenario in scenarios
    }


async def _all_windows(settings: Settings, server: Server, openers: Mapping[str, Opener]) -> Windows:
    scenarios = _scenarios(list(openers), quick=settings.quick)
    windows: dict[tuple[Scenario, str], list[Window]] = {
        (scenario, stack): [] for scenario, names in scenarios.items() for stack in names
    }
    repetitions = 1 if settings.quick else _REPETITIONS
    for _, scenario, stack in plan(scenarios, repetitions, settings.seed):
        window = await measure_window(openers[stack], server.url(scenario.latency), scenario)
        windows[scenario, stack].append(window)
    return windows
