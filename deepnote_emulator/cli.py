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
        emulator = Emulator(
            options.notebooks,
            port=options.port,
            token=options.token,
            max_kernels=options.max_kernels,
            engine=options.engine,
        )
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
        "--engine",
        choices=get_args(EngineName),
        default="kernel",
        help="what runs notebooks: real kernels, or nothing at all (default: kernel)",
    )
    return parser


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
