"""Where the time of the facade goes, next to that of raw httpx over the same backend."""

from __future__ import annotations

import asyncio
import cProfile
from collections.abc import Mapping
from types import CodeType

from benchmarks.group import JsonValue
from benchmarks.http.measure import Scenario, measure_window
from benchmarks.http.stacks import FACADE, RAW_HTTPX, Call, Opener, facade, raw_httpx
from benchmarks.tables import table

_IN_FLIGHT = 32

_LAYERS = (
    ("deepnote_async_api", "generated: request and model"),
    ("deepnote_async/transport/aiohttp_backend", "transport/aiohttp_backend"),
    ("deepnote_async/transport/policy", "transport/policy"),
    ("deepnote_async/transport/call", "transport/call"),
    ("deepnote_async/transport", "transport, the rest"),
    ("deepnote_async", "resources and records"),
    ("httpx/_models", "httpx: requests and answers"),
    ("httpx/_url", "httpx: addresses"),
    ("urllib/parse", "httpx: addresses"),
    ("ipaddress", "httpx: addresses"),
    ("re/", "httpx: addresses"),
    ("urllib/request", "httpx: cookies"),
    ("http/cookie", "httpx: cookies"),
    ("email/", "httpx: cookies"),
    ("httpx", "httpx, the rest"),
    ("anyio", "anyio"),
    ("contextlib", "context managers"),
    ("aiohttp", "aiohttp and yarl"),
    ("aiosignal", "aiohttp and yarl"),
    ("yarl", "aiohttp and yarl"),
    ("multidict", "aiohttp and yarl"),
    ("asyncio", "asyncio and sockets"),
    ("selectors", "asyncio and sockets"),
    ("json", "json"),
)
"""What a file belongs to: the first part of a path that is found in its name decides. The parts of the standard library
that only httpx uses here count as httpx's."""
_OTHER = "everything else"


def profile_layers(url: str, *, quick: bool) -> JsonValue:
    """Profile both stacks, print the cost of each layer, and give the figures in microseconds of a request."""
    seconds = 0.2 if quick else 4.0
    costs = {name: asyncio.run(_layer_costs(opener, url, seconds)) for name, opener in _PROFILED.items()}
    layers = list(dict.fromkeys([*(name for _, name in _LAYERS), _OTHER]))
    rows = []
    for layer in layers:
        ours, theirs = (costs[name].get(layer, 0.0) for name in (FACADE, RAW_HTTPX))
        rows.append([layer, f"{ours:.1f}", f"{theirs:.1f}", f"{ours - theirs:+.1f}"])
    sums = [sum(costs[name].values()) for name in (FACADE, RAW_HTTPX)]
    rows.append(["together", *(f"{cost:.1f}" for cost in sums), f"{sums[0] - sums[1]:+.1f}"])
    print(f"\nown time of each layer, CPU us of a request, {_IN_FLIGHT} in flight")
    print(table(["layer", FACADE, RAW_HTTPX, "difference"], rows))
    print("The sums are measured without the profiler; the profiler only shares them out, and is rough at that:")
    print("it makes many small calls look dearer than few large ones.")
    return {"layers": costs}


_PROFILED: Mapping[str, Opener] = {FACADE: facade, RAW_HTTPX: raw_httpx}


async def _layer_costs(opener: Opener, url: str, seconds: float) -> dict[str, float]:
    scenario = Scenario(_IN_FLIGHT, 0.0, seconds)
    plain = await measure_window(opener, url, scenario)
    profiler = cProfile.Profile()
    async with opener(url) as call:
        await _some_calls(call)
        profiler.enable()
        try:
            await asyncio.gather(*(_some_calls(call) for _ in range(_IN_FLIGHT)))
        finally:
            profiler.disable()
    shares = _own_times(profiler)
    scale = 1e6 / plain.per_cpu_second / sum(shares.values())
    return {layer: share * scale for layer, share in shares.items()}


async def _some_calls(call: Call) -> None:
    for _ in range(100):
        await call()


def _own_times(profiler: cProfile.Profile) -> dict[str, float]:
    """Add up own times by layer; what runs in C counts for whoever called it, and waiting for nobody."""
    times: dict[str, float] = {}
    for entry in profiler.getstats():
        if not isinstance(entry.code, CodeType):
            continue
        in_c = sum(
            called.inlinetime
            for called in entry.calls or ()
            if isinstance(called.code, str) and "select.epoll" not in called.code
        )
        layer = _layer_of(entry.code.co_filename)
        times[layer] = times.get(layer, 0.0) + entry.inlinetime + in_c
    return times


def _layer_of(filename: str) -> str:
    # attrs names the methods that it makes after the dotted path of their class.
    path = filename.replace("\\", "/") if "/" in filename else filename.replace(".", "/")
    return next((layer for part, layer in _LAYERS if f"/{part}" in path or f" {part}" in path), _OTHER)
