"""Run the benchmarks: `python -m benchmarks [GROUP ...]`. A missed target is printed; only a broken run fails."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks import absent
from benchmarks.group import Group, JsonValue, Settings

GROUPS: Mapping[str, str] = {
    "http": "benchmarks.http.group",
    "waiting": "benchmarks.waiting.group",
    "documents": "benchmarks.documents.group",
    "kernels": "benchmarks.kernels.group",
}
"""Where the function `measure` of each group stands; imported when it is its turn."""


def main() -> int:
    """Parse the command line, run the groups, and write their figures to a file if one is named."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"what to measure: {', '.join(GROUPS)} (all)")
    parser.add_argument("--quick", action="store_true", help="a smoke run of a few seconds; its figures mean nothing")
    parser.add_argument("--profile", action="store_true", help="say where the time goes instead of comparing")
    parser.add_argument("--seed", type=int, default=1, help="decides the order of measurements, and simulations (1)")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the frontier of waiting there, as SVG")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    arguments = parser.parse_args()
    names = arguments.groups or list(GROUPS)
    if unknown := sorted(set(names) - set(GROUPS)):
        parser.error(f"there is no group {', '.join(unknown)}; there is {', '.join(GROUPS)}")
    settings = Settings(quick=arguments.quick, profile=arguments.profile, seed=arguments.seed, plot=arguments.plot)
    figures: dict[str, JsonValue] = {"python": platform.python_version(), "quick": settings.quick}
    absent.hide()
    try:
        for name in names:
            measure: Group = importlib.import_module(GROUPS[name]).measure
            figures[name] = measure(settings)
    except KeyboardInterrupt:
        print("\nInterrupted; the server is gone.", file=sys.stderr, flush=True)
        # Everything is closed by now. An event loop that was only half made when the signal came would be complained of
        # while the interpreter shuts down, so it does not get to that.
        sys.stdout.flush()
        os._exit(130)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
