"""The same over real sockets and by the real clock: the emulator lets runs take seconds instead of minutes."""

from __future__ import annotations

import asyncio
import json
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from attrs import define, field, frozen

from benchmarks.waiting.scenario import STARTS_PER_SECOND
from deepnote_async import AsyncDeepnote
from deepnote_async.events import Event, RequestEvent

ROOT = Path(__file__).resolve().parent.parent.parent
NOTEBOOKS = 4
_PATIENCE_SECONDS = 120.0
_EMPTY = {"cells": [{"cell_type": "code", "source": "1", "metadata": {}, "outputs": [], "execution_count": None}],
          "metadata": {}, "nbformat": 4, "nbformat_minor": 4}  # fmt: skip


@define
class SocketRun:
    """What a run over real sockets saw.

    Attributes:
        runs: how many runs were waited for.
        median: of their durations, in seconds.
        requests: what waiting has cost.
        refused: how many of the requests were answered 429 or failed.
        delays: seconds from the end of a run, by the emulator's clock, to the moment the wait for it returned.
    """

    runs: int
    median: float
    requests: int = 0
    refused: int = 0
    delays: list[float] = field(factory=list)

    def __str__(self) -> str:
        delays = sorted(self.delays)
        mean, p95 = sum(delays) / len(delays), delays[round(0.95 * (len(delays) - 1))]
        return (
            f"Over sockets, {self.runs} runs of {self.median:g} s on {NOTEBOOKS} notebooks of the emulator: "
            f"{self.requests / self.runs:.2f} requests per run, mean delay {mean:.2f} s, p95 {p95:.2f} s, "
            f"{self.refused} failed"
        )

    def note(self, event: Event) -> None:
        """Count a request that is no start."""
        if isinstance(event, RequestEvent) and event.method == "GET":
            self.requests += 1
            self.refused += event.status != 200  # noqa: PLR2004  (RFC 9110)


@frozen
class _Service:
    url: str
    token: str
    notebooks: tuple[str, ...]


def measure_sockets(runs: int, median: float, seed: int) -> SocketRun:
    """Start runs on an emulator in a process of its own, and wait for all of them.

    Raises:
        RuntimeError: the emulator did not start.
        TimeoutError: it took two minutes.
    """
    with _serving(median, seed) as service:
        return asyncio.run(_wait_for_all(service, SocketRun(runs, median)))


async def _wait_for_all(service: _Service, seen: SocketRun) -> SocketRun:
    async with (
        asyncio.timeout(_PATIENCE_SECONDS),
        AsyncDeepnote(service.token, service.url, on_event=seen.note) as client,
        asyncio.TaskGroup() as group,
    ):
        for number in range(seen.runs):
            group.create_task(_one(client, service.notebooks[number % NOTEBOOKS], seen))
            await asyncio.sleep(1 / STARTS_PER_SECOND)
    return seen


async def _one(client: AsyncDeepnote, notebook_id: str, seen: SocketRun) -> None:
    final = await (await client.runs.create(notebook_id)).wait()
    now = datetime.now(UTC)
    if final.completed_at is None:
        raise RuntimeError(f"the emulator does not tell when run {final.run_id} ended")
    seen.delays.append((now - final.completed_at).total_seconds())


@contextmanager
def _serving(median: float, seed: int) -> Iterator[_Service]:
    """Run the emulator as a user would, and end it on the way out, whatever the reason for leaving."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(NOTEBOOKS):
            (Path(folder) / f"notebook-{number}.ipynb").write_text(json.dumps(_EMPTY), encoding="utf-8")
        command = [
            sys.executable, "-m", "deepnote_emulator", "serve", "--notebooks", folder, "--engine", "simulated",
            "--median", str(median), "--seed", str(seed),
        ]  # fmt: skip
        # In a session of its own, so that Ctrl-C reaches it through us only and its end is never a traceback.
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        try:
            yield _announced(process)
        finally:
            process.kill()  # it holds nothing that would need an orderly end
            process.communicate()


def _announced(process: subprocess.Popen[str]) -> _Service:
    """Read what the emulator says of itself when it is ready."""
    settings: dict[str, str] = {}
    notebooks: list[str] = []
    for line in process.stdout or ():
        if line.startswith("export "):
            name, _, value = line.removeprefix("export ").partition("=")
            settings[name] = shlex.split(value)[0]
        elif line.startswith("# notebook "):
            notebooks.append(line.split()[2])
        if len(notebooks) == NOTEBOOKS:
            return _Service(settings["DEEPNOTE_API_URL"], settings["DEEPNOTE_TOKEN"], tuple(notebooks))
    raise RuntimeError(f"the emulator did not start: {process.stderr.read().strip() if process.stderr else ''}")
