"""Runs and sessions share the places for kernels, and work holds off the end of a session."""

from __future__ import annotations

import asyncio
from pathlib import Path

import anyio

from tests.emulator.session import opened
from tests.emulator.support import api_of, text_of


async def test_a_run_beyond_the_last_kernel_waits_and_a_session_is_refused(tmp_path: Path) -> None:
    async with api_of(tmp_path, max_kernels=1) as api:
        session = await opened(api, "print('session')")
        run_id = (await api(202, "POST", "/v2/runs", json={"notebookId": session.notebook_id}))["runId"]
        assert (await session.execute("1"))["outputs"] != []
        assert (await api(200, "GET", f"/v2/runs/{run_id}"))["run"]["status"] == "pending"
        answer = await api(500, "POST", "/v2/sessions", json={"notebookId": session.notebook_id})
        assert "Hardware unable to start" in answer["message"]
        assert len(api.emulator.sessions) == 1
        await api(204, "DELETE", session.path)
        run = await api.ended(run_id)
        assert (run["status"], text_of(run)) == ("success", "session\n")


async def test_the_initial_run_of_a_session_begins_with_the_init_notebook(tmp_path: Path) -> None:
    async with api_of(tmp_path) as api:
        notebook_id = await api.notebook("print(base + 2)")
        project_id = (await api(200, "GET", f"/v2/notebooks/{notebook_id}"))["notebook"]["projectId"]
        body = {"projectId": project_id, "name": "Init"}
        init = (await api(201, "POST", "/v2/notebooks", json=body))["notebook"]["id"]
        await api.block(init, "base = 40")
        started = await api(202, "POST", "/v2/sessions", json={"notebookId": notebook_id})
        run = await api.ended(started["run"]["runId"])
        assert (run["status"], text_of(run)) == ("success", "42\n"), run


async def test_a_session_does_not_end_while_it_works(tmp_path: Path) -> None:
    async with api_of(tmp_path) as api:
        session = await opened(api, "x = 1", idleShutdownSeconds=1)
        assert await session.printed("import time; time.sleep(1.3); print(x)") == "1\n"
        assert len(api.emulator.sessions) == 1
        with anyio.fail_after(10):
            while len(api.emulator.sessions) + api.emulator.kernels:
                await asyncio.sleep(0.02)


async def test_fifty_sessions_at_once_are_told_apart(tmp_path: Path) -> None:
    async with api_of(tmp_path, engine="simulated") as api:
        sessions = [await opened(api, "x = 1", wait=False) for _ in range(50)]
        for session in sessions:
            await api.ended(session.opened["run"]["runId"])
        said = await asyncio.gather(
            *(session.printed(f"print('session', {number})") for number, session in enumerate(sessions))
        )
        assert said == [f"session {number}\n" for number in range(50)]
        assert api.emulator.kernels == 50
        for session in sessions:
            await api(204, "DELETE", session.path)
        assert (api.emulator.sessions, api.emulator.kernels) == ((), 0)
