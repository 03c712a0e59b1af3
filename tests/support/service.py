"""A service made of a function, under a real client: no sockets, every policy."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from deepnote_async import AsyncDeepnote
from tests.support.contract import DEEPNOTE

RUN_ID = "00000000-0000-4000-8000-000000000001"
BASE_URL = "https://api.example.test"
Answer = Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]]


@asynccontextmanager
async def client_of(answer: Answer, *, token: Any = "tok", **options: Any) -> AsyncIterator[AsyncDeepnote]:
    """Make a client whose requests are answered by a function, and judged by the contract before.

    Each is sent once, unless `retry` is given.
    """
    options.setdefault("retry", None)
    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(answer), event_hooks={"request": [_judge]}) as backend,  # type: ignore[arg-type]
        AsyncDeepnote(token, BASE_URL, http_client=backend, **options) as client,
    ):
        yield client


async def _judge(request: httpx.Request) -> None:
    """Hold a request of the facade to the contract; calls that the contract does not have are not of the facade."""
    kind = request.headers.get("content-type", "application/json")
    is_known = DEEPNOTE.knows(request.method, request.url.raw_path.decode().partition("?")[0])
    if request.url.host == httpx.URL(BASE_URL).host and is_known and kind == "application/json":
        DEEPNOTE.check_request(request)


def run_json(status: str = "success", **fields: Any) -> dict[str, Any]:
    """Make the body of GET /v2/runs/{runId}."""
    run = {
        "runId": RUN_ID,
        "notebookId": "nb",
        "status": status,
        "createdAt": "2026-01-01T00:00:00.000Z",
        "completedAt": "2026-01-01T00:00:02.500Z" if status not in {"pending", "running"} else None,
        "error": None,
        "snapshotStatus": "unavailable",
    }
    return {"run": run | fields}


def started_json(**fields: Any) -> dict[str, Any]:
    """Make the body of a 202 of POST /v2/runs."""
    return {"runId": RUN_ID, "status": "pending", "createdAt": "2026-01-01T00:00:00.000Z"} | fields


def notebook_json(notebook_id: str = "nb", *texts: str, **fields: Any) -> dict[str, Any]:
    """Make the body of GET /v2/notebooks/{notebookId}, of a notebook that declares some text inputs."""
    inputs = [{"name": name, "type": "input-text", "value": ""} for name in texts]
    return {"notebook": {"id": notebook_id, "name": "N", "blocks": [], "inputs": inputs} | fields}


def body_of(request: httpx.Request) -> Any:
    """Read the JSON body of a request."""
    return json.loads(request.content)
