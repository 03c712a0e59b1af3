"""Every operation of the contract, and how far the emulator serves it: the one table that the routes are made of."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Literal

from aiohttp import web
from attrs import frozen

from deepnote_emulator.server import archives, blocks, files, legacy, me, notebooks, projects, runs, sessions
from deepnote_emulator.server.answers import answer, check_query

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Coverage = Literal["real", "stored", "absent"]
"""real: it does what it says. stored: the emulator keeps it and does nothing with it. absent: 501."""


@frozen
class Operation:
    """An operation of the contract."""

    operation_id: str
    method: str
    path: str
    handler: Handler | None = None
    coverage: Coverage = "real"


OPERATIONS = (
    Operation("createRun", "POST", "/v2/runs", runs.create_run),
    Operation("getRun", "GET", "/v2/runs/{runId}", runs.get_run),
    Operation("createNotebook", "POST", "/v2/notebooks", notebooks.create_notebook),
    Operation("getNotebook", "GET", "/v2/notebooks/{notebookId}", notebooks.get_notebook),
    Operation("updateNotebook", "PATCH", "/v2/notebooks/{notebookId}", notebooks.update_notebook),
    Operation("deleteNotebook", "DELETE", "/v2/notebooks/{notebookId}", notebooks.delete_notebook),
    Operation("listNotebookRuns", "GET", "/v2/notebooks/{notebookId}/runs", notebooks.list_notebook_runs),
    Operation("reorderBlocks", "POST", "/v2/notebooks/{notebookId}/reorder-blocks", notebooks.reorder_blocks),
    Operation(
        "upsertNotebookSchedule", "POST", "/v2/notebooks/{notebookId}/schedule", notebooks.upsert_schedule, "stored"
    ),
    Operation("listProjects", "GET", "/v2/projects", projects.list_projects),
    Operation("createProject", "POST", "/v2/projects", projects.create_project),
    Operation("getProject", "GET", "/v2/projects/{projectId}", projects.get_project),
    Operation("updateProject", "PATCH", "/v2/projects/{projectId}", coverage="absent"),
    Operation("deleteProject", "DELETE", "/v2/projects/{projectId}", projects.delete_project),
    Operation("exportProject", "GET", "/v2/projects/{projectId}/export", archives.export_project),
    Operation("importProject", "POST", "/v2/projects/{projectId}/import", archives.import_project),
    Operation("getProjectMachine", "GET", "/v2/projects/{projectId}/machine", coverage="absent"),
    Operation("updateProjectMachine", "PATCH", "/v2/projects/{projectId}/machine", coverage="absent"),
    Operation("getMe", "GET", "/v2/me", me.get_me),
    Operation("createSession", "POST", "/v2/sessions", sessions.create_session),
    Operation("stopSession", "DELETE", "/v2/sessions/{sessionId}", sessions.stop_session),
    Operation("executeSessionCode", "POST", "/v2/sessions/{sessionId}/execute", sessions.execute_session_code),
    Operation("interruptSession", "POST", "/v2/sessions/{sessionId}/interrupt", sessions.interrupt_session),
    Operation("getSessionStatus", "GET", "/v2/sessions/{sessionId}/status", sessions.get_session_status),
    Operation("createSessionRun", "POST", "/v2/sessions/{sessionId}/runs", sessions.create_session_run),
    Operation("createBlock", "POST", "/v2/blocks", blocks.create_block),
    Operation("getBlock", "GET", "/v2/blocks/{blockId}", blocks.get_block),
    Operation("updateBlock", "PATCH", "/v2/blocks/{blockId}", blocks.update_block),
    Operation("deleteBlock", "DELETE", "/v2/blocks/{blockId}", blocks.delete_block),
    Operation("uploadFile", "POST", "/v2/files", files.upload_file),
    Operation("deleteFile", "DELETE", "/v2/files", files.delete_file),
    Operation("copyFile", "POST", "/v2/files/copy", files.copy_file),
    Operation("downloadFile", "GET", "/v2/files/download", files.download_file),
    Operation("listMachineTypes", "GET", "/v2/machine-types", coverage="absent"),
    Operation("listEnvironments", "GET", "/v2/environments", coverage="absent"),
    Operation("listIntegrations", "GET", "/v2/integrations", coverage="absent"),
    Operation("getIntegration", "GET", "/v2/integrations/{integrationId}", coverage="absent"),
    Operation("search", "GET", "/v2/search", coverage="absent"),
    Operation("createStreamlitApp", "POST", "/v2/streamlit-apps", coverage="absent"),
    Operation(
        "executeNotebookV1", "POST", "/v1/projects/{projectId}/notebooks/{notebookId}/execute", legacy.execute_notebook
    ),
)

STREAMED = frozenset({"downloadFile"})
"""Operations whose handler sends the answer itself, piece by piece."""


def add_routes(app: web.Application) -> None:
    """Route every operation, and the list of them."""
    for operation in OPERATIONS:
        path = re.sub(r"\{(\w+)\}", r"{\1:[^/]+}", operation.path)  # by itself aiohttp keeps braces out of a segment
        app.router.add_route(operation.method, path, operation.handler or _absent(operation.operation_id))
    app.router.add_get("/_emulator/coverage", _coverage)


def _absent(operation_id: str) -> Handler:
    async def refuse(_request: web.Request) -> web.StreamResponse:
        return answer({"message": f"The emulator does not serve {operation_id}"}, 501)

    return refuse


async def _coverage(request: web.Request) -> web.StreamResponse:
    check_query(request)
    rows = [
        {"operationId": row.operation_id, "method": row.method, "path": row.path, "coverage": row.coverage}
        for row in OPERATIONS
    ]
    return answer({"operations": rows})
