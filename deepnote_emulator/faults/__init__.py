"""Fault plans: which calls go wrong, in what way, and what has come of it."""

from deepnote_emulator.faults.book import Consumed, FaultBook, FaultEntry
from deepnote_emulator.faults.control import FaultControl
from deepnote_emulator.faults.model import Fault, FaultStep
from deepnote_emulator.faults.plan import FaultPlan, StepProgress

__all__ = ["Consumed", "Fault", "FaultBook", "FaultControl", "FaultEntry", "FaultPlan", "FaultStep", "StepProgress"]
