"""Execute runs on real Jupyter kernels, one fresh kernel for each run.

The kernel is no sandbox: the notebook's code can do what the user who started the emulator can.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager

from deepnote_emulator.clock import now
from deepnote_emulator.documents import BlockRecord
from deepnote_emulator.execution.engine import EngineError, Plan, Step
from deepnote_emulator.execution.outputs import OutputCollector

READY_SECONDS = 60.0
REPLY_SECONDS = 2.0
"""The reply leaves the kernel before it says that it is idle; one that is not there soon after was lost."""
DEATH_CHECK_SECONDS = 0.05
SOCKET_PATH_LIMIT = 90
"""Unix sockets take about 100 characters (sun_path); jupyter_client adds a few to the folder."""

_ENVIRONMENT = ("HOME", "LANG", "LANGUAGE", "LOGNAME", "PATH", "SYSTEMROOT", "TMPDIR", "TZ", "USER", "VIRTUAL_ENV")
"""What of the emulator's environment a kernel sees, beside LC_*: no token, no DEEPNOTE_* variable."""


class KernelEngine:
    """Runs plans on ipykernel, at most `max_kernels` at a time; further plans wait for their turn.

    Args:
        max_kernels: how many kernels may live at once; each takes some 40 MB and starts in about half a second.
    """

    def __init__(self, max_kernels: int = 4) -> None:
        self._slots = asyncio.Semaphore(max_kernels)

    @contextlib.asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Wait until a kernel may be started, and hold its place."""
        async with self._slots:
            yield

    async def execute(self, plan: Plan, records: dict[str, BlockRecord]) -> None:
        """Execute the steps on a fresh kernel up to the first error, filling `records` as it goes.

        Raises:
            EngineError: the kernel could not be started, or died.
        """
        async with _kernel() as kernel:
            for step in plan.steps:
                record = records[step.block_id] = BlockRecord(started_at=now())
                try:
                    await kernel.run(step, record)
                finally:
                    record.finished_at = now()
                if record.failed:
                    return

    async def close(self) -> None:
        """Nothing outlives a run: its task ends its kernel."""


class _Kernel:
    def __init__(self, manager: Any, client: Any) -> None:
        self._manager = manager
        self._client = client

    async def run(self, step: Step, record: BlockRecord) -> None:
        if step.unsupported is not None:
            record.outputs.append(_error_output("EmulatorUnsupported", step.unsupported))
            return
        execution = asyncio.create_task(self._execute(step.code, record))
        death = asyncio.create_task(self._died())
        try:
            await asyncio.wait({execution, death}, return_when=asyncio.FIRST_COMPLETED)
            if not execution.done():
                raise EngineError(f"the kernel died while it ran block {step.block_id} ({death.result()})")
            await execution
        finally:
            for task in (execution, death):
                task.cancel()
            await asyncio.gather(execution, death, return_exceptions=True)

    async def _execute(self, code: str, record: BlockRecord) -> None:
        """Send code and collect what belongs to it until the kernel says it is idle again."""
        request = self._client.execute(code, allow_stdin=False, stop_on_error=True)
        collector = OutputCollector(record.outputs)
        while True:
            message = await self._client.get_iopub_msg(timeout=None)
            if message["parent_header"].get("msg_id") != request:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "execute_input":
                record.execution_count = content["execution_count"]
            elif kind == "status" and content["execution_state"] == "idle":
                break
            collector.take(kind, content)
        if (lost := await self._lost_error(request)) and not record.failed:
            record.outputs.append(lost)

    async def _lost_error(self, request: str) -> dict[str, Any] | None:
        """Learn from the kernel's reply how code ended: a message that cannot be encoded never reaches the outputs."""
        try:
            async with asyncio.timeout(REPLY_SECONDS):
                while (reply := await self._client.get_shell_msg(timeout=None))["parent_header"]["msg_id"] != request:
                    pass
        except TimeoutError:
            return _error_output("EmulatorLostReply", "the kernel could not say how the block ended")
        content = reply["content"]
        if content["status"] == "ok":
            return None
        return _error_output(str(content.get("ename", "Error")), str(content.get("evalue", "the block was aborted")))

    async def _died(self) -> str:
        """Return how the kernel ended, once it has: its channels say nothing of it."""
        while await self._manager.is_alive():  # noqa: ASYNC110  (jupyter_client has no event for it)
            await asyncio.sleep(DEATH_CHECK_SECONDS)
        process = self._manager.provisioner.process if self._manager.provisioner else None
        code = process.returncode if process is not None else None
        return f"exit code {code}" if code is not None else "its process is gone"


@contextlib.asynccontextmanager
async def _kernel() -> AsyncIterator[_Kernel]:
    """Start a kernel in a private folder, and leave neither process nor file behind."""
    home = Path(tempfile.mkdtemp(prefix="dn-", dir=_short_temporary_folder()))
    work = home / "work"
    work.mkdir()
    manager: Any = AsyncKernelManager(
        kernel_name="python3",
        kernel_spec_manager=_ThisPython(),
        transport="ipc" if _has_unix_sockets(home) else "tcp",
        connection_file=str(home / "k.json"),
    )
    client: Any = None
    try:
        quiet = subprocess.DEVNULL  # what the kernel process itself logs; its code's output comes as messages
        await manager.start_kernel(cwd=str(work), env=_environment(home), stdout=quiet, stderr=quiet)
        client = manager.client()
        client.start_channels(hb=False)
        try:
            await client.wait_for_ready(timeout=READY_SECONDS)
        except RuntimeError as error:
            raise EngineError(f"the kernel did not start: {error}") from error
        yield _Kernel(manager, client)
    finally:
        if client is not None:
            client.stop_channels()
        await asyncio.shield(_end(manager, home))


async def _end(manager: Any, home: Path) -> None:
    if manager.has_kernel:
        await manager.shutdown_kernel(now=True)
    await asyncio.to_thread(shutil.rmtree, home, ignore_errors=True)


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


def _error_output(name: str, message: str) -> dict[str, Any]:
    return {"ename": name, "evalue": message, "output_type": "error", "traceback": [f"{name}: {message}"]}
