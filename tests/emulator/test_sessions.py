"""Sessions over HTTP on real kernels."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from deepnote_emulator.execution import sessions
from deepnote_emulator.store import ProjectStore
from tests.emulator.session import Session, blocks_of, opened
from tests.emulator.support import UNKNOWN, Api, api_of, text_of
from tests.support.processes import kernels_of

SLEEP = "import time\ntime.sleep(600)"
STUBBORN = "import time\nwhile True:\n    try: time.sleep(600)\n    except KeyboardInterrupt: pass"


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with api_of(tmp_path, max_kernels=2) as api:
        yield api
    assert kernels_of() == []


async def test_a_session_keeps_the_kernel_of_its_initial_run(api: Api) -> None:
    session = await opened(api, "x = 1", "print(x)")
    told = session.opened["session"]
    assert (told["notebookId"], told["sessionNotebookId"] != session.notebook_id) == (session.notebook_id, True)
    run = (await api(200, "GET", f"/v2/runs/{session.opened['run']['runId']}?snapshotDelivery=blocks"))["run"]
    assert (run["status"], text_of(run)) == ("success", "1\n")
    assert await session.status() == ("idle", {"state": "idle", "executingBlock": None, "queue": []})
    assert await session.printed("x += 1; print(x)") == "2\n"
    _, second = await blocks_of(session)
    follow_up = await api.ended((await session.run(second))["runId"])
    assert (follow_up["status"], text_of(follow_up)) == ("success", "2\n")
    await api(204, "DELETE", session.path)
    await api(404, "DELETE", session.path)
    await session.execute("1", 404)
    assert kernels_of() == []


async def test_an_exception_of_the_code_is_an_output(api: Api) -> None:
    session = await opened(api)
    (output,) = (await session.execute("1/0"))["outputs"]
    assert (output["output_type"], output["ename"]) == ("error", "ZeroDivisionError")
    (output,) = (await session.execute("6 * 7"))["outputs"]
    assert (output["output_type"], output["data"]) == ("execute_result", {"text/plain": "42"})


async def test_inputs_of_the_session_hold_for_its_runs(api: Api) -> None:
    notebook_id = await api.notebook()
    await api.block(notebook_id, "", type="input-text", metadata={"deepnote_variable_name": "who"})
    body = {"notebookId": notebook_id, "inputs": {"who": "me"}}
    session = Session(api, notebook_id, await api(202, "POST", "/v2/sessions", json=body))
    await api.ended(session.opened["run"]["runId"])
    assert await session.printed("print(who)") == "me\n"
    await api(400, "POST", "/v2/sessions", json=body | {"inputs": {"other": "x"}})


async def test_the_time_limit_is_never_clamped(api: Api) -> None:
    session = await opened(api)
    for timeout in (0, -1, 120_001, 10**40, 1.5, "1", True, None):
        await session.execute("1", 400, timeoutMs=timeout)
    for timeout in (120_000, 100_000.0):
        await session.execute("1", timeoutMs=timeout)


async def test_a_run_that_is_going_on_keeps_code_out_until_it_is_interrupted(api: Api) -> None:
    session = await opened(api, SLEEP, "print('never')", wait=False)
    first, second = await blocks_of(session)
    assert await session.until("busy") == {"state": "busy", "executingBlock": first, "queue": [second]}
    assert (await session.status())[0] == "busy"
    assert "busy with a run" in (await session.execute("1", 409))["message"]
    waiting = await session.run(second)
    await session.interrupt()
    for run_id in (session.opened["run"]["runId"], waiting["runId"]):
        run = await api.ended(run_id)
        assert (run["status"], text_of(run)) == ("stopped", "")
    assert await session.printed("print(1)") == "1\n"


async def test_another_notebook_of_the_project_has_a_kernel_of_its_own(api: Api) -> None:
    notebook_id = await api.notebook("x = 1")
    project_id = (await api(200, "GET", f"/v2/notebooks/{notebook_id}"))["notebook"]["projectId"]
    other = (await api(201, "POST", "/v2/notebooks", json={"projectId": project_id}))["notebook"]["id"]
    opened_ = await api(202, "POST", "/v2/sessions", json={"notebookId": notebook_id})
    session = Session(api, notebook_id, opened_)
    await api.ended(opened_["run"]["runId"])
    assert (await session.status(other))[1]["state"] == "absent"
    assert await session.printed("print('x' in globals())", notebookId=other) == "False\n"
    assert (await session.status(other))[1]["state"] == "idle"
    assert len(kernels_of()) == 2
    stranger = await api.notebook()
    for wrong in (stranger, opened_["session"]["sessionNotebookId"], "nope"):
        await session.execute("1", 404, notebookId=wrong)


async def test_a_session_beyond_the_last_kernel_is_refused(api: Api) -> None:
    first = await opened(api)
    await opened(api)
    answer = await api(500, "POST", "/v2/sessions", json={"notebookId": first.notebook_id})
    assert "Hardware unable to start" in answer["message"]
    await api(204, "DELETE", first.path)
    await opened(api)


async def test_a_kernel_that_died_is_not_available(api: Api) -> None:
    session = await opened(api, "1")
    (block_id,) = await blocks_of(session)
    (kernel,) = kernels_of()
    kernel.send_signal(signal.SIGKILL)
    await session.until("dead")
    assert "not available" in (await session.execute("1", 409))["message"]
    await session.run(block_id, status=409)
    other = await opened(api)
    assert "died while it ran the code" in (await other.execute("import os; os._exit(3)", 409))["message"]


async def test_stopping_a_session_stops_its_run(api: Api) -> None:
    session = await opened(api, SLEEP, wait=False)
    await session.until("busy")
    await api(204, "DELETE", session.path)
    run = await api.ended(session.opened["run"]["runId"])
    assert (run["status"], run["snapshotStatus"]) == ("stopped", "unavailable")
    assert kernels_of() == []


async def test_an_idle_session_ends_by_itself(api: Api) -> None:
    session = await opened(api, idleShutdownSeconds=1)
    with anyio.fail_after(30):
        while (await gone(session)) is False:
            await anyio.sleep(0.02)
        while kernels_of():
            await anyio.sleep(0.02)


async def gone(session: Session) -> bool:
    response: httpx.Response = await session.api.http.get(
        f"{session.path}/status", params={"notebookId": session.notebook_id}
    )
    return response.status_code == 404


async def test_only_time_without_work_ends_a_session() -> None:
    ended = anyio.Event()
    project = ProjectStore().create_project("P", "standard")
    session = sessions.Session(project, project.notebooks[0], {}, 0.01, lambda _session: ended.set())

    def is_ticking() -> bool:
        return session._timer is not None

    with session.working():
        pass
    assert is_ticking()
    with session.working():
        assert not is_ticking()
        with session.working():
            pass
        assert not is_ticking()
    with anyio.fail_after(30):
        await ended.wait()


async def test_deleting_the_project_ends_its_sessions(api: Api) -> None:
    session = await opened(api)
    project_id = (await api(200, "GET", f"/v2/notebooks/{session.notebook_id}"))["notebook"]["projectId"]
    await api(204, "DELETE", f"/v2/projects/{project_id}")
    assert await gone(session)


async def test_no_kernel_outlives_the_emulator(tmp_path: Path) -> None:
    async with api_of(tmp_path) as api:
        await opened(api)
        busy = await opened(api, STUBBORN, wait=False)
        await busy.until("busy")
        starting = await opened(api, wait=False)
        assert starting.opened["run"]["status"] == "pending"
    assert kernels_of() == []


async def test_no_kernel_is_started_anew_by_an_interrupt_when_the_session_stops(api: Api) -> None:
    session = await opened(api, STUBBORN, wait=False)
    await session.until("busy")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(session.interrupt)
        with anyio.fail_after(30):
            while (await session.status())[1]["executingBlock"] is not None:  # until the interrupt kills the kernel
                await anyio.sleep(0.01)
        await api(204, "DELETE", session.path)
    assert kernels_of() == []


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("POST", "/v2/sessions", {"json": {"notebookId": "nope"}}, 404),
        ("POST", "/v2/sessions", {"json": {}}, 400),
        ("POST", "/v2/sessions", {"json": {"notebookId": "N", "storageMode": "rw"}}, 400),
        ("POST", "/v2/sessions", {"json": {"notebookId": "N", "idleShutdownSeconds": 0}}, 400),
        ("POST", "/v2/sessions", {"json": {"notebookId": "N", "idleShutdownSeconds": 10**400}}, 202),
        ("POST", "/v2/sessions", {"json": {"notebookId": "N", "surprise": 1}}, 400),
        ("GET", f"/v2/sessions/{UNKNOWN}/status", {"params": {"notebookId": "N"}}, 404),
        ("GET", "/v2/sessions/nope/status", {"params": {"notebookId": "N"}}, 400),
        ("GET", f"/v2/sessions/{UNKNOWN}/status", {}, 400),
        ("DELETE", f"/v2/sessions/{UNKNOWN}", {}, 404),
        ("POST", f"/v2/sessions/{UNKNOWN}/interrupt", {"json": {"notebookId": "N"}}, 404),
        ("POST", f"/v2/sessions/{UNKNOWN}/runs", {"json": {"notebookId": "N", "blockIds": []}}, 400),
        ("POST", f"/v2/sessions/{UNKNOWN}/execute", {"json": {"notebookId": "N"}}, 400),
    ],
)
async def test_what_is_taken_and_refused(
    api: Api, method: str, path: str, options: dict[str, Any], status: int
) -> None:
    notebook_id = await api.notebook()
    for kind, values in options.items():
        if values.get("notebookId") == "N":
            options = {kind: values | {"notebookId": notebook_id}}
    await api(status, method, path, **options)
