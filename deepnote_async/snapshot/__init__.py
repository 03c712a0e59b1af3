"""The document a run leaves behind, and what can be read from it."""

from deepnote_async.snapshot.document import Block, Output, Snapshot

__all__ = ["Block", "Output", "Snapshot"]
