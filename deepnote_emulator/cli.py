"""`deepnote-emulator serve`: run the emulator until it is told to stop."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType
from typing import get_args

from deepnote_emulator.emulator import Emulator
from deepnote_emulator.engines import EngineName
from deepnote_emulator.errors import EmulatorError
from deepnote_emulator.execution.outputs import OUTPUT_LIMIT
from deepnote_emulator.execution.simulated import SimulatedEngine
from deepnote_emulator.execution.simulation import Lognormal
from deepnote_emulator.limits import ParallelLimit, RateLimit
from deepnote_emulator.listing import Listing, Order

FAILURE = 2
_ENGINES: dict[EngineName, str] = {
    "kernel": "notebooks run with your rights, on this machine",
    "simulated": "notebooks are not executed, their runs are simulated",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code: 0, or 2 for what a user can mend."""
    options = _parser().parse_args(arguments)
    stop = threading.Event()
    try:
        emulator = _emulator(options)
        _stop_on_signals(stop)
        with emulator:
            _announce(emulator, options.engine)
            stop.wait()
    except (EmulatorError, ValueError) as error:
        print(f"deepnote-emulator: {error}", file=sys.stderr)
        return FAILURE
    print("deepnote-emulator: stopped", flush=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="deepnote-emulator", description="A local Deepnote that runs notebooks on real kernels of this machine."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="serve a folder of notebooks until Ctrl-C")
    serve.add_argument("--notebooks", required=True, metavar="DIR", help="folder of .ipynb and .deepnote files")
    serve.add_argument("--port", type=int, default=0, metavar="N", help="port on 127.0.0.1 (default: a free one)")
    serve.add_argument("--token", metavar="T", help="bearer token to ask for (default: a random one, printed)")
    serve.add_argument("--max-kernels", type=int, default=4, metavar="N", help="kernels at once (default: 4)")
    serve.add_argument(
        "--warm", action=argparse.BooleanOptionalAction, default=True, help="keep a spare kernel (default: yes)"
    )
    serve.add_argument(
        "--output-limit", type=int, default=OUTPUT_LIMIT, metavar="BYTES", help="of one block (default: 10 MiB)"
    )
    serve.add_argument(
        "--engine",
        choices=get_args(EngineName),
        default="kernel",
        help="what runs notebooks: real kernels, or nothing at all (default: kernel)",
    )
    _add_simulation(serve)
    _add_rules(serve)
    return parser


def _add_simulation(serve: argparse.ArgumentParser) -> None:
    simulated = serve.add_argument_group("with --engine simulated")
    simulated.add_argument("--median", type=float, metavar="S", help="seconds of half of the runs (default: no time)")
    simulated.add_argument("--sigma", type=float, metavar="X", help="how far the durations spread (default: 1)")
    simulated.add_argument("--error", type=float, metavar="SHARE", help="share of runs that fail (default: 0)")
    simulated.add_argument("--seed", type=int, metavar="N", help="what all that is drawn from (default: 0)")


def _add_rules(serve: argparse.ArgumentParser) -> None:
    rules = serve.add_argument_group("what clients are held to")
    rules.add_argument("--rate-limit", type=float, metavar="N", help="requests per second; more get 429")
    rules.add_argument("--max-parallel-runs", type=int, metavar="N", help="runs at once; further starts get 409")
    rules.add_argument("--list-order", choices=get_args(Order), default="newest", help="of runs (default: newest)")


def _emulator(options: argparse.Namespace) -> Emulator:
    return Emulator(
        options.notebooks,
        port=options.port,
        token=options.token,
        max_kernels=options.max_kernels,
        warm=options.warm,
        output_limit=options.output_limit,
        engine=_engine(options),
        rate_limit=RateLimit(options.rate_limit) if options.rate_limit is not None else None,
        parallel_limit=ParallelLimit(options.max_parallel_runs) if options.max_parallel_runs is not None else None,
        listing=Listing(options.list_order),
    )


def _engine(options: argparse.Namespace) -> EngineName | SimulatedEngine:
    given = {name: getattr(options, name) for name in ("median", "sigma", "error", "seed")}
    given = {name: value for name, value in given.items() if value is not None}
    if given and options.engine != "simulated":
        raise ValueError(f"--{next(iter(given))} is for --engine simulated")
    if "sigma" in given and "median" not in given:
        raise ValueError("--sigma is for --median")
    if not given:
        engine: EngineName = options.engine
        return engine
    law = {name: given.pop(name) for name in ("median", "sigma") if name in given}
    return SimulatedEngine(duration=Lognormal(**law) if law else None, **given)


def _announce(emulator: Emulator, engine: EngineName) -> None:
    print(f"deepnote-emulator: ready; {_ENGINES[engine]}. Ctrl-C stops.", flush=True)
    print(f"export DEEPNOTE_API_URL={emulator.url}")
    print(f"export DEEPNOTE_TOKEN={shlex.quote(emulator.token)}")
    for notebook in emulator.notebooks:
        print(f"# notebook {notebook.id}  {notebook.name}  ({notebook.path})")
    sys.stdout.flush()


def _stop_on_signals(stop: threading.Event) -> None:
    def handle(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handle)
