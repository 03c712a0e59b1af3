"""Run hosted notebooks as functions: an async SDK for the Deepnote Public API.

    from deepnote_async import AsyncDeepnote

    async with AsyncDeepnote() as client:
        result = await client.runs.run(notebook_id, inputs={"region": "EU"}, timeout=600)
        print(result.text)

Names are loaded when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepnote_async.client import AsyncDeepnote
    from deepnote_async.errors import (
        APIError,
        AuthenticationError,
        BadRequestError,
        CallError,
        ConflictError,
        ConnectError,
        ConnectionLostError,
        DeadlineExceededError,
        DecodeError,
        DeepnoteError,
        ExecutionError,
        LedgerError,
        NotFoundError,
        OutputError,
        PermissionDeniedError,
        RateLimitError,
        RequestTimeoutError,
        ResponseTooLargeError,
        RunError,
        RunFailedError,
        RunStartUnknownError,
        RunTimeoutError,
        ServerError,
        SessionError,
        SessionTimeoutError,
        SnapshotError,
        TransportError,
        UnexpectedRedirectError,
        UnexpectedStatusError,
        UnsupportedError,
    )
    from deepnote_async.events import Event, RateEvent, RequestEvent, RetryEvent, RunEvent
    from deepnote_async.models import (
        Folder,
        ImportedNotebook,
        ImportResult,
        Me,
        Notebook,
        NotebookBlock,
        NotebookInput,
        Project,
        ProjectFile,
        ProjectNotebook,
        Run,
        RunStatus,
        Schedule,
        Workspace,
    )
    from deepnote_async.pagination import AsyncPaginator, Page
    from deepnote_async.runs import Artifact, Failure, MapStats, Outcome, Outcomes, RunHandle, RunResult
    from deepnote_async.sessions import Execution, Session, SessionOpening, SessionStatus
    from deepnote_async.snapshot import Block, Image, Output, Snapshot
    from deepnote_async.transport import Retry

__all__ = [
    "APIError",
    "Artifact",
    "AsyncDeepnote",
    "AsyncPaginator",
    "AuthenticationError",
    "BadRequestError",
    "Block",
    "CallError",
    "ConflictError",
    "ConnectError",
    "ConnectionLostError",
    "DeadlineExceededError",
    "DecodeError",
    "DeepnoteError",
    "Event",
    "Execution",
    "ExecutionError",
    "Failure",
    "Folder",
    "Image",
    "ImportResult",
    "ImportedNotebook",
    "LedgerError",
    "MapStats",
    "Me",
    "NotFoundError",
    "Notebook",
    "NotebookBlock",
    "NotebookInput",
    "Outcome",
    "Outcomes",
    "Output",
    "OutputError",
    "Page",
    "PermissionDeniedError",
    "Project",
    "ProjectFile",
    "ProjectNotebook",
    "RateEvent",
    "RateLimitError",
    "RequestEvent",
    "RequestTimeoutError",
    "ResponseTooLargeError",
    "Retry",
    "RetryEvent",
    "Run",
    "RunError",
    "RunEvent",
    "RunFailedError",
    "RunHandle",
    "RunResult",
    "RunStartUnknownError",
    "RunStatus",
    "RunTimeoutError",
    "Schedule",
    "ServerError",
    "Session",
    "SessionError",
    "SessionOpening",
    "SessionStatus",
    "SessionTimeoutError",
    "Snapshot",
    "SnapshotError",
    "TransportError",
    "UnexpectedRedirectError",
    "UnexpectedStatusError",
    "UnsupportedError",
    "Workspace",
]

_ROOMS = {
    "client": {"AsyncDeepnote"},
    "events": {"Event", "RateEvent", "RequestEvent", "RetryEvent", "RunEvent"},
    "models": {
        "Folder",
        "ImportedNotebook",
        "ImportResult",
        "Me",
        "Notebook",
        "NotebookBlock",
        "NotebookInput",
        "Project",
        "ProjectFile",
        "ProjectNotebook",
        "Run",
        "RunStatus",
        "Schedule",
        "Workspace",
    },
    "pagination": {"AsyncPaginator", "Page"},
    "runs": {"Artifact", "Failure", "MapStats", "Outcome", "Outcomes", "RunHandle", "RunResult"},
    "sessions": {"Execution", "Session", "SessionOpening", "SessionStatus"},
    "snapshot": {"Block", "Image", "Output", "Snapshot"},
    "transport": {"Retry"},
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    room = next((room for room, names in _ROOMS.items() if name in names), "errors")
    value = getattr(importlib.import_module(f"{__name__}.{room}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
