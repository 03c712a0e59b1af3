"""The HTTP side: one module per tag of the contract, and the second site that hands out snapshots."""

from deepnote_emulator.server.sites import open_sites

__all__ = ["open_sites"]
