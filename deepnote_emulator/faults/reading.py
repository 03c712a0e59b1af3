"""Fault plans as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from attrs import fields

from deepnote_emulator.faults.book import FaultBook, FaultEntry
from deepnote_emulator.faults.model import Fault, FaultStep, given

T = TypeVar("T")

_STEP_NAMES = frozenset(one.name for one in fields(FaultStep))
_FAULT_NAMES = frozenset(one.name for one in fields(Fault))


def read_plan(body: object) -> tuple[tuple[FaultStep, ...], int]:
    """Read the steps and the seed of a plan.

    Raises:
        ValueError: it is none; the text says what is wrong and where.
    """
    plan = _object(body, "the plan", frozenset({"seed", "steps"}), ("steps",))
    seed, steps = plan.get("seed", 0), plan["steps"]
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise ValueError(f"seed must be a whole number, not {seed!r}")  # noqa: TRY004  (the caller's body, not its code)
    if not isinstance(steps, list):
        raise ValueError(f"steps must be a list, not {steps!r}")  # noqa: TRY004
    return tuple(_step(item, f"steps[{number}]") for number, item in enumerate(steps)), seed


def write_book(book: FaultBook) -> dict[str, object]:
    """Describe the plan, how far it has come, and what arrived."""
    rows = [
        given(step) | {"matched": progress.matched, "consumed": progress.consumed, "left": progress.left}
        for step, progress in zip(book.steps, book.progress, strict=True)
    ]
    journal = [_entry(entry) for entry in book.journal]
    return {"seed": book.seed, "steps": rows, "journal": journal, "calls": dict(book.calls)}


def _step(value: object, where: str) -> FaultStep:
    step = _object(value, where, _STEP_NAMES, ("operation", "fault"))
    faulty = _object(step["fault"], f"{where}.fault", _FAULT_NAMES, ("kind",))
    fault = _made(Fault, faulty, f"{where}.fault")
    return _made(FaultStep, {**step, "fault": fault}, where)


def _object(value: object, where: str, names: frozenset[str], required: tuple[str, ...]) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise ValueError(f"{where} must be an object, not {value!r}")  # noqa: TRY004
    for name in required:
        if name not in value:
            raise ValueError(f"{where} lacks {name}")
    for name in value:
        if name not in names:
            raise ValueError(f"{where} has an unknown field {name!r}; there are {', '.join(sorted(names))}")
        if value[name] is None:
            raise ValueError(f"{where}.{name} must not be null; leave it out")
    return value


def _made(make: Callable[..., T], values: Mapping[str, object], where: str) -> T:
    try:
        return make(**values)
    except ValueError as error:
        raise ValueError(f"{where}.{error}") from None


def _entry(entry: FaultEntry) -> dict[str, object]:
    return {
        "number": entry.number,
        "operation": entry.operation,
        "step": entry.step,
        "fault": given(entry.fault),
        "phase": entry.phase,
        "applied": entry.applied,
        "status": entry.status,
    }
