"""Code that nobody should run: a clear answer each, an emulator that lives on, and no process that stays behind."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import psutil
import pytest

from deepnote_emulator import Emulator
from deepnote_emulator.execution import kernel as kernels
from tests.emulator.session import Session, blocks_of, opened
from tests.emulator.support import Api, text_of, to_emulator

LIMIT = 1 << 20
CUT = f"The emulator cut the outputs here: together they are larger than {LIMIT:,} bytes.\n"
CHILD = "import subprocess; print(subprocess.Popen(['sleep', '600']).pid)"
SETSID = "import subprocess; print(subprocess.Popen(['sleep', '600'], start_new_session=True).pid)"
BARE = "import subprocess; print(subprocess.Popen(['sleep', '600'], env={}).pid)"
GROUP = "import subprocess; print(subprocess.Popen(['sleep', '600'], env={}, process_group=0).pid)"
DAEMON = """
import os, time
read, write = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.write(write, str(os.getpid()).encode())
        time.sleep(600)
    os._exit(0)
print(os.read(read, 100).decode())
"""


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with Emulator(tmp_path_factory.mktemp("empty"), max_kernels=2, output_limit=LIMIT) as emulator:
        yield emulator


@pytest.fixture
async def api(emulator: Emulator) -> AsyncIterator[Api]:
    async with to_emulator(emulator) as api:
        yield api
        for session_id in emulator.sessions:
            await api(204, "DELETE", f"/v2/sessions/{session_id}")
    assert (emulator.sessions, emulator.kernels) == ((), 0)


@pytest.fixture
async def session(api: Api) -> Session:
    return await opened(api)


async def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    with anyio.fail_after(seconds):
        while not condition():
            await anyio.sleep(0.01)


def is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize(
    ("code", "ename"),
    [
        ("def (:", "SyntaxError"),
        ("input()", "StdinNotImplementedError"),
        ("import sys; sys.stdout.buffer.write(b'\\xff')", "AttributeError"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("raise BaseException('all of it')", "BaseException"),
        ("def f(): return f()\nf()", "RecursionError"),
        ("import sys; sys.stdout.close(); print(1)", "ValueError"),
    ],
)
async def test_an_error_of_the_code_is_its_output(session: Session, code: str, ename: str) -> None:
    outputs = (await session.execute(code))["outputs"]
    assert [output["ename"] for output in outputs] == [ename]
    assert (await session.status())[1]["state"] == "idle"


async def test_bytes_that_are_no_text_are_replaced(session: Session) -> None:
    # The kernel reads its descriptor in a thread of its own; what comes after the end of the code is nobody's.
    outputs = (await session.execute("import os, time; os.write(1, b'a\\xff\\xfe\\n'); time.sleep(1)"))["outputs"]
    assert outputs == [{"name": "stdout", "output_type": "stream", "text": "a��\n"}]


async def test_fifty_megabytes_on_stdout_are_cut(session: Session) -> None:
    for code in ("print('x' * 50_000_000)", "for _ in range(500): print('x' * 100_000, flush=True)"):
        kept, notice = (await session.execute(code, timeoutMs=60_000))["outputs"]
        assert len(kept["text"].replace("\n", "")) == pytest.approx(LIMIT, rel=0.01)
        assert (notice["name"], notice["text"]) == ("stderr", CUT)
    assert await session.printed("print(1)") == "1\n"


@pytest.mark.parametrize("code", ["'y' * 50_000_000", "from IPython.display import HTML\nHTML('y' * 50_000_000)"])
async def test_a_value_of_fifty_megabytes_is_left_out(session: Session, code: str) -> None:
    (notice,) = (await session.execute(code, timeoutMs=60_000))["outputs"]
    assert notice["text"] == CUT


async def test_an_error_of_ten_megabytes_is_shortened(session: Session) -> None:
    (error,) = (await session.execute("raise ValueError('e' * 10_000_000)", timeoutMs=60_000))["outputs"]
    assert (error["ename"], error["evalue"]) == ("ValueError", f"{'e' * 200_000}...")
    assert len(str(error["traceback"])) < LIMIT


async def test_a_print_without_end_ends_at_its_time_limit(session: Session) -> None:
    process = psutil.Process()
    before = process.memory_info().rss
    await session.execute("while True: print('x' * 1000)", 408, timeoutMs=1000)
    assert process.memory_info().rss - before < 100 << 20
    assert await session.printed("print(1)") == "1\n"


async def test_a_run_is_cut_too_and_goes_on(api: Api) -> None:
    run = await api.run(await api.notebook("print('x' * 50_000_000)", "print('after')"))
    assert run["status"] == "success"
    assert len(text_of(run)) < LIMIT + 1000
    assert text_of(run).endswith(f"{CUT}after\n")


async def test_a_kernel_that_ends_itself_is_told_and_gives_its_place_back(api: Api, emulator: Emulator) -> None:
    session = await opened(api, "1")
    (block_id,) = await blocks_of(session)
    message = (await session.execute("import os; os._exit(1)", 409))["message"]
    assert "kernel is not available: the kernel died while it ran the code (exit code 1)" in message
    assert (await session.execute("1", 409))["message"].endswith("the kernel is gone (exit code 1)")
    assert (await session.status())[1] == {"state": "dead", "executingBlock": None, "queue": []}
    await session.run(block_id, status=409)
    await until(lambda: emulator.kernels == 0)
    others = [await opened(api) for _ in range(2)]  # as many as there are places
    await api(500, "POST", "/v2/sessions", json={"notebookId": session.notebook_id})
    await api(204, "DELETE", session.path)
    assert emulator.kernels == len(others)  # the place is not given back twice
    await api(500, "POST", "/v2/sessions", json={"notebookId": others[0].notebook_id})


async def test_an_idle_kernel_that_is_killed_is_seen(session: Session, emulator: Emulator) -> None:
    pid = int(await session.printed("import os; print(os.getpid())"))
    child = int(await session.printed(GROUP))
    os.kill(pid, 9)
    await session.until("dead")
    assert "exit code -9" in (await session.execute("1", 409))["message"]
    await until(lambda: is_gone(child) and emulator.kernels == 0)


@pytest.mark.parametrize(
    "code", [CHILD, SETSID, BARE, GROUP, DAEMON]
)  # of the same session, of another one, without the kernel's environment, in a group of its own too, without a parent
async def test_what_a_session_started_ends_with_it(session: Session, code: str) -> None:
    child = int(await session.printed(code))
    assert not is_gone(child)
    await session.api(204, "DELETE", session.path)
    await until(lambda: is_gone(child), 5)


async def test_what_a_run_started_ends_with_it(api: Api) -> None:
    run = await api.run(await api.notebook(SETSID))
    assert run["status"] == "success"
    assert is_gone(int(text_of(run)))


async def test_a_kernel_that_is_started_anew_loses_its_children(session: Session, monkeypatch: Any) -> None:
    monkeypatch.setattr(kernels, "GRACE_SECONDS", 0.3)
    child = int(await session.printed(SETSID))
    await session.execute("import os, signal; os.kill(os.getpid(), signal.SIGSTOP)", 408, timeoutMs=200)
    assert is_gone(child)


async def test_a_flood_that_drowns_the_end_of_code_does_not_hold_it(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    take = kernels.Kernel._take_output

    def lose(self: kernels.Kernel, execution: Any, kind: str, content: Any) -> None:
        if content.get("execution_state") != "idle":
            take(self, execution, kind, content)

    monkeypatch.setattr(kernels.Kernel, "_take_output", lose)
    monkeypatch.setattr(kernels, "REPLY_SECONDS", 0.2)
    session, begun = await opened(api), time.monotonic()
    assert await session.printed("print(1)", timeoutMs=60_000) == "1\n"
    assert time.monotonic() - begun < 30


async def test_a_pause_of_the_machine_costs_no_reply(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "REPLY_SECONDS", 0.08)
    kernel = kernels.Kernel(asyncio.Future, (), LIMIT)
    reply: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def pause() -> None:
        time.sleep(0.2)  # nothing at all goes on meanwhile
        for _ in range(3):  # so many steps it takes to read what has come
            await asyncio.sleep(0)
        reply.set_result(None)

    pausing = asyncio.create_task(pause())
    assert await kernel._soon(reply)
    await pausing


async def test_the_kernel_knows_neither_the_token_nor_settings_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = (
        "DEEPNOTE_TOKEN",
        "DEEPNOTE_API_KEY",
        "DEEPNOTE_API_URL",
        "DEEPNOTE_X",
        "GH_TOKEN",
        "AWS_SECRET_ACCESS_KEY",
    )
    for name in names:
        monkeypatch.setenv(name, "hidden-value")
    code = (
        "import glob, os, sys\n"
        "texts = [*os.environ, *os.environ.values(), *sys.argv, os.getcwd()]\n"
        "texts += [open(path, errors='replace').read() for path in glob.glob('../*.json')]\n"
        "print('\\n'.join(texts))"
    )
    async with Emulator(tmp_path) as emulator, to_emulator(emulator) as api:
        session = await opened(api, code)
        run = (await api(200, "GET", f"/v2/runs/{session.opened['run']['runId']}?snapshotDelivery=blocks"))["run"]
        seen = text_of(run) + await session.printed(code)
        await api(204, "DELETE", session.path)
        seen += text_of(await api.run(session.notebook_id))  # on the spare kernel, or not yet
    assert "hb_port" in seen
    for hidden in ("hidden-value", "DEEPNOTE", "GH_TOKEN", "SECRET", emulator.token):
        assert hidden not in seen
