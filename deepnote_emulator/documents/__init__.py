"""Notebook files: reading `.ipynb` and `.deepnote`, writing snapshots."""

from deepnote_emulator.documents.load import load_folder
from deepnote_emulator.documents.model import BlockSource, NotebookSource, ProjectSource
from deepnote_emulator.documents.snapshot import BlockRecord, write_snapshot

__all__ = ["BlockRecord", "BlockSource", "NotebookSource", "ProjectSource", "load_folder", "write_snapshot"]
