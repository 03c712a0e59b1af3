"""A local Deepnote that speaks the Public API's contract and really executes notebooks, on this machine only."""

from deepnote_emulator.emulator import Emulator
from deepnote_emulator.errors import EmulatorError

__all__ = ["Emulator", "EmulatorError"]
