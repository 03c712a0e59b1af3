"""Play one scenario through: `python -m benchmarks.waiting --notebooks 10 --runs 1000 --seed 1 [--limit 10]`."""

from __future__ import annotations

import argparse
import sys

from benchmarks.tables import table
from benchmarks.waiting.compare import COMPARISON_HEAD, figures_row
from benchmarks.waiting.jobs import Job, play
from benchmarks.waiting.rules import OURS, TEXTS, Rule
from benchmarks.waiting.scenario import Scenario


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
    parser.add_argument("--processes", type=int, help="others to simulate in, 0 for none (one for each core)")
    parser.add_argument("--rule", choices=TEXTS, default=OURS, help="who waits (our client)")
    parser.add_argument("--knob", type=float, default=1.0, help="of the rule; of ours, what a request costs (1)")
    arguments = parser.parse_args()
    scenario = Scenario(
        notebooks=arguments.notebooks, runs=arguments.runs, median=arguments.median, limit=arguments.limit,
        others=arguments.others,
    )  # fmt: skip
    rule = Rule(arguments.rule, arguments.knob)
    jobs = [Job(rule, scenario, seed) for seed in arguments.seed]
    rows = [
        figures_row(f"{scenario.name}: {rule.name}, seed {job.seed}", [figures])
        for job, figures in play(jobs, processes=arguments.processes).items()
    ]
    print(table(["", *COMPARISON_HEAD[1:]], rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
