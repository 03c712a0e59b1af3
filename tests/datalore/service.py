"""A Datalore made of a function, and one made of files over real HTTP."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import unquote

import httpx
from aiohttp import web

from deepnote_async.datalore import AsyncDatalore

BASE_URL = "https://datalore.example.test"
RUN_ID = "run1"
Answer = Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]]


@asynccontextmanager
async def client_of(
    answer: Answer, *, token: Any = "tok", base_url: str = BASE_URL, **options: Any
) -> AsyncIterator[AsyncDatalore]:
    """Make a client whose requests are answered by a function; each is sent once, unless `retry` is given."""
    options.setdefault("retry", None)
    options.setdefault("rate", 10_000.0)  # or the many 429 of these tests would slow each other down
    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(answer)) as backend,  # type: ignore[arg-type]
        AsyncDatalore(token, base_url, http_client=backend, **options) as client,
    ):
        yield client


def run_json(*, ended: bool = True, **fields: Any) -> dict[str, Any]:
    """Make a run object as the vendor's example shows it; None leaves a field out."""
    run: dict[str, Any] = {
        "runId": RUN_ID,
        "userId": "user123",
        "notebookId": "notebook456",
        "startTime": "2026-05-15T10:00:00.000Z",
        "endTime": "2026-05-15T10:00:02.500Z" if ended else None,
        "success": True if ended else None,
        "status": None if ended else "Calculating",
        "updateReport": "never",
        "directFileStorageWrite": False,
        "artifacts": [],
        "readOnly": False,
    }
    return {name: value for name, value in (run | fields).items() if value is not None}


def notebook(*cells: dict[str, Any]) -> str:
    """Make an executed notebook."""
    return json.dumps({"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def cell(source: str, *outputs: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Make a code cell."""
    made = {"cell_type": "code", "source": source, "metadata": {}, "execution_count": 1, "outputs": list(outputs)}
    return made | fields


def artifact_json(name: str) -> dict[str, str]:
    """Make the entry of an artifact as Datalore gives it: its path is not encoded."""
    return {"name": name, "path": f"/notebook/user123/notebook456/artifacts/{RUN_ID}/{name}"}


@asynccontextmanager
async def file_server(
    files: Mapping[str, bytes], *, prefix: str = "", success: bool = True
) -> AsyncIterator[tuple[str, list[str]]]:
    """Serve a run that ended and left these files; gives the address and the Authorization headers seen."""
    seen: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Authorization", ""))
        path = unquote(request.rel_url.raw_path).removeprefix(prefix)
        if path == f"/api/run/v1/{RUN_ID}":
            return web.json_response(run_json(success=success, artifacts=[artifact_json(name) for name in files]))
        found = files.get(path.removeprefix(f"/notebook/user123/notebook456/artifacts/{RUN_ID}/"))
        if found is None or request.query_string:
            return web.json_response({"error": f"no such file: {path}"}, status=404)
        return web.Response(body=found, content_type="application/octet-stream")

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}{prefix}", seen
    finally:
        await runner.cleanup()
