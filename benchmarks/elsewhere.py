"""Work in processes of its own: nothing is shared with them, and none outlives the interest in what it finds.

`python -m benchmarks.elsewhere` is what they run: a pickled function with its arguments comes in, the results go out.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, TypeVar

A = TypeVar("A")
R = TypeVar("R")

ROOT = Path(__file__).resolve().parent.parent


def run_elsewhere(function: Callable[[A], R], arguments: Sequence[A], processes: int = 1) -> list[R]:
    """Call a function with each argument, in fresh processes side by side.

    A text has the same hash in all of them, so what takes it for a seed does the same every time.

    Args:
        function: a module's own function, which prints nothing.
        arguments: what it is called with; they and the results are pickled.
        processes: how many to share the arguments out to, like cards.

    Raises:
        RuntimeError: a process failed; the text is what it wrote.
    """
    count = min(processes, len(arguments))
    results: dict[int, R] = {}
    with ExitStack() as stack:
        started = [stack.enter_context(_worker(function, arguments[number::count])) for number in range(count)]
        for number, finish in enumerate(started):
            results.update(zip(range(number, len(arguments), count), finish(), strict=True))
    return [results[number] for number in range(len(arguments))]


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _worker(function: Callable[[A], R], arguments: Sequence[A]) -> Iterator[Callable[[], list[R]]]:
    """Start a process; gives what waits for its results."""
    with tempfile.TemporaryFile() as errors:
        # In a session of its own, so that Ctrl-C reaches it through us only and its end is never a traceback.
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.elsewhere"], cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": "0"},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, start_new_session=True,
        )  # fmt: skip

        def finish() -> list[R]:
            written = process.stdout.read() if process.stdout is not None else b""
            if process.wait():
                errors.seek(0)
                raise RuntimeError(f"a process of the benchmark failed:\n{errors.read().decode(errors='replace')}")
            results: list[R] = pickle.loads(written)  # noqa: S301  (a process of ours wrote it)
            return results

        with process:
            try:
                if process.stdin is not None:
                    _write(process.stdin, pickle.dumps((function, arguments)))
                yield finish
            finally:
                process.kill()  # it holds nothing that would need an orderly end


def _write(pipe: IO[bytes], work: bytes) -> None:
    """Hand over the work; the pipe stays open, for its end is the process's end."""
    try:
        pipe.write(work)
        pipe.flush()
    except BrokenPipeError:  # the process has failed already, and says why
        with suppress(BrokenPipeError):
            pipe.close()


def main() -> None:
    """Do the work that comes on standard input, and end when that does: whoever wanted it is gone then."""
    function, arguments = pickle.load(sys.stdin.buffer)  # noqa: S301  (the process that started this one wrote it)
    threading.Thread(target=_end_with_input, daemon=True).start()
    pickle.dump([function(argument) for argument in arguments], sys.stdout.buffer)


def _end_with_input() -> None:
    if not os.read(sys.stdin.fileno(), 1):
        os._exit(1)


if __name__ == "__main__":
    main()
