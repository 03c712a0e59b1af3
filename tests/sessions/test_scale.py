"""Many sessions at once over real sockets: every output is the right one, none is another's, and nothing is left."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from deepnote_async import AsyncDeepnote, ConflictError, ExecutionError, RequestTimeoutError, RunFailedError, Session
from deepnote_emulator import Emulator
from deepnote_emulator.execution.simulated import SimulatedEngine
from tests.sessions.test_cancelled_anywhere import is_clean


async def test_fifty_sessions_on_the_simulated_engine(notebooks: Path) -> None:
    texts: dict[tuple[int, int], str] = {}

    async def use(client: AsyncDeepnote, notebook_id: str, number: int) -> None:
        async with client.sessions.open(notebook_id, timeout=60) as session:

            async def execute(turn: int) -> None:
                texts[number, turn] = (await session.execute(f"print('session {number} turn {turn}')")).text

            async with anyio.create_task_group() as turns:
                for turn in range(3):
                    turns.start_soon(execute, turn)

    with Emulator(notebooks, engine=SimulatedEngine(seconds=0.01)) as emulator:
        async with AsyncDeepnote(emulator.token, emulator.url) as client, anyio.create_task_group() as tasks:
            for number in range(50):
                tasks.start_soon(use, client, emulator.notebook_id("slow.ipynb"), number)
        assert await is_clean(emulator)
        assert emulator.calls["executeSessionCode"] == 150
    assert texts == {(n, turn): f"session {n} turn {turn}\n" for n in range(50) for turn in range(3)}


@pytest.mark.long
async def test_eight_sessions_on_real_kernels(notebooks: Path) -> None:
    seen: dict[int, list[str]] = {}

    async def use(client: AsyncDeepnote, notebook_id: str, number: int) -> None:
        async with client.sessions.open(notebook_id, inputs={"n": number + 1}, timeout=120) as session:
            await session.execute(f"mine = {number}", 60)
            outputs = [await session.execute("print(mine, int(n)); mine += 100", 60) for _ in range(3)]
            seen[number] = [output.text for output in outputs]

    with Emulator(notebooks, max_kernels=8) as emulator:
        async with AsyncDeepnote(emulator.token, emulator.url) as client, anyio.create_task_group() as tasks:
            for number in range(8):
                tasks.start_soon(use, client, emulator.notebook_id("score.deepnote"), number)
        assert await is_clean(emulator)
    assert seen == {number: [f"{number + 100 * turn} {number + 1}\n" for turn in range(3)] for number in range(8)}


async def test_one_session_on_a_real_kernel(client: AsyncDeepnote, emulator: Emulator) -> None:
    """What a session does, one thing after the other: starting a kernel takes longer than all of it."""
    async with client.sessions.open(emulator.notebook_id("score.deepnote"), inputs={"n": 2}, timeout=60) as session:
        assert session.initial_run is not None
        assert (await session.initial_run.result()).text.startswith("region=EU n=2 total=34")
        assert (await session.execute("print(total)")).text == "34\n"  # the state of the initial run
        assert (await session.execute("total * 2")).data["text/plain"] == "68"
        await it_raises(session)
        await it_queues(session)
        await it_times_out(session)
        await it_is_cancelled(session)
        await it_is_interrupted(session)
        await it_runs_blocks(session, client)
        await it_dies(session)
        assert session.id in emulator.sessions
    assert session.id not in emulator.sessions


async def it_raises(session: Session) -> None:
    with pytest.raises(ExecutionError, match=r"^ZeroDivisionError: division by zero\n") as caught:
        await session.execute("print('before'); 1 / 0")
    assert "\x1b" not in str(caught.value)
    assert caught.value.execution.text == "before\n"


async def it_queues(session: Session) -> None:
    seen: list[str] = []

    async def execute(number: int) -> None:
        seen.append((await session.execute(f"print({number})")).text)

    async with anyio.create_task_group() as tasks:
        for number in range(5):
            tasks.start_soon(execute, number)
    assert sorted(seen) == [f"{number}\n" for number in range(5)]


async def it_times_out(session: Session) -> None:
    with pytest.raises(RequestTimeoutError, match=r"the code had 0.3 s and was not done"):
        await session.execute("import time; time.sleep(60)", 0.3)
    assert (await session.wait_idle(10)).kernel_state == "idle"
    assert (await session.execute("print(total)")).text == "34\n"


async def it_is_cancelled(session: Session) -> None:
    with anyio.move_on_after(0.3) as scope:
        await session.execute("time.sleep(60)", 100)
    assert scope.cancelled_caught
    assert (await session.execute("print(total)")).text == "34\n"  # at once: the kernel is not busy any more


async def it_is_interrupted(session: Session) -> None:
    async def execute() -> None:
        with pytest.raises(ExecutionError, match=r"^KeyboardInterrupt"):
            await session.execute("time.sleep(60)", 100)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(execute)
        with anyio.fail_after(10):
            while (await session.status()).kernel_state != "busy":
                await anyio.sleep(0.01)
        await anyio.sleep(0.2)  # it has begun to sleep
        await session.interrupt()


async def it_runs_blocks(session: Session, client: AsyncDeepnote) -> None:
    notebook = await client.notebooks.get(session.notebook_id)
    code = next(block for block in notebook.blocks if block.type == "code")
    handle = await session.run([code.id])
    result = await handle.result(30)
    assert result.text.startswith("region=EU n=2 total=34")


async def it_dies(session: Session) -> None:
    with pytest.raises(ConflictError) as caught:
        await session.execute("import os; os._exit(1)")
    assert caught.value.reason == "kernel"
    with pytest.raises(ConflictError) as caught:
        await session.execute("1")
    assert caught.value.reason == "kernel"


async def test_a_busy_notebook_is_one_to_wait_for(client: AsyncDeepnote, emulator: Emulator) -> None:
    async with client.sessions.open(emulator.notebook_id("slow.ipynb"), wait=False) as session:
        with pytest.raises(ConflictError) as caught:
            await session.execute("1")
        assert caught.value.reason == "busy"
    assert session.id not in emulator.sessions


async def test_a_failed_initial_run_names_its_block(client: AsyncDeepnote, emulator: Emulator) -> None:
    before = emulator.sessions
    with pytest.raises(RunFailedError) as caught:
        async with client.sessions.open(emulator.notebook_id("fails.ipynb"), timeout=60):
            raise AssertionError("unreachable: it is not open")
    assert caught.value.failure is not None
    assert caught.value.failure.block_id
    assert emulator.sessions == before
    async with client.sessions.open(emulator.notebook_id("fails.ipynb"), check=False, timeout=60) as session:
        assert (await session.execute("print(6 * 7)")).text == "42\n"
