"""What is left when the emulator itself is killed: nothing, within two seconds."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from deepnote_emulator import Emulator
from deepnote_emulator.keeper import Keeper
from tests.support.processes import kernels_of

SCRIPT = """
import sys
from deepnote_emulator import Emulator
with Emulator(sys.argv[1]) as emulator:
    print(emulator.url, emulator.token, flush=True)
    sys.stdin.read()
"""
SAYS = "open({!r}, 'w').write(str(os.getpid()))\n"
C_LOOP = "sum(range(10**12))"
IGNORES = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
CHILD = "import subprocess\nsubprocess.Popen(['sleep', '600'], start_new_session=True)\n"
STOPPED = "import signal\nos.kill(os.getpid(), signal.SIGSTOP)"

ON_LINUX = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks into /proc")


@contextmanager
def served(folder: Path, cwd: Path) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    """Run an emulator in a process of its own."""
    environment = os.environ | {"TMPDIR": str(cwd)}
    command = [sys.executable, "-c", SCRIPT, str(folder)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        url, token = process.stdout.readline().split()
        with httpx.Client(base_url=url, headers={"authorization": f"Bearer {token}"}, timeout=60) as http:
            yield process, http
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def start(http: httpx.Client, *sources: str) -> str:
    """Create a notebook and start a run of it; gives its project."""
    project = http.post("/v2/projects", json={"name": "P"}).json()["project"]
    notebook_id = project["notebooks"][0]["id"]
    for source in sources:
        http.post("/v2/blocks", json={"notebookId": notebook_id, "type": "code", "content": source}).raise_for_status()
    http.post("/v2/runs", json={"notebookId": notebook_id}).raise_for_status()
    project_id: str = project["id"]
    return project_id


def upload(http: httpx.Client, project_id: str) -> None:
    form: Any = {"data": {"projectId": project_id, "path": "a.txt"}, "files": {"file": ("f", b"x")}}
    http.post("/v2/files", **form).raise_for_status()


def family_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def lives(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def is_deaf(pid: int) -> bool:
    """Whether a process ignores SIGTERM already."""
    (mask,) = re.findall(r"SigIgn:\s*([0-9a-f]+)", Path(f"/proc/{pid}/status").read_text())
    return bool(int(mask, 16) >> (signal.SIGTERM - 1) & 1)


def homes_of(kernels: list[psutil.Process]) -> list[Path]:
    return [Path(kernel.cmdline()[-1]).parent for kernel in kernels]


@ON_LINUX
def test_a_killed_emulator_leaves_neither_process_nor_folder(tmp_path: Path) -> None:
    folder, temporary = tmp_path / "notebooks", tmp_path / "temporary"
    folder.mkdir()
    temporary.mkdir()
    codes = [IGNORES + C_LOOP, CHILD + "while True: pass", STOPPED]
    with served(folder, temporary) as (process, http):
        for number, code in enumerate(codes):
            upload(http, start(http, "import os\n" + SAYS.format(str(tmp_path / str(number))) + code))
        until(lambda: all((tmp_path / str(number)).exists() for number in range(len(codes))))
        until(lambda: any(child.name() == "sleep" for child in family_of(process)))
        until(lambda: any(child.status() == psutil.STATUS_STOPPED for child in family_of(process)))
        family, homes = family_of(process), homes_of(kernels_of(process.pid))
        assert len(family) >= len(codes) + 2  # with the sleeper and the keeper
        assert len(homes) == len(codes)
        assert list(temporary.iterdir()) != []
        process.kill()
        process.wait()
        killed = time.monotonic()
        until(lambda: not any(map(lives, family)), 10)
        assert time.monotonic() - killed < 2
        assert [home for home in homes if home.exists()] == []
        assert list(temporary.glob("deepnote-emulator-files-*")) == []


@ON_LINUX
def test_a_stopped_emulator_has_no_keeper_left(tmp_path: Path) -> None:
    before = {child.pid for child in psutil.Process().children()}
    with Emulator(tmp_path, engine="simulated") as emulator:
        assert {child.pid for child in psutil.Process().children()} == before  # none before there is a folder
        with httpx.Client(base_url=emulator.url, headers={"authorization": f"Bearer {emulator.token}"}) as http:
            upload(http, start(http))
        (keeper,) = (child for child in psutil.Process().children() if child.pid not in before)
        assert "keeper.py" in " ".join(keeper.cmdline())
        assert keeper.environ() == {}
        until(lambda: is_deaf(keeper.pid))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # what a terminal sends to all
            keeper.send_signal(number)
        time.sleep(0.05)
        assert lives(keeper)
    assert not keeper.is_running()


def test_without_its_process_an_emulator_still_clears_up(tmp_path: Path) -> None:
    keeper = Keeper()
    first = keeper.new_folder("x-", str(tmp_path))
    assert keeper._process is not None
    keeper._process.kill()
    keeper._process.wait()
    second = keeper.new_folder("x-", str(tmp_path))
    for folder in (first, second):
        keeper.remove_folder(folder)
    keeper.close()
    assert list(tmp_path.iterdir()) == []


def test_a_keeper_that_was_stopped_holds_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deepnote_emulator.keeper.CLOSE_SECONDS", 0.1)
    keeper = Keeper()
    keeper.new_folder("x-", str(tmp_path))
    process = keeper._process
    assert process is not None
    process.send_signal(signal.SIGSTOP)
    for _ in range(1000):
        keeper._tell(b"+", tmp_path / ("y" * 200))  # more than the pipe holds
    keeper.close()
    assert process.returncode == -signal.SIGKILL


def test_what_is_left_goes_when_the_process_that_made_it_ends(tmp_path: Path) -> None:
    script = (
        "import os, sys, time\nfrom deepnote_emulator.keeper import Keeper\n"
        "Keeper().new_folder('x-', sys.argv[1])\n"
        "if os.fork() == 0: time.sleep(600)\n"  # which holds the pipe open
        "os._exit(0)"
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], start_new_session=True)
    try:
        assert process.wait(30) == 0
        until(lambda: list(tmp_path.iterdir()) == [], 10)
    finally:
        os.killpg(process.pid, signal.SIGKILL)


def test_folders_that_code_made_read_only_go_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The superuser can remove them anyway, so the first try is made to fail."""
    keeper = Keeper()
    folder = keeper.new_folder("x-", str(tmp_path))
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o555)
    (folder / "cache" / "mod").mkdir(parents=True)
    (folder / "cache" / "link").symlink_to(outside)
    (folder / "cache" / "mod" / "file").touch()
    (folder / "cache" / "mod").chmod(0o555)
    remove = shutil.rmtree

    def remove_what_may_be_written(path: Path, *, ignore_errors: bool) -> None:
        if all(found.stat().st_mode & 0o200 for found in path.rglob("*") if found.is_dir() and not found.is_symlink()):
            remove(path, ignore_errors=ignore_errors)

    monkeypatch.setattr(shutil, "rmtree", remove_what_may_be_written)
    keeper.remove_folder(folder)
    keeper.close()
    assert not folder.exists()
    assert outside.stat().st_mode & 0o777 == 0o555
