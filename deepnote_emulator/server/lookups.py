"""Finding what a request names, or refusing with 404."""

from __future__ import annotations

from aiohttp import web

from deepnote_emulator.documents import BlockSource, NotebookSource, ProjectSource
from deepnote_emulator.execution import Session
from deepnote_emulator.server.answers import STATE, bad_request, not_found, path_uuid


def project_of_path(request: web.Request) -> ProjectSource:
    """Find the project of the path."""
    return project_named(request, path_uuid(request, "projectId"))


def project_named(request: web.Request, project_id: str) -> ProjectSource:
    """Find a project."""
    project = request.app[STATE].projects.project(project_id)
    if project is None:
        not_found("Project not found")
    return project


def notebook_of_path(request: web.Request) -> NotebookSource:
    """Find the notebook of the path."""
    return notebook_named(request, request.match_info["notebookId"])


def notebook_named(request: web.Request, notebook_id: str) -> NotebookSource:
    """Find a notebook."""
    notebook = request.app[STATE].projects.notebook(notebook_id)
    if notebook is None:
        not_found("Notebook not found")
    return notebook


def block_of_path(request: web.Request) -> tuple[NotebookSource, BlockSource]:
    """Find the block of the path, and its notebook."""
    found = request.app[STATE].projects.block(request.match_info["blockId"])
    if found is None:
        not_found("Block not found")
    return found


def session_of_path(request: web.Request) -> Session:
    """Find the session of the path."""
    session = request.app[STATE].sessions.get(path_uuid(request, "sessionId"))
    if session is None:
        not_found("Session not found")
    return session


def check_blocks(notebook: NotebookSource, block_ids: tuple[str, ...]) -> None:
    """Refuse ids of blocks that the notebook does not have."""
    if not set(block_ids) <= {block.id for block in notebook.blocks}:
        bad_request("Block not found in notebook")
