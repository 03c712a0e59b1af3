"""What an emulator holds: projects, notebooks, runs, and how to reach it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from attrs import Factory, define

from deepnote_emulator.documents import NotebookSource, ProjectSource
from deepnote_emulator.execution import RunBook


@define(kw_only=True)
class State:
    """Touched from the emulator's own event loop only."""

    token: str
    projects: dict[str, ProjectSource]
    runs: RunBook
    download_url: str = ""
    signing_key: bytes = Factory(lambda: secrets.token_bytes(32))
    violations: list[str] = Factory(list)

    @classmethod
    def of(cls, projects: Sequence[ProjectSource], runs: RunBook, token: str) -> State:
        """Make the state of a fresh emulator."""
        return cls(token=token, projects={project.id: project for project in projects}, runs=runs)

    def notebook(self, notebook_id: str) -> NotebookSource | None:
        """Find a notebook of any project."""
        for project in self.projects.values():
            for notebook in project.notebooks:
                if notebook.id == notebook_id:
                    return notebook
        return None
