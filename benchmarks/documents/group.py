"""The group `documents`: how long reading a snapshot takes, beside other YAML readers, and who reads it right."""

from __future__ import annotations

import gc
import random
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence

from attrs import frozen

from benchmarks.documents.made import made, text_of
from benchmarks.documents.readers import C_LOADER, OURS, PURE_LOADER, Reader, readers, wrong_values
from benchmarks.group import JsonValue, Settings
from benchmarks.tables import figure, table
from benchmarks.targets import TARGET_HEAD, Target, target_row

HEAD = ("document: reader", "ms", "MB/s", "wrong values")


@frozen
class Case:
    """A document to read, and how often.

    Attributes:
        size: about how many bytes it has.
        repetitions: how often each reader reads it.
    """

    size: int
    repetitions: int

    @property
    def name(self) -> str:
        """Its size in words."""
        return f"{self.size / 1e6:g} MB" if self.size >= 1e6 else f"{self.size / 1e3:g} kB"  # noqa: PLR2004


@frozen
class Figures:
    """What one reader did with one document.

    Attributes:
        seconds: processor time of each repetition.
        wrong: how many values it read wrongly.
        size: bytes of the document.
    """

    seconds: Sequence[float]
    wrong: int
    size: int


CASES = (Case(363_000, 5), Case(3_000_000, 3))
QUICK = (Case(50_000, 1),)


def measure(settings: Settings) -> JsonValue:
    """Read made-up documents with every reader that is there, print the table, and give its figures."""
    if settings.profile:
        print("documents: has no profile")
        return {}
    print("documents: made-up snapshots, processor time of reading them from a string")
    results = {case: _read(case, settings.seed) for case in (QUICK if settings.quick else CASES)}
    print(table(HEAD, _rows(results)), end="\n\n")
    promised = [target for case, found in results.items() for target in _targets(case, found)]
    print(table(TARGET_HEAD[:-1], (target_row(target)[:-1] for target in promised)))
    return {
        "readers": [
            {"document": case.name, "reader": name, "seconds": list(figures.seconds), "wrong": figures.wrong}
            for case, found in results.items()
            for name, figures in found.items()
        ],
        "targets": [
            {"name": target.name, "ratios": list(target.ratios), "median": target.median, "met": target.met}
            for target in promised
        ],
    }


def _read(case: Case, seed: int) -> Mapping[str, Figures]:
    right = made(case.size, seed)
    text = text_of(right)
    there = readers()
    wrong = {name: wrong_values(read(text), right) for name, read in there.items()}
    seconds: dict[str, list[float]] = {name: [] for name in there}
    chance = random.Random(seed)  # noqa: S311  (nothing secret)
    for _ in range(case.repetitions):
        for name in chance.sample(list(there), len(there)):
            seconds[name].append(_timed(there[name], text))
    size = len(text.encode())
    return {name: Figures(seconds[name], wrong[name], size) for name in there}


def _timed(read: Reader, text: str) -> float:
    gc.collect()
    start = time.process_time()
    read(text)
    return time.process_time() - start


def _rows(results: Mapping[Case, Mapping[str, Figures]]) -> Iterator[list[str]]:
    for case, found in results.items():
        for name, figures in found.items():
            median = statistics.median(figures.seconds)
            speed = figures.size / median / 1e6 if median else 0.0
            yield [f"{case.name}: {name}", figure(median * 1000), figure(speed), str(figures.wrong)]


def _targets(case: Case, found: Mapping[str, Figures]) -> Iterator[Target]:
    """Compare within each repetition; the other reader's time over ours is how many times as fast ours is."""
    for other, bound in ((PURE_LOADER, 5.0), (C_LOADER, 0.8)):
        if other in found:
            pairs = zip(found[other].seconds, found[OURS].seconds, strict=True)
            yield Target(f"{OURS} / {other}, {case.name}", [theirs / ours for theirs, ours in pairs], bound)
    yield Target(f"wrong values of {OURS}, {case.name}", [float(found[OURS].wrong)], 0.0, at_most=True)
