"""A Datalore made of a function, one made of files over real HTTP, and the judge of its contract."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import yaml
from aiohttp import web
from jsonschema import Draft202012Validator

from deepnote_async.datalore import AsyncDatalore

DOCUMENT = Path(__file__).resolve().parent.parent.parent / "datalore" / "openapi.yaml"
BASE_URL = "https://datalore.example.test"
RUN_ID = "run1"
Answer = Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]]


@asynccontextmanager
async def client_of(
    answer: Answer, *, token: Any = "tok", base_url: str = BASE_URL, **options: Any
) -> AsyncIterator[AsyncDatalore]:
    """Make a client whose requests are answered by a function."""
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


@cache
def document() -> dict[str, Any]:
    """Load the contract with every reference replaced by what it names."""
    raw = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))

    def resolve(node: Any) -> Any:
        if isinstance(node, list):
            return [resolve(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            target = raw
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            return resolve(target)
        return {key: resolve(value) for key, value in node.items()}

    resolved: dict[str, Any] = resolve(raw)
    return resolved


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    """List method, path template and operation object of every operation."""
    return [
        (method.upper(), path, operation)
        for path, item in document()["paths"].items()
        for method, operation in item.items()
        if method in {"get", "post"}
    ]


def operation_of(request: httpx.Request) -> dict[str, Any]:
    """Find the operation that a request belongs to."""
    path = request.url.raw_path.decode()
    for method, template, operation in operations():
        if method == request.method and re.fullmatch(re.sub(r"\{[^}]*\}", "[^/?]+", template), path):
            return operation
    raise AssertionError(f"the contract has no operation {request.method} {path}")


def check_answer(response: httpx.Response) -> None:
    """Assert that an answer has a documented status and a body of its schema."""
    documented = operation_of(response.request)["responses"]
    assert str(response.status_code) in documented
    assert response.headers["content-type"].partition(";")[0] == "application/json"
    schema = documented[str(response.status_code)]["content"]["application/json"]["schema"]
    Draft202012Validator(schema).validate(json.loads(response.content))


def check_request(request: httpx.Request) -> None:
    """Assert that a request has a body of its operation's schema, or none."""
    operation = operation_of(request)
    if "requestBody" not in operation:
        assert request.content == b""
        return
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    Draft202012Validator(schema).validate(json.loads(request.content))
