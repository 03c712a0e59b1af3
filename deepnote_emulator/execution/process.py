"""The process of a kernel: its private folder, its environment, its start and its end.

The kernel is no sandbox: the notebook's code can do what the user who started the emulator can.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager

from deepnote_emulator.execution.engine import EngineError
from deepnote_emulator.files import ProjectFile, copy_into

READY_SECONDS = 60.0
DEATH_CHECK_SECONDS = 0.05
SOCKET_PATH_LIMIT = 90
"""Unix sockets take about 100 characters (sun_path); jupyter_client adds a few to the folder."""

_ENVIRONMENT = ("HOME", "LANG", "LANGUAGE", "LOGNAME", "PATH", "SYSTEMROOT", "TMPDIR", "TZ", "USER", "VIRTUAL_ENV")
"""What of the emulator's environment a kernel sees, beside LC_*: no token, no DEEPNOTE_* variable."""


class KernelProcess:
    """A kernel process in a private folder.

    Args:
        files: what to lay into the folder it works in.
    """

    def __init__(self, files: Sequence[ProjectFile]) -> None:
        self._files = tuple(files)
        self._home: Path | None = None
        self._manager: Any = None

    async def start(self) -> None:
        """Start the process."""
        home = self._home = Path(tempfile.mkdtemp(prefix="dn-", dir=_short_temporary_folder()))
        work = home / "work"
        work.mkdir()
        await asyncio.to_thread(copy_into, work, self._files)
        self._manager = AsyncKernelManager(
            kernel_name="python3",
            kernel_spec_manager=_ThisPython(),
            transport="ipc" if _has_unix_sockets(home) else "tcp",
            connection_file=str(home / "k.json"),
        )
        quiet = subprocess.DEVNULL  # what the kernel process itself logs; its code's output comes as messages
        await self._manager.start_kernel(cwd=str(work), env=_environment(home), stdout=quiet, stderr=quiet)

    async def connect(self) -> Any:
        """Give a jupyter_client client of it once it is ready.

        Raises:
            EngineError: it does not become ready.
        """
        client = self._manager.client()
        client.start_channels(hb=False)
        try:
            await client.wait_for_ready(timeout=READY_SECONDS)
        except BaseException as error:
            client.stop_channels()
            if isinstance(error, RuntimeError):
                raise EngineError(f"the kernel did not start: {error}") from error
            raise
        return client

    async def interrupt(self) -> None:
        """Send SIGINT, or what takes its place here."""
        await self._manager.interrupt_kernel()

    async def restart(self) -> None:
        """Kill it and start it anew; clients must connect again."""
        await self._manager.restart_kernel(now=True)

    async def died(self) -> str:
        """Return how the process ended, once it has: its channels say nothing of it."""
        while await self._manager.is_alive():  # noqa: ASYNC110  (jupyter_client has no event for it)
            await asyncio.sleep(DEATH_CHECK_SECONDS)
        process = self._manager.provisioner.process if self._manager.provisioner else None
        code = process.returncode if process is not None else None
        return f"exit code {code}" if code is not None else "its process is gone"

    async def close(self) -> None:
        """Kill it, and leave neither process nor file behind."""
        if self._manager is not None and self._manager.has_kernel:
            await self._manager.shutdown_kernel(now=True)
        if self._home is not None:
            await asyncio.to_thread(shutil.rmtree, self._home, ignore_errors=True)


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
        "JUPYTER_RUNTIME_DIR": str(home),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "PYTHONIOENCODING": "utf-8",
    }


def _short_temporary_folder() -> str | None:
    return "/tmp" if os.name == "posix" and Path("/tmp").is_dir() else None  # noqa: S108  (mkdtemp makes it private)


def _has_unix_sockets(home: Path) -> bool:
    return os.name == "posix" and len(str(home)) < SOCKET_PATH_LIMIT
