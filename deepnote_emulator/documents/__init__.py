"""Notebook files: reading `.ipynb` and `.deepnote`, writing snapshots and archives."""

from deepnote_emulator.documents.load import load_folder, project_of
from deepnote_emulator.documents.model import BlockSource, NotebookSource, ProjectSource, Schedule
from deepnote_emulator.documents.snapshot import BlockRecord, executed, write_snapshot

__all__ = [
    "BlockRecord", "BlockSource", "NotebookSource", "ProjectSource", "Schedule", "executed", "load_folder",
    "project_of", "write_snapshot",
]  # fmt: skip
