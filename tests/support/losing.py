"""The faults of the experiment of lost starts, as steps of the emulator's plan."""

from __future__ import annotations

from attrs import evolve

from deepnote_emulator import Fault, FaultStep

PAGE = Fault("status", status=502, headers={"content-type": "text/html"}, body="<html>bad gateway</html>")

_KINDS = (
    Fault("reset"), Fault("half_status_line"), PAGE, evolve(PAGE, phase="after"),
    Fault("reset", phase="after"), Fault("close", phase="after"), Fault("wrong_length", phase="after"),
    Fault("truncated_json", phase="after"), Fault("broken_chunk", phase="after"),
)  # fmt: skip

LOSING = tuple(FaultStep("createRun", fault, probability=1 - 0.55 ** (1 / len(_KINDS))) for fault in _KINDS)
"""Each is so likely that together 45 % of the starts meet one, before or after the run exists."""
