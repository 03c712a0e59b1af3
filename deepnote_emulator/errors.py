"""What the emulator raises to whoever starts it."""

from __future__ import annotations


class EmulatorError(Exception):
    """The emulator cannot start, or saw something that must not happen."""
