"""Every facade call with the answer it gets and the operation it is: one table for several tests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from attrs import frozen

from deepnote_async import AsyncDeepnote
from tests.support.service import RUN_ID, run_json, started_json

UUID = "00000000-0000-4000-8000-00000000000a"
MOMENT = "2026-01-01T00:00:00.000Z"
PROJECT = {"id": UUID, "name": "P", "projectType": "standard", "createdAt": MOMENT, "updatedAt": None}
NOTEBOOK = {"id": "nb", "projectId": UUID, "name": "N", "createdAt": MOMENT, "updatedAt": MOMENT, "isInit": False}
BLOCK = {"id": "b", "notebookId": "nb", "type": "code", "content": "x", "metadata": {"k": 1}, "integrationId": None}
PAGE = {"nextPageToken": None, "hasMore": False, "pageSize": 20}
SESSION = {"session": {"id": UUID, "notebookId": "nb", "status": "idle"}}


@frozen(kw_only=True)
class Call:
    """A facade call.

    Attributes:
        operation: its operationId.
        make: makes the call.
        answer: JSON of a success; None for an empty body.
        status: status of a success.
    """

    operation: str
    make: Callable[[AsyncDeepnote], Awaitable[Any]]
    answer: Any = None
    status: int = 200


async def collect(items: Any) -> list[Any]:
    return [item async for item in items]


CALLS = (
    Call(
        operation="createRun",
        make=lambda c: c.runs.create("nb", inputs={"a": 1}, check_inputs=False),
        answer=started_json(),
        status=202,
    ),
    Call(operation="getRun", make=lambda c: c.runs.get(RUN_ID), answer=run_json()),
    Call(operation="getNotebook", make=lambda c: c.notebooks.get("nb"), answer={"notebook": NOTEBOOK}),
    Call(
        operation="createNotebook",
        make=lambda c: c.notebooks.create(UUID, "N"),
        answer={"notebook": NOTEBOOK},
        status=201,
    ),
    Call(operation="updateNotebook", make=lambda c: c.notebooks.rename("nb", "N"), answer={"notebook": NOTEBOOK}),
    Call(operation="deleteNotebook", make=lambda c: c.notebooks.delete("nb"), status=204),
    Call(
        operation="listNotebookRuns",
        make=lambda c: collect(c.notebooks.runs("nb", page_size=5)),
        answer={"runs": [run_json()["run"]], "pagination": PAGE},
    ),
    Call(
        operation="reorderBlocks",
        make=lambda c: c.notebooks.reorder_blocks("nb", ["a"], after="b"),
        answer={"blockIds": ["b", "a"]},
    ),
    Call(
        operation="upsertNotebookSchedule",
        make=lambda c: c.notebooks.schedule("nb", "0 6 * * 1", "Europe/Prague"),
        answer={
            "schedule": {"notebookId": "nb", "cron": "0 6 * * 1", "timezone": "Europe/Prague", "nextRunAt": MOMENT}
        },
    ),
    Call(
        operation="listProjects",
        make=lambda c: collect(c.projects.list(name_contains="x")),
        answer={"projects": [PROJECT], "pagination": PAGE},
    ),
    Call(operation="getProject", make=lambda c: c.projects.get(UUID), answer={"project": PROJECT}),
    Call(
        operation="createProject",
        make=lambda c: c.projects.create("P", folder_id=UUID, project_type="standard", environment_id="e"),
        answer={"project": PROJECT},
        status=201,
    ),
    Call(operation="deleteProject", make=lambda c: c.projects.delete(UUID), status=204),
    Call(
        operation="createSession",
        make=lambda c: c.sessions.create(
            "nb", inputs={"a": "x"}, check_inputs=False, storage_mode="readonly", idle_shutdown_seconds=60
        ),
        answer=SESSION | {"run": {"runId": RUN_ID, "status": "pending"}},
        status=202,
    ),
    Call(
        operation="executeSessionCode",
        make=lambda c: c.sessions.attach(UUID, "nb").execute("1+1", timeout=1.5),
        answer={"outputs": [{"output_type": "stream", "name": "stdout", "text": "2"}]},
    ),
    Call(
        operation="getSessionStatus",
        make=lambda c: c.sessions.attach(UUID, "nb").status(),
        answer=SESSION | {"kernel": {"state": "idle", "queue": []}},
    ),
    Call(operation="interruptSession", make=lambda c: c.sessions.attach(UUID, "nb").interrupt(), answer=SESSION),
    Call(operation="stopSession", make=lambda c: c.sessions.attach(UUID, "nb").stop(), status=204),
    Call(
        operation="createSessionRun",
        make=lambda c: c.sessions.attach(UUID, "nb").run(["b"]),
        answer={"runId": RUN_ID},
        status=202,
    ),
    Call(
        operation="createBlock",
        make=lambda c: c.blocks.create("nb", "code", content="x", metadata={"k": 1}, position=0),
        answer={"block": BLOCK},
        status=201,
    ),
    Call(operation="getBlock", make=lambda c: c.blocks.get("b"), answer={"block": BLOCK}),
    Call(
        operation="updateBlock",
        make=lambda c: c.blocks.update("b", content="y"),
        answer={"block": {"id": "b", "version": 2}},
    ),
    Call(operation="deleteBlock", make=lambda c: c.blocks.delete("b"), status=204),
    Call(
        operation="uploadFile",
        make=lambda c: c.files.upload(UUID, b"data", "a.csv"),
        answer={"file": {"projectId": UUID, "path": "a.csv", "size": 4, "updatedAt": MOMENT}},
        status=201,
    ),
    Call(operation="deleteFile", make=lambda c: c.files.delete(UUID, "a.csv"), status=204),
    Call(operation="copyFile", make=lambda c: c.files.copy(UUID, "a.csv", UUID), answer={"file": {"path": "a.csv"}}),
    Call(
        operation="getMe",
        make=lambda c: c.me.get(),
        answer={"apiKey": {}, "user": {}, "workspace": {"id": "w"}, "accessLevel": "editor"},
    ),
    Call(operation="executeNotebookV1", make=lambda c: c.legacy.execute(UUID, "nb"), status=202),
)
