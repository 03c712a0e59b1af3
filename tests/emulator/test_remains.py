"""What tests can see of the sessions and kernels that are left."""

from __future__ import annotations

from pathlib import Path

import anyio
import httpx

from deepnote_emulator import Emulator, SimulatedEngine


async def until_no_kernel(emulator: Emulator) -> None:
    with anyio.fail_after(30):
        while emulator.kernels:
            await anyio.sleep(0.01)


def http_of(emulator: Emulator) -> httpx.AsyncClient:
    headers = {"authorization": f"Bearer {emulator.token}"}
    return httpx.AsyncClient(base_url=emulator.url, headers=headers, timeout=60)


async def test_sessions_and_their_kernels_are_told_until_they_are_gone(simulated: Emulator) -> None:
    async with http_of(simulated) as http:
        body = {"notebookId": simulated.notebook_id("score.deepnote")}
        ids = [(await http.post("/v2/sessions", json=body)).json()["session"]["id"] for _ in range(3)]
        assert (simulated.sessions, simulated.kernels) == (tuple(ids), 3)
        await http.delete(f"/v2/sessions/{ids[1]}")
        assert (simulated.sessions, simulated.kernels) == ((ids[0], ids[2]), 2)
        for session_id in (ids[0], ids[2]):
            await http.delete(f"/v2/sessions/{session_id}")
        assert (simulated.sessions, simulated.kernels) == ((), 0)


async def test_emulators_that_share_an_engine_count_their_own(notebooks: Path) -> None:
    engine = SimulatedEngine()
    async with Emulator(notebooks, engine=engine) as first, Emulator(notebooks, engine=engine) as second:
        async with http_of(first) as http:
            await http.post("/v2/sessions", json={"notebookId": first.notebook_id("score.deepnote")})
        assert (first.kernels, second.kernels) == (1, 0)


async def test_the_kernel_of_a_run_is_told(notebooks: Path) -> None:
    async with Emulator(notebooks) as emulator, http_of(emulator) as http:
        body = {"notebookId": emulator.notebook_id("score.deepnote")}
        await http.post("/v2/runs", json=body)
        with anyio.fail_after(30):
            while emulator.kernels != 1:
                await anyio.sleep(0)
        await until_no_kernel(emulator)
