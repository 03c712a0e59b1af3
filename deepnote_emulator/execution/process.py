"""The process of a kernel: its private folder, its environment, its start and its end.

The kernel is no sandbox: the notebook's code can do what the user who started the emulator can.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager

from deepnote_emulator.execution.engine import EngineError
from deepnote_emulator.files import ProjectFile, copy_into
from deepnote_emulator.keeper import MARK, Keeper, end_family

READY_SECONDS = 60.0
ASK_SECONDS = 1.0
HEAR_SECONDS = 0.2
"""Every answer is told of on the channel of outputs too; one that is not was given before that was subscribed to."""
END_SECONDS = 5.0
DEATH_CHECK_SECONDS = 0.05
SOCKET_PATH_LIMIT = 90
"""Unix sockets take about 100 characters (sun_path); jupyter_client adds a few to the folder."""
SPARE_FILE = "spare"

_ENVIRONMENT = ("HOME", "LANG", "LANGUAGE", "LOGNAME", "PATH", "SYSTEMROOT", "TMPDIR", "TZ", "USER", "VIRTUAL_ENV")
"""What of the emulator's environment a kernel sees, beside LC_*: no token, no DEEPNOTE_* variable."""


class KernelProcess:
    """A kernel process in a private folder; that of a spare one holds a file named "spare" until it is used.

    Args:
        keeper: makes the folder, and ends the process if the emulator is killed.
        is_spare: whether nobody has a use for it yet.
    """

    def __init__(self, keeper: Keeper, *, is_spare: bool = False) -> None:
        self._keeper = keeper
        self._is_spare = is_spare
        self._home: Path | None = None
        self._manager: Any = None
        self._pid: int | None = None
        self.client: Any = None
        """The jupyter_client client of it, once it is ready."""

    async def start(self) -> None:
        """Start the process."""
        home = self._home = self._keeper.new_folder("dn-", _short_temporary_folder())
        work = home / "work"
        work.mkdir()
        if self._is_spare:
            (home / SPARE_FILE).touch()
        self._manager = AsyncKernelManager(
            kernel_name="python3",
            kernel_spec_manager=_ThisPython(),
            transport="ipc" if _has_unix_sockets(home) else "tcp",
            connection_file=str(home / "k.json"),
        )
        quiet = subprocess.DEVNULL  # what the kernel process itself logs; its code's output comes as messages
        await self._manager.start_kernel(cwd=str(work), env=_environment(home), stdout=quiet, stderr=quiet)
        self._pid = self._manager.provisioner.pid

    async def connect(self) -> None:
        """Open the channels and wait until it is ready.

        Raises:
            EngineError: it does not become ready.
        """
        client = self.client = self._manager.client()
        client.start_channels(hb=False)
        try:
            async with asyncio.timeout(READY_SECONDS):
                while not await self._answers(client):
                    if not await self._manager.is_alive():
                        raise EngineError("the kernel did not start: its process ended")
        except TimeoutError as error:
            raise EngineError(f"the kernel did not start within {READY_SECONDS:g} s") from error

    def disconnect(self) -> None:
        """Close the channels."""
        client, self.client = self.client, None
        if client is not None:
            client.stop_channels()

    async def use(self, files: Sequence[ProjectFile]) -> None:
        """Lay files into the folder it works in: from now on it belongs to somebody."""
        if self._home is not None:
            (self._home / SPARE_FILE).unlink(missing_ok=True)
            if files:
                await asyncio.to_thread(copy_into, self._home / "work", files)

    async def interrupt(self) -> None:
        """Send SIGINT, or what takes its place here."""
        await self._manager.interrupt_kernel()

    async def restart(self) -> None:
        """Kill it with all it started, and start it anew in the same folder; clients must connect again."""
        await self._kill()
        await self._manager.restart_kernel(now=True)
        self._pid = self._manager.provisioner.pid

    async def is_alive(self) -> bool:
        """Whether it is running, or stopped by a signal."""
        return bool(await self._manager.is_alive())

    async def died(self) -> str:
        """Return how the process ended, once it has: its channels say nothing of it."""
        while await self._manager.is_alive():  # noqa: ASYNC110  (jupyter_client has no event for it)
            await asyncio.sleep(DEATH_CHECK_SECONDS)
        code = self._popen.returncode if self._popen is not None else None
        return f"exit code {code}" if code is not None else "its process is gone"

    async def close(self) -> None:
        """Kill it with all it started, and leave neither process nor file behind."""
        self.disconnect()
        if self._manager is not None:
            await self._kill()
            if self._manager.has_kernel:
                await self._manager.shutdown_kernel(now=True)
            else:
                await self._manager.cleanup_resources()
        if self._home is not None:
            await asyncio.to_thread(self._keeper.remove_folder, self._home)

    @property
    def _popen(self) -> subprocess.Popen[bytes] | None:
        provisioner = self._manager.provisioner
        return provisioner.process if provisioner is not None else None

    async def _kill(self) -> None:
        """Kill the process before jupyter_client does, which leaves children alone and looks every 100 ms."""
        process = self._popen
        pid = self._pid or (process.pid if process is not None else None)  # its start may have been cancelled
        if pid is not None and self._home is not None and os.name == "posix":
            await asyncio.to_thread(end_family, self._home, pid)
        if process is not None and os.name == "posix":
            with contextlib.suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(process.wait, END_SECONDS)
        self._pid = None

    async def _answers(self, client: Any) -> bool:
        """Ask for a sign of life; whether it came, and the channel of outputs is heard too."""
        client.kernel_info()
        with contextlib.suppress(queue.Empty):
            await client.get_shell_msg(timeout=ASK_SECONDS)
            await client.get_iopub_msg(timeout=HEAR_SECONDS)
            return True
        return False


async def launched(keeper: Keeper, *, is_spare: bool = False) -> KernelProcess:
    """Start a process and wait until it is ready; raises EngineError."""
    process = KernelProcess(keeper, is_spare=is_spare)
    try:
        await process.start()
        await process.connect()
    except BaseException as error:
        await asyncio.shield(process.close())
        if isinstance(error, EngineError | OSError) or not isinstance(error, Exception):
            raise
        # jupyter_client fails in its own ways where packages are missing or hidden.
        raise EngineError(f"the kernel did not start: {type(error).__name__}: {error}") from error
    return process


class _ThisPython(KernelSpecManager):
    """Knows one kernel: the interpreter that runs the emulator, whatever kernels the user has installed."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Give the only specification there is."""
        return KernelSpec(
            argv=[sys.executable, "-Xfrozen_modules=off", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            display_name=kernel_name,
            language="python",
            interrupt_mode="signal",
        )


def _environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in _ENVIRONMENT or name.startswith("LC_")}
    return kept | {
        "IPYTHONDIR": str(home / "ipython"),
        MARK: str(home),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "PYTHONIOENCODING": "utf-8",
    }


def _short_temporary_folder() -> str | None:
    return "/tmp" if os.name == "posix" and Path("/tmp").is_dir() else None  # noqa: S108  (mkdtemp makes it private)


def _has_unix_sockets(home: Path) -> bool:
    return os.name == "posix" and len(str(home)) < SOCKET_PATH_LIMIT
