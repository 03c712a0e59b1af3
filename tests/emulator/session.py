"""A session to test with."""

from __future__ import annotations

from typing import Any

import anyio

from tests.emulator.support import Api


class Session:
    """A session of one notebook, opened and done with its initial run."""

    def __init__(self, api: Api, notebook_id: str, opened: Any) -> None:
        self.api, self.notebook_id, self.opened = api, notebook_id, opened
        self.path = f"/v2/sessions/{opened['session']['id']}"

    async def execute(self, code: str, status: int = 200, **body: Any) -> Any:
        body = {"notebookId": self.notebook_id, "code": code} | body
        return await self.api(status, "POST", f"{self.path}/execute", json=body)

    async def printed(self, code: str, **body: Any) -> str:
        outputs = (await self.execute(code, **body))["outputs"]
        assert all("text" in output for output in outputs), outputs
        return "".join(output["text"] for output in outputs)

    async def status(self, notebook_id: str | None = None) -> tuple[str, Any]:
        query = {"notebookId": notebook_id or self.notebook_id}
        told = await self.api(200, "GET", f"{self.path}/status", params=query)
        return told["session"]["status"], told["kernel"]

    async def until(self, state: str) -> Any:
        with anyio.fail_after(30):
            while (kernel := (await self.status())[1])["state"] != state:
                await anyio.sleep(0.01)
            return kernel

    async def interrupt(self) -> Any:
        body = {"notebookId": self.notebook_id}
        return (await self.api(200, "POST", f"{self.path}/interrupt", json=body))["session"]

    async def run(self, *block_ids: str, status: int = 202) -> Any:
        body = {"notebookId": self.notebook_id, "blockIds": list(block_ids)}
        return await self.api(status, "POST", f"{self.path}/runs", json=body)


async def opened(api: Api, *sources: str, wait: bool = True, **body: Any) -> Session:
    notebook_id = await api.notebook(*sources)
    answer = await api(202, "POST", "/v2/sessions", json={"notebookId": notebook_id} | body)
    session = Session(api, notebook_id, answer)
    if wait:
        await api.ended(answer["run"]["runId"])
    return session


async def blocks_of(session: Session) -> list[str]:
    notebook = (await session.api(200, "GET", f"/v2/notebooks/{session.notebook_id}"))["notebook"]
    return [block["id"] for block in notebook["blocks"]]
