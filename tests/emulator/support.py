"""An emulator of its own for tests that change things, and requests whose answers are all judged by the contract."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx

from deepnote_emulator import Emulator
from tests.support.contract import check_answer

UNKNOWN = "00000000-0000-4000-8000-00000000dead"


class Api:
    """Sends requests, and asserts of every answer that the contract has it."""

    def __init__(self, http: httpx.AsyncClient, emulator: Emulator) -> None:
        self.http = http
        self.emulator = emulator

    async def __call__(self, status: int, method: str, path: str, **options: Any) -> Any:
        """Expect a status; gives the body as JSON, or as bytes where it is none."""
        response = await self.http.request(method, path, **options)
        kind = response.headers.get("content-type", "").partition(";")[0]
        check_answer(response)
        assert response.status_code == status, response.text
        return response.json() if kind == "application/json" else response.content

    async def project(self, name: str = "P", **body: Any) -> Any:
        """Create a project."""
        return (await self(201, "POST", "/v2/projects", json={"name": name} | body))["project"]

    async def notebook(self, *sources: str) -> str:
        """Create a project whose notebook has some code blocks; gives the notebook's id."""
        notebook_id: str = (await self.project())["notebooks"][0]["id"]
        for source in sources:
            await self.block(notebook_id, source)
        return notebook_id

    async def block(self, notebook_id: str, content: str, **body: Any) -> str:
        """Create a block, of code if not told otherwise; gives its id."""
        body = {"notebookId": notebook_id, "type": "code", "content": content} | body
        block_id: str = (await self(201, "POST", "/v2/blocks", json=body))["block"]["id"]
        return block_id

    async def ended(self, run_id: str) -> Any:
        """Wait for a run; gives it with its outputs."""
        with anyio.fail_after(60):
            while True:
                path = f"/v2/runs/{run_id}?snapshotDelivery=blocks"
                run = (await self(200, "GET", path))["run"]
                if run["snapshotStatus"] != "pending":
                    return run
                await anyio.sleep(0.02)

    async def run(self, notebook_id: str) -> Any:
        """Run a notebook to its end."""
        started = await self(202, "POST", "/v2/runs", json={"notebookId": notebook_id})
        return await self.ended(started["runId"])


@asynccontextmanager
async def api_of(folder: Path, **options: Any) -> AsyncIterator[Api]:
    """Start an emulator and speak to it."""
    async with Emulator(folder, **options) as emulator, to_emulator(emulator) as api:
        yield api


@asynccontextmanager
async def to_emulator(emulator: Emulator) -> AsyncIterator[Api]:
    """Speak to an emulator."""
    headers = {"authorization": f"Bearer {emulator.token}"}
    async with httpx.AsyncClient(base_url=emulator.url, headers=headers, timeout=60) as http:
        yield Api(http, emulator)


def text_of(run: Any) -> str:
    """Join what a run printed."""
    outputs = [output for block in run["snapshotBlocks"] for output in block["outputs"]]
    return "".join(output.get("text", "") for output in outputs)


def raw_json(value: Any) -> dict[str, Any]:
    """Make request options of a body that no JSON library of the client may mend."""
    content = value if isinstance(value, str | bytes) else json.dumps(value)
    return {"content": content, "headers": {"content-type": "application/json"}}
