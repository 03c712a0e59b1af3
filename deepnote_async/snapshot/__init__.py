"""The document a run leaves behind, and what can be read from it."""

from deepnote_async.snapshot.document import Block, Output, Snapshot
from deepnote_async.snapshot.ipynb import read_ipynb

__all__ = ["Block", "Output", "Snapshot", "read_ipynb"]
