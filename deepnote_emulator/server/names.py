"""What a request is, by the names of both contracts."""

from __future__ import annotations

from aiohttp import web

from deepnote_emulator.server import datalore, downloads
from deepnote_emulator.server.operations import OPERATIONS

STARTS = frozenset(
    {
        "createRun",
        "executeNotebookV1",
        "createSession",
        "createSessionRun",
        "datalore.runNotebook",
        "datalore.runInteractive",
    }
)
"""Operations that start a run."""

_NAMES = {(row.method, row.path): row.operation_id for row in OPERATIONS} | datalore.OPERATIONS | downloads.OPERATIONS

NAMES = frozenset(_NAMES.values())


def operation_of(request: web.Request) -> str | None:
    """Give the name of the operation; None for what is none, such as `/_emulator/...`."""
    resource = request.match_info.route.resource
    return _NAMES.get((request.method, resource.canonical)) if resource is not None else None
