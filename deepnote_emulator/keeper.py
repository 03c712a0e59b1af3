"""A process that outlives a killed emulator by a moment, and ends what it left: kernels, their children and folders.

An emulator that is told to stop cleans up by itself. One that is killed cannot, and its kernels cannot be trusted to:
their own watch is a thread, which a loop in C keeps from running and a SIGSTOP stops. So a small process of its own
waits for the end of a pipe that the emulator holds. It is this very file, run by itself with the standard library only.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection
from pathlib import Path

MARK = "JUPYTER_RUNTIME_DIR"
"""The variable that tells whose a process is: a kernel gets its own folder there, and its children inherit it."""
LOOK_SECONDS = 0.25
CLOSE_SECONDS = 5.0
ROUNDS = 100
ROUND_SECONDS = 0.01
END = b"."
_PROC = Path("/proc")


class Keeper:
    """Makes the private folders of an emulator, and has them removed with all their processes if it is killed.

    Its process starts with the first folder; on Windows there is none.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def new_folder(self, prefix: str, parent: str | None = None) -> Path:
        """Make a folder below a parent, by default the one for temporary files."""
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        self._tell(b"+", folder)
        return folder

    def remove_folder(self, folder: Path) -> None:
        """Remove a folder that it made; called in a thread where the folder may be large."""
        _remove(folder)
        if not os.path.lexists(folder):
            self._tell(b"-", folder)

    def close(self) -> None:
        """End its process, which ends what is left."""
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        with contextlib.suppress(OSError):
            os.write(process.stdin.fileno(), END + b"\n")
        process.stdin.close()
        try:
            process.wait(CLOSE_SECONDS)
        except subprocess.TimeoutExpired:  # somebody stopped it
            process.kill()
            process.wait()

    def _tell(self, sign: bytes, folder: Path) -> None:
        if os.name != "posix":
            return
        if self._process is None:
            self._process = _started()
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):  # somebody killed or stopped it; the emulator does well without
                os.write(self._process.stdin.fileno(), sign + os.fsencode(folder) + b"\n")


def _started() -> subprocess.Popen[bytes]:
    process = subprocess.Popen(  # noqa: S603  (this file)
        [sys.executable, "-I", "-S", __file__, str(os.getpid())],
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={},
        start_new_session=True,  # no signal for the emulator's group reaches it
    )
    if process.stdin is not None:
        os.set_blocking(process.stdin.fileno(), False)
    return process


def end_family(folder: Path, kernel: int) -> None:
    """Kill a kernel and all it started: what has its mark or belongs to its session, whoever its parent is by now.

    Args:
        folder: the kernel's private folder, which is its mark.
        kernel: its process id.
    """
    if not _has_proc():
        with contextlib.suppress(OSError):
            os.killpg(kernel, signal.SIGKILL)
        return
    _end({os.fsencode(folder)}, {kernel})


def _remove(folder: Path) -> None:
    """Remove a folder, also where the code in it has made folders read-only."""
    shutil.rmtree(folder, ignore_errors=True)
    if not os.path.lexists(folder):
        return
    with contextlib.suppress(OSError):
        os.chmod(folder, stat.S_IRWXU)  # noqa: PTH101
        for parent, names, _files in os.walk(folder):
            for name in names:
                path = os.path.join(parent, name)  # noqa: PTH118
                if not os.path.islink(path):  # noqa: PTH114  (a link may lead anywhere)
                    os.chmod(path, stat.S_IRWXU)  # noqa: PTH101
    shutil.rmtree(folder, ignore_errors=True)


def _has_proc() -> bool:
    return (_PROC / "self" / "environ").exists()


def _end(folders: Collection[bytes], sessions: Collection[int]) -> None:
    for _ in range(ROUNDS):  # what forks while it is looked for is found the next time
        if not (found := _family(folders, sessions)):
            return
        for pid in found:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(ROUND_SECONDS)


def _family(folders: Collection[bytes], sessions: Collection[int]) -> list[int]:
    """List the living processes with the mark of one of the folders, and all others of their sessions and of these."""
    marks = [b"\0" + os.fsencode(MARK) + b"=" + folder + b"\0" for folder in folders]
    session_of: dict[int, int] = {}
    marked = set(sessions)
    for pid in [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]:
        with contextlib.suppress(OSError):  # it is another user's, or has just ended
            state, *numbers = (_PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
            if state not in {b"Z", b"X"}:
                session_of[pid] = int(numbers[2])
                environment = b"\0" + (_PROC / str(pid) / "environ").read_bytes() + b"\0"
                if any(mark in environment for mark in marks):
                    marked.add(session_of[pid])
    marked.discard(os.getsid(0))
    return [pid for pid, session in session_of.items() if session in marked]


def _keep(emulator: int) -> None:
    """Follow what the emulator tells until it ends, then end everything that is left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    folders: set[bytes] = set()
    rest = b""
    while True:
        if not select.select([0], [], [], LOOK_SECONDS)[0]:
            if os.getppid() != emulator:  # a process that it forked holds the pipe open
                break
            continue
        if not (data := os.read(0, 1 << 16)):
            break
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            (folders.add if line[:1] == b"+" else folders.discard)(line[1:])
        if END in lines:
            break
    if folders and _has_proc():
        _end(folders, ())
    for folder in folders:
        _remove(Path(os.fsdecode(folder)))


if __name__ == "__main__":
    _keep(int(sys.argv[1]))
