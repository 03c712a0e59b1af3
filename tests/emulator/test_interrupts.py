"""Interrupts and time limits of code in a session, on real kernels: the ladder up to a kernel that is started anew."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from deepnote_emulator import Emulator
from deepnote_emulator.execution import kernel as kernels
from tests.emulator.session import Session, blocks_of, opened
from tests.emulator.support import Api, text_of, to_emulator
from tests.support.processes import kernels_of

LOOP = "while True: pass"
SLEEP = "import time\ntime.sleep(600)"
AWAIT = "import asyncio\nawait asyncio.sleep(3600)"
C_CALL = "sum(range(10**12))"
SWALLOWS = "import time\nwhile True:\n    try: time.sleep(600)\n    except KeyboardInterrupt: pass"
IGNORES = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"
STOPS = "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)"
GENTLE, HARD = (LOOP, SLEEP, AWAIT), (C_CALL, SWALLOWS, IGNORES, STOPS)


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with Emulator(tmp_path_factory.mktemp("empty"), max_kernels=2) as emulator:
        yield emulator
    assert kernels_of() == []


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kill soon what does not end, in tests where that is to happen."""
    monkeypatch.setattr(kernels, "GRACE_SECONDS", 0.3)


@pytest.fixture
async def api(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Api]:
    monkeypatch.setattr(kernels, "GRACE_SECONDS", 20.0)  # a machine may be busy with other tests
    async with to_emulator(emulator) as api:
        yield api
        for session_id in emulator.sessions:
            await api(204, "DELETE", f"/v2/sessions/{session_id}")
    assert (emulator.sessions, emulator.kernels) == ((), 0)


async def in_flight(session: Session, code: str, answers: list[Any], status: int = 200) -> None:
    answers.append(await session.execute(code, status, timeoutMs=60_000))


@pytest.mark.parametrize("code", GENTLE)
async def test_code_that_takes_too_long_is_interrupted(api: Api, code: str) -> None:
    session = await opened(api, "x = 1")
    message = (await session.execute(code, 408, timeoutMs=300))["message"]
    assert message == "The code did not end within 300 ms and was interrupted"
    assert await session.printed("print(x)") == "1\n"
    assert (await session.status()) == ("idle", {"state": "idle", "executingBlock": None, "queue": []})


@pytest.mark.parametrize("code", HARD)
@pytest.mark.usefixtures("api", "hurried")
async def test_code_that_takes_too_long_and_ignores_an_interrupt_costs_its_kernel(api: Api, code: str) -> None:
    session = await opened(api, "x = 1")
    message = (await session.execute(code, 408, timeoutMs=300))["message"]
    assert message.startswith("The code did not end within 300 ms and ignored an interrupt: its kernel was killed")
    assert message.endswith("all variables are lost")
    assert await session.printed("print('x' in globals())") == "False\n"
    assert (await session.status()) == ("idle", {"state": "idle", "executingBlock": None, "queue": []})


@pytest.mark.parametrize("code", GENTLE)
async def test_an_interrupt_ends_code_in_flight(api: Api, code: str) -> None:
    session = await opened(api, "x = 1")
    assert (await session.interrupt())["status"] == "idle"  # which an idle kernel does not mind
    answers: list[Any] = []
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(in_flight, session, code, answers)
        kernel = await session.until("busy")
        assert (kernel["executingBlock"], kernel["queue"]) == (None, [])
        await session.interrupt()
    (output,) = answers[0]["outputs"]
    assert output["ename"] in {"KeyboardInterrupt", "CancelledError"}
    assert await session.printed("print(x)") == "1\n"


@pytest.mark.parametrize("code", HARD)
@pytest.mark.usefixtures("api", "hurried")
async def test_an_interrupt_that_code_ignores_costs_the_kernel_its_state_and_says_so(api: Api, code: str) -> None:
    session = await opened(api, "x = 1")
    answers: list[Any] = []
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(in_flight, session, code, answers, 409)
        await session.until("busy")
        await session.interrupt()
    assert answers[0]["message"].startswith("The session's kernel ignored an interrupt: it was killed and started anew")
    assert "not available" not in answers[0]["message"]
    assert await session.printed("print('x' in globals())") == "False\n"


async def test_a_limit_that_comes_while_another_interrupt_works_tells_of_a_lost_kernel_too(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernels, "GRACE_SECONDS", 3.0)  # so long does the other interrupt take
    session = await opened(api, "x = 1")

    async def interrupt() -> None:
        await session.until("busy")
        await session.interrupt()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(interrupt)
        answer = await session.execute(IGNORES, 408, timeoutMs=1500)
        assert answer["message"].endswith("all variables are lost")


async def test_an_interrupt_also_ends_code_that_waits_for_other_code(api: Api) -> None:
    session = await opened(api)
    answers: list[Any] = []
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(in_flight, session, SLEEP, answers)
        await session.until("busy")
        for _ in range(2):
            tasks.start_soon(in_flight, session, "came_to_it = True", answers)
        with anyio.fail_after(30):
            while waiting_on(api, session) < 2:
                await anyio.sleep(0.01)
        await session.interrupt()
    assert [output["ename"] for answer in answers for output in answer["outputs"]] == ["KeyboardInterrupt"] * 3
    assert await session.printed("print('came_to_it' in globals())") == "False\n"


def waiting_on(api: Api, session: Session) -> int:
    """Count the code that waits for its turn on the kernel of a session."""
    lived = api.emulator._running().sessions.get(session.opened["session"]["id"])
    assert lived is not None
    return len(lived.kernels[session.notebook_id]._turn._waiters or ())


async def test_status_follows_a_run_block_by_block(api: Api, tmp_path: Path) -> None:
    step = "import pathlib, time\nwhile not pathlib.Path({!r}).exists(): time.sleep(0.005)\nprint({})"
    gates = [tmp_path / str(number) for number in range(3)]
    session = await opened(api, *(step.format(str(gate), gate.name) for gate in gates), wait=False)
    blocks = await blocks_of(session)
    for number, gate in enumerate(gates):
        with anyio.fail_after(30):
            while (kernel := (await session.status())[1])["executingBlock"] != blocks[number]:
                await anyio.sleep(0.005)
        assert kernel == {"state": "busy", "executingBlock": blocks[number], "queue": blocks[number + 1 :]}
        gate.touch()
    run = await api.ended(session.opened["run"]["runId"])
    assert (run["status"], text_of(run)) == ("success", "0\n1\n2\n")
    assert await session.status() == ("idle", {"state": "idle", "executingBlock": None, "queue": []})
