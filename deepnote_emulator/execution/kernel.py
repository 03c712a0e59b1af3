"""Execute code on real Jupyter kernels: one kernel class for the runs and the sessions."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from attrs import Factory, define

from deepnote_emulator.clock import now
from deepnote_emulator.documents import BlockRecord
from deepnote_emulator.execution.engine import EngineError, RestartedError, Step
from deepnote_emulator.execution.outputs import OutputCollector, error_output
from deepnote_emulator.execution.places import Places
from deepnote_emulator.execution.process import KernelProcess
from deepnote_emulator.execution.spare import Launcher
from deepnote_emulator.files import ProjectFile
from deepnote_emulator.keeper import Keeper

log = logging.getLogger("deepnote_emulator")

REPLY_SECONDS = 4.0
"""The reply leaves the kernel before it says that it is idle; one that is not there soon after was lost."""
LOOKS = 8
"""In so many parts it is waited for, so that a pause of the whole machine costs one part and no reply."""
NUDGE_SECONDS = 0.05
SIGNALS = 2
GRACE_SECONDS = 2.0

JsonObject = dict[str, Any]


class KernelEngine:
    """Makes ipykernels, at most `max_kernels` at a time; runs wait for their turn, sessions do not.

    Args:
        keeper: makes the folders of the kernels.
        max_kernels: how many kernels may live at once, a spare one among them; each takes some 40 MB and starts in
            about half a second.
        warm: whether to keep a spare kernel where there is a place.
        output_limit: how much one block may put out, in bytes.
    """

    def __init__(self, keeper: Keeper, *, max_kernels: int, warm: bool, output_limit: int) -> None:
        self.places = Places(max_kernels)
        self._launcher = Launcher(keeper, self.places, warm=warm)
        self._output_limit = output_limit

    @property
    def simulator(self) -> None:
        """None: runs are executed."""

    def kernel(self, files: Sequence[ProjectFile]) -> Kernel:
        """Make a kernel that is not started yet."""
        return Kernel(self._launcher.launch, files, self._output_limit)

    async def close(self) -> None:
        """End the spare kernel."""
        await self._launcher.close()


@define(eq=False)
class _Execution:
    """An execution that is going on; its futures are done when the kernel said so, `heard` counts what it said."""

    step: Step
    record: BlockRecord
    collector: OutputCollector
    heard: int = 0
    begun: asyncio.Future[None] = Factory(lambda: asyncio.get_running_loop().create_future())
    idle: asyncio.Future[None] = Factory(lambda: asyncio.get_running_loop().create_future())
    reply: asyncio.Future[JsonObject] = Factory(lambda: asyncio.get_running_loop().create_future())


class Kernel:
    """One kernel. Messages find their execution by the id of its request; a watch tells of the process's death.

    Args:
        launch: starts its process.
        files: what its folder holds in the beginning.
        output_limit: how much one step may put out, in bytes.
    """

    def __init__(
        self, launch: Callable[[], Awaitable[KernelProcess]], files: Sequence[ProjectFile], output_limit: int
    ) -> None:
        self._launch = launch
        self._files = tuple(files)
        self._output_limit = output_limit
        self._started: KernelProcess | None = None
        self._executions: dict[str, _Execution] = {}
        self._current: _Execution | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._death: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._is_restarting = False
        self._interrupting = asyncio.Lock()

    @property
    def is_dead(self) -> bool:
        """Whether it died by itself or was closed; one that is being restarted after an interrupt is not."""
        return self._death.done() and not self._interrupting.locked()

    @property
    def executing(self) -> Step | None:
        """What it executes now."""
        return self._current.step if self._current is not None else None

    async def start(self) -> None:
        """Start it and wait until it is ready."""
        self._started = await self._launch()
        await self._started.use(self._files)
        self._listen()

    async def ended(self) -> str:
        """Wait until it has died for good, and tell how."""
        while True:
            how = await asyncio.shield(self._death)
            async with self._interrupting:  # which may have started it anew
                if self._death.done():
                    return how

    async def run(self, step: Step, record: BlockRecord) -> None:
        """Execute a step, filling `record` as it goes.

        Raises:
            EngineError: the kernel died.
        """
        if step.unsupported is not None:
            record.outputs.append(error_output("EmulatorUnsupported", step.unsupported))
            record.finished_at = now()
            return
        async with self._interrupting:  # a restart must have ended before
            pass
        if self._death.done():
            raise EngineError(f"the kernel is gone ({self._death.result()})")
        execution = _Execution(step, record, OutputCollector(record.outputs, self._output_limit))
        request = self._process.client.execute(step.code, allow_stdin=False, stop_on_error=False)
        self._executions[request] = self._current = execution
        try:
            await self._ended(execution)
        finally:
            self._executions.pop(request, None)
            self._current = None
            execution.collector.finish()
            record.finished_at = now()

    async def interrupt(self) -> None:
        """End what it executes: SIGINT and a nudge, both again, then a restart, which costs its state.

        The nudge is for code that awaits at the top level, which ipykernel does not interrupt before another message
        comes (https://github.com/ipython/ipykernel/issues/881). A signal that comes in the moment before the code
        begins is lost on ipykernel, so there is a second one.
        """
        async with self._interrupting:
            execution = self._current
            if execution is None or execution.idle.done() or self._death.done():
                return
            await self._within(execution.begun, GRACE_SECONDS)  # a signal before the code begins would be lost
            for _ in range(SIGNALS):
                await self._process.interrupt()
                if await self._within(execution.idle, NUDGE_SECONDS):
                    return
                self._process.client.kernel_info()
                if await self._within(execution.idle, GRACE_SECONDS / SIGNALS):
                    return
            self._is_restarting = True
            try:
                self._die("it was killed and started anew, since its code ignored an interrupt; its variables are lost")
                await self._disconnect()
                await self._process.restart()
                await self._process.connect()
                self._listen()
            finally:
                self._is_restarting = False

    async def close(self) -> None:
        """End it; what it executes fails."""
        self._die("it was closed")
        async with self._interrupting:  # which must not start it anew afterwards
            self._die("it was closed")
            await self._disconnect()
            if self._started is not None:
                await self._started.close()

    @property
    def _process(self) -> KernelProcess:
        if self._started is None:
            raise EngineError("the kernel was not started")
        return self._started

    def _listen(self) -> None:
        client = self._process.client
        self._death = asyncio.get_running_loop().create_future()
        self._tasks = [
            asyncio.create_task(self._read(client.get_iopub_msg, self._take_output)),
            asyncio.create_task(self._read(client.get_shell_msg, self._take_reply)),
            asyncio.create_task(self._watch()),
        ]

    async def _disconnect(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._started is not None:
            self._started.disconnect()

    async def _ended(self, execution: _Execution) -> None:
        await self._said_all(execution)
        if not execution.idle.done():
            place = f"block {execution.step.block_id}" if execution.step.block_id else "the code"
            kind = RestartedError if self._is_restarting else EngineError
            raise kind(f"the kernel died while it ran {place} ({self._death.result()})")
        record = execution.record
        execution.collector.finish()
        if (lost := await self._lost_error(execution)) and not record.failed:
            record.outputs.append(lost)

    async def _said_all(self, execution: _Execution) -> None:
        """Wait until the kernel is idle again, or has replied and then been silent: a flood may drown messages."""
        ends: set[asyncio.Future[Any]] = {execution.idle, execution.reply, self._death}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        heard = -1
        while not execution.idle.done() and not self._death.done() and execution.heard != heard:
            heard = execution.heard
            await self._soon(execution.idle)
        if not self._death.done():
            _done(execution.idle)

    async def _lost_error(self, execution: _Execution) -> JsonObject | None:
        """Learn from the kernel's reply how code ended: a message that cannot be encoded never reaches the outputs."""
        if not await self._soon(execution.reply):
            return error_output("EmulatorLostReply", "the kernel could not say how the block ended")
        content = execution.reply.result()
        if content["status"] == "ok":
            return None
        return error_output(str(content.get("ename", "Error")), str(content.get("evalue", "the block was aborted")))

    async def _read(self, receive: Callable[..., Awaitable[JsonObject]], take: Callable[..., None]) -> None:
        """Hand every message of a channel to the execution that it belongs to."""
        try:
            while True:
                message = await receive(timeout=None)
                execution = self._executions.get(str(message["parent_header"].get("msg_id")))
                if execution is not None:
                    take(execution, message["msg_type"], message["content"])
        except Exception as error:
            log.exception("the channel of a kernel broke")
            self._die(f"its channel broke: {type(error).__name__}: {error}")

    def _take_output(self, execution: _Execution, kind: str, content: JsonObject) -> None:
        execution.heard += 1
        if kind == "execute_input":
            execution.record.execution_count = content["execution_count"]
            _done(execution.begun)
        elif kind == "status" and content["execution_state"] == "idle":
            _done(execution.begun)
            _done(execution.idle)
        execution.collector.take(kind, content)

    def _take_reply(self, execution: _Execution, kind: str, content: JsonObject) -> None:
        if kind == "execute_reply" and not execution.reply.done():
            execution.reply.set_result(content)

    async def _watch(self) -> None:
        self._die(await self._process.died())

    def _die(self, reason: str) -> None:
        if not self._death.done():
            self._death.set_result(reason)

    async def _soon(self, future: asyncio.Future[Any]) -> bool:
        """Wait for what must have been sent already; whether it came."""
        for _ in range(LOOKS):
            if await self._within(future, REPLY_SECONDS / LOOKS):
                break
        return future.done()

    async def _within(self, future: asyncio.Future[Any], seconds: float | None) -> bool:
        """Wait for a future, no longer than some seconds or the kernel's life; whether it or the kernel's end came."""
        ends: set[asyncio.Future[Any]] = {future, self._death}
        done, _ = await asyncio.wait(ends, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        return bool(done)


def _done(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
