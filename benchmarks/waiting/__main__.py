"""Play one scenario through: `python -m benchmarks.waiting --notebooks 10 --runs 1000 --seed 1 [--limit 10]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping

from benchmarks.tables import table
from benchmarks.waiting.report import HEAD, row
from benchmarks.waiting.rivals import exponential, fixed, listing, looking, proportional, vendor
from benchmarks.waiting.scenario import Scenario, simulate
from benchmarks.waiting.ways import Way, ours

RIVALS: Mapping[str, Way] = {
    "vendor": vendor,
    "fixed1": looking(fixed(1)),
    "expo": looking(exponential(1, 1.5, 10)),
    "prop": looking(proportional(0.1)),
    "list1": listing(fixed(1)),
    "listprop": listing(proportional(0.1)),
}


def main() -> int:
    """Parse the command line, simulate, and print a row for each seed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.waiting", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--notebooks", type=int, default=10, help="how many the runs are spread over (10)")
    parser.add_argument("--runs", type=int, default=1000, help="how many there are (1000)")
    parser.add_argument("--median", type=float, default=60.0, help="of their durations, in seconds (60)")
    parser.add_argument("--limit", type=float, help="looks and pages per second that are answered (all)")
    parser.add_argument("--others", type=float, default=0.0, help="other people's runs per second and notebook (0)")
    parser.add_argument("--seed", type=int, nargs="+", default=[1], help="one row for each (1)")
    parser.add_argument("--factor", type=float, default=1.0, help="what a request is taken to cost (1)")
    parser.add_argument("--apart", action="store_true", help="start through another client than the one that waits")
    parser.add_argument("--rival", choices=RIVALS, help="wait by another rule than our client's")
    arguments = parser.parse_args()
    scenario = Scenario(
        notebooks=arguments.notebooks, runs=arguments.runs, median=arguments.median, limit=arguments.limit,
        others=arguments.others,
    )  # fmt: skip
    way = RIVALS[arguments.rival] if arguments.rival else ours(arguments.factor, apart=arguments.apart)
    rows = [row(f"{scenario.name}, seed {seed}", [simulate(way, scenario, seed)]) for seed in arguments.seed]
    print(table(["", *HEAD[1:]], rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
