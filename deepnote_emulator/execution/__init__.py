"""Runs: what is going on, and the engine that really executes notebooks.

The kernel engine is imported by who starts it (`execution.kernel`), since it needs the emulator extra.
"""

from deepnote_emulator.execution.engine import Engine, EngineError, Plan, Step
from deepnote_emulator.execution.runs import RunBook, RunRecord

__all__ = ["Engine", "EngineError", "Plan", "RunBook", "RunRecord", "Step"]
