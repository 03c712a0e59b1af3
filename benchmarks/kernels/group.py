"""The group `kernels`: from the start of a lone run or session to its kernel, with and without a spare one."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import httpx

from benchmarks.group import JsonValue, Settings
from benchmarks.tables import table
from benchmarks.targets import TARGET_HEAD, Target, target_row
from deepnote_emulator import Emulator

HEAD = ("start: kernel", "min, ms", "median, ms", "max, ms")
SPARE, NONE = "a spare one", "started for it"
REPETITIONS = 7
WELL_UNDER_MS = 100.0
SPARE_SECONDS = 2.0
"""Time for the spare kernel to be there again; nothing tells of it."""
LOOK_SECONDS = 0.001
LONGEST_SECONDS = 60.0

Start = Callable[[httpx.Client, str], float]


def measure(settings: Settings) -> JsonValue:
    """Start runs and sessions one at a time on two emulators in turn, print the table, and give its figures."""
    if settings.profile:
        print("kernels: has no profile")
        return {}
    print("kernels: from the request to a kernel that works, one at a time, on the emulator")
    with tempfile.TemporaryDirectory() as folder:
        cell: dict[str, object] = {
            "cell_type": "code",
            "source": "x = 1",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
        }
        notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
        (Path(folder) / "one.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
        found = _measured(Path(folder), 1 if settings.quick else REPETITIONS)
    print(table(HEAD, (_row(name, seconds) for name, seconds in found.items())), end="\n\n")
    promised = [target for start in STARTS for target in _targets(start, found)]
    print(table(TARGET_HEAD[:-1], (target_row(target)[:-1] for target in promised)))
    return {
        "seconds": {name: list(seconds) for name, seconds in found.items()},
        "targets": [{"name": target.name, "median": target.median, "met": target.met} for target in promised],
    }


def _measured(folder: Path, repetitions: int) -> Mapping[str, Sequence[float]]:
    found: dict[str, list[float]] = {f"{start}: {kernel}": [] for start in STARTS for kernel in (SPARE, NONE)}
    with Emulator(folder) as warm, Emulator(folder, warm=False) as cold:
        for repetition in range(repetitions + 1):
            for name, start in STARTS.items():
                time.sleep(SPARE_SECONDS)
                for kernel, emulator in ((SPARE, warm), (NONE, cold)):
                    seconds = _started(start, emulator)
                    if repetition:  # before the first one there is no spare
                        found[f"{name}: {kernel}"].append(seconds)
    return found


def _started(start: Start, emulator: Emulator) -> float:
    headers = {"authorization": f"Bearer {emulator.token}"}
    with httpx.Client(base_url=emulator.url, headers=headers, timeout=LONGEST_SECONDS) as http:
        http.get("/v2/me").raise_for_status()  # the connection is there before the clock starts
        return start(http, emulator.notebook_id("one.ipynb"))


def _run(http: httpx.Client, notebook_id: str) -> float:
    """Start a run; seconds until it is no longer pending, after which it is waited for."""
    began = time.perf_counter()
    run_id = http.post("/v2/runs", json={"notebookId": notebook_id}).raise_for_status().json()["runId"]
    _until(lambda: _status(http, run_id) != "pending")
    seconds = time.perf_counter() - began
    _until(lambda: _status(http, run_id) == "success")
    return seconds


def _session(http: httpx.Client, notebook_id: str) -> float:
    """Open a session; seconds until its kernel is no longer starting, after which it is stopped."""
    began = time.perf_counter()
    session_id = http.post("/v2/sessions", json={"notebookId": notebook_id}).raise_for_status().json()["session"]["id"]
    path = f"/v2/sessions/{session_id}"
    query = {"notebookId": notebook_id}
    _until(lambda: http.get(f"{path}/status", params=query).json()["kernel"]["state"] != "starting")
    seconds = time.perf_counter() - began
    _until(lambda: http.get(f"{path}/status", params=query).json()["kernel"]["state"] == "idle")
    http.delete(path).raise_for_status()
    return seconds


STARTS: Mapping[str, Start] = {"run": _run, "session": _session}


def _status(http: httpx.Client, run_id: str) -> str:
    return str(http.get(f"/v2/runs/{run_id}").raise_for_status().json()["run"]["status"])


def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONGEST_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise RuntimeError(f"the emulator did not get there within {LONGEST_SECONDS:g} s")
        time.sleep(LOOK_SECONDS)


def _row(name: str, seconds: Sequence[float]) -> list[str]:
    spread = (min(seconds), statistics.median(seconds), max(seconds))
    return [name, *(f"{1000 * value:.0f}" for value in spread)]


def _targets(start: str, found: Mapping[str, Sequence[float]]) -> list[Target]:
    spare, none = found[f"{start}: {SPARE}"], found[f"{start}: {NONE}"]
    ratios = [without / with_one for with_one, without in zip(spare, none, strict=True)]
    return [
        Target(f"{start}, {SPARE}: ms", [1000 * seconds for seconds in spare], WELL_UNDER_MS, at_most=True),
        Target(f"{start}: {NONE} / {SPARE}", ratios, 5.0),
    ]
