"""A local Deepnote that speaks the Public API's contract and really executes notebooks, on this machine only."""

from deepnote_emulator.emulator import Emulator
from deepnote_emulator.errors import EmulatorError
from deepnote_emulator.execution.simulated import SimulatedEngine
from deepnote_emulator.execution.simulation import Lognormal
from deepnote_emulator.faults import Fault, FaultControl, FaultEntry, FaultStep
from deepnote_emulator.limits import ParallelLimit, RateLimit
from deepnote_emulator.listing import Listing

__all__ = [
    "Emulator", "EmulatorError", "Fault", "FaultControl", "FaultEntry", "FaultStep", "Listing", "Lognormal",
    "ParallelLimit", "RateLimit", "SimulatedEngine",
]  # fmt: skip
