"""The spare kernel: who gets it, when there is one, and that it leaves nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import psutil
import pytest

from deepnote_emulator.execution import EngineError, process, spare
from deepnote_emulator.execution.kernel import KernelEngine
from deepnote_emulator.execution.places import Places
from deepnote_emulator.keeper import Keeper
from tests.emulator.session import opened
from tests.emulator.support import Api, api_of, text_of
from tests.support.processes import kernels_of
from tests.support.virtual_time import run_virtually

START = 0.4
WHO = "import os; print(os.getpid()); print(os.getcwd()); print(sorted(os.listdir()))"


class FakeProcess:
    """A kernel process that takes its time to start and does nothing."""

    made: list[FakeProcess]
    fails = False

    def __init__(self) -> None:
        self.begun_at = asyncio.get_running_loop().time()
        self.death = asyncio.Event()
        self.is_closed = False
        FakeProcess.made.append(self)

    async def is_alive(self) -> bool:
        return not self.death.is_set()

    async def died(self) -> str:
        await self.death.wait()
        return "killed"

    async def close(self) -> None:
        self.is_closed = True

    @classmethod
    async def launched(cls, _keeper: Keeper, *, is_spare: bool = False) -> FakeProcess:
        assert is_spare in {True, False}
        process = cls()
        try:
            await asyncio.sleep(START)
        except asyncio.CancelledError:
            await process.close()
            raise
        if cls.fails:
            raise EngineError("no such luck")
        return process


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> list[FakeProcess]:
    FakeProcess.made, FakeProcess.fails = [], False
    monkeypatch.setattr(spare, "launched", FakeProcess.launched)
    return FakeProcess.made


class Bench:
    """A launcher and its places, with the clock of its loop."""

    def __init__(self, most: int = 4, *, warm: bool = True) -> None:
        self.places = Places(most)
        self.launcher = spare.Launcher(Keeper(), self.places, warm=warm)

    async def lone(self) -> tuple[FakeProcess, float]:
        """Take a place and a kernel; gives it with the seconds that this took."""
        begun = asyncio.get_running_loop().time()
        assert await self.places.take()
        process = await self.launcher.launch()
        assert isinstance(process, FakeProcess)
        return process, asyncio.get_running_loop().time() - begun


def test_there_is_a_spare_after_the_first_kernel_and_it_is_used_once(fakes: list[FakeProcess]) -> None:
    async def main() -> None:
        bench = Bench()
        await asyncio.sleep(10)
        assert fakes == []  # nobody has needed a kernel yet
        first, took = await bench.lone()
        assert took == pytest.approx(START)
        await asyncio.sleep(10)
        assert len(fakes) == 2
        second, took = await bench.lone()
        assert (second is fakes[1], took) == (True, 0)
        third, took = await bench.lone()  # before there is another one
        assert took == pytest.approx(START)
        assert len({id(process) for process in (first, second, third)}) == 3
        await bench.launcher.close()

    run_virtually(main())


def test_a_spare_that_is_starting_is_taken_too(fakes: list[FakeProcess]) -> None:
    async def main() -> None:
        bench = Bench()
        await bench.lone()
        await asyncio.sleep(spare.QUIET_SECONDS + START / 2)
        process, took = await bench.lone()
        assert process is fakes[1]
        assert took == pytest.approx(START / 2)
        await bench.launcher.close()

    run_virtually(main())


def test_no_spare_starts_while_others_do(fakes: list[FakeProcess]) -> None:
    async def main() -> None:
        bench = Bench(8)
        await bench.lone()
        async with asyncio.TaskGroup() as tasks:
            for _ in range(6):
                tasks.create_task(bench.lone())
                await asyncio.sleep(spare.QUIET_SECONDS / 2)
            assert len(fakes) == 7
        ended = asyncio.get_running_loop().time()
        await asyncio.sleep(10)
        assert len(fakes) == 8
        assert fakes[7].begun_at == pytest.approx(ended + spare.QUIET_SECONDS)
        await bench.launcher.close()

    run_virtually(main())


def test_spare_and_kernels_are_never_more_than_the_places(fakes: list[FakeProcess]) -> None:
    async def main() -> None:
        bench = Bench(2)
        await bench.lone()
        await asyncio.sleep(10)
        assert len(fakes) == 2
        await bench.lone()
        await asyncio.sleep(10)
        assert len(fakes) == 2  # every place is taken
        assert not await bench.places.take()
        bench.places.free()
        await asyncio.sleep(10)
        assert len(fakes) == 3
        await bench.launcher.close()

    run_virtually(main())


def test_a_spare_that_died_is_replaced(fakes: list[FakeProcess]) -> None:
    async def main() -> None:
        bench = Bench()
        await bench.lone()
        await asyncio.sleep(10)
        fakes[1].death.set()
        await asyncio.sleep(10)
        assert (len(fakes), fakes[1].is_closed, bench.launcher.has_spare) == (3, True, True)
        fakes[2].death.set()  # and nobody has seen it yet
        process, took = await bench.lone()
        assert (process is fakes[3], fakes[2].is_closed) == (True, True)
        assert took == pytest.approx(START)
        await bench.launcher.close()

    run_virtually(main())


def test_a_spare_that_cannot_start_stands_in_nobodys_way(fakes: list[FakeProcess]) -> None:
    async def main() -> None:
        bench = Bench()
        await bench.lone()
        FakeProcess.fails = True
        await asyncio.sleep(10)
        assert (len(fakes), bench.launcher.has_spare) == (2, False)  # it is not tried again and again
        await asyncio.sleep(10)
        FakeProcess.fails = False
        assert (await bench.lone())[1] == pytest.approx(START)
        await asyncio.sleep(10)
        assert bench.launcher.has_spare
        await bench.launcher.close()

    run_virtually(main())


@pytest.mark.parametrize("after", [0.01, spare.QUIET_SECONDS + START / 2, 10])
def test_nothing_is_left_after_the_end(fakes: list[FakeProcess], after: float) -> None:
    async def main() -> None:
        bench = Bench()
        await bench.lone()
        await asyncio.sleep(after)
        await bench.launcher.close()
        assert all(process.is_closed for process in fakes[1:])
        made = len(fakes)
        await asyncio.sleep(10)
        assert len(fakes) == made

    run_virtually(main())


@pytest.mark.parametrize("after", [START / 4, START / 2])  # while it starts, and when it is ready at that moment
def test_who_leaves_while_the_spare_starts_leaves_no_process(fakes: list[FakeProcess], after: float) -> None:
    async def main() -> None:
        bench = Bench()
        await bench.lone()
        await asyncio.sleep(spare.QUIET_SECONDS + START / 2)
        waiting = asyncio.create_task(bench.launcher.launch())
        await asyncio.sleep(after)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert waiting.cancelled() or waiting.done()
        if waiting.cancelled():
            assert fakes[1].is_closed
        await bench.launcher.close()

    run_virtually(main())


def test_a_cold_emulator_has_none(fakes: list[FakeProcess]) -> None:
    async def main() -> None:
        bench = Bench(warm=False)
        await bench.lone()
        await asyncio.sleep(10)
        assert len(fakes) == 1

    run_virtually(main())


def has_spare(api: Api) -> bool:
    engine = api.emulator._running().engine
    assert isinstance(engine, KernelEngine)
    return engine._launcher.has_spare


async def until(condition: Callable[[], bool]) -> None:
    with anyio.fail_after(30):
        while not condition():
            await anyio.sleep(0.01)


def processes() -> set[int]:
    """List every kernel of this process, the spare ones among them."""
    found = set()
    for child in psutil.Process().children():
        if "ipykernel_launcher" in " ".join(child.cmdline()):
            found.add(child.pid)
    return found


async def test_a_run_gets_the_spare_in_a_folder_of_its_own_with_the_files_of_the_project(tmp_path: Path) -> None:
    before = processes()
    async with api_of(tmp_path, max_kernels=1) as api:
        notebook_id = await api.notebook(WHO)
        await api.run(notebook_id)
        project_id = (await api(200, "GET", f"/v2/notebooks/{notebook_id}"))["notebook"]["projectId"]
        for _ in range(2):
            await until(lambda: has_spare(api))
            (pid,) = processes() - before
            assert api.emulator.kernels == 0
            name = f"{pid}.txt"
            form: Any = {"data": {"projectId": project_id, "path": name}, "files": {"file": ("f", b"x")}}
            await api(201, "POST", "/v2/files", **form)
            seen_pid, folder, names = text_of(await api.run(notebook_id)).splitlines()
            assert (int(seen_pid), name in names) == (pid, True)
            assert not Path(folder).exists()
            await until(lambda pid=pid: not psutil.pid_exists(pid))  # type: ignore[misc]
        await until(lambda: has_spare(api))
        (pid,) = processes() - before
        assert pid not in {kernel.pid for kernel in kernels_of()}  # nobody has a use for it yet
        session = await opened(api, WHO)
        assert processes() - before == {pid}
        assert pid in {kernel.pid for kernel in kernels_of()}
        await api(204, "DELETE", session.path)
        await until(lambda: has_spare(api))
    assert processes() == before


async def test_a_spare_that_is_killed_is_replaced(tmp_path: Path) -> None:
    before = processes()
    async with api_of(tmp_path) as api:
        notebook_id = await api.notebook("print(1)")
        await api.run(notebook_id)
        await until(lambda: has_spare(api))
        (pid,) = processes() - before
        psutil.Process(pid).kill()
        await until(lambda: not has_spare(api))
        await until(lambda: has_spare(api))
        assert text_of(await api.run(notebook_id)) == "1\n"


async def test_a_kernel_that_cannot_be_made_fails_its_run_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object, **_options: object) -> None:
        raise TypeError("'module' object is not callable")

    async with api_of(tmp_path) as api:
        notebook_id = await api.notebook("x = 1")
        with monkeypatch.context() as patched:
            patched.setattr(process, "AsyncKernelManager", broken)
            run = await api.run(notebook_id)
        assert run["status"] == "error"
        assert "the kernel did not start: TypeError: 'module' object is not callable" in run["error"]
        assert (await api.run(notebook_id))["status"] == "success"
    assert kernels_of() == []
