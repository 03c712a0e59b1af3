"""Runs and sessions: what is going on, and the engine that really executes notebooks.

The kernel engine is imported by who starts it (`execution.kernel`), since it needs the emulator extra.
"""

from deepnote_emulator.execution.engine import Engine, EngineError, LiveKernel, Plan, RestartedError, Step
from deepnote_emulator.execution.record import RunRecord
from deepnote_emulator.execution.runs import RunBook, snapshot_of
from deepnote_emulator.execution.sessions import (
    BusyError,
    NoHardwareError,
    Session,
    SessionBook,
    SessionKernel,
    TooLongError,
)

__all__ = [
    "BusyError", "Engine", "EngineError", "LiveKernel", "NoHardwareError", "Plan", "RestartedError", "RunBook",
    "RunRecord", "Session", "SessionBook", "SessionKernel", "Step", "TooLongError", "snapshot_of",
]  # fmt: skip
