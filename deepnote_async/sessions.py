"""A live kernel that outlasts a run: execute code in it, interrupt it, ask how it is.

https://deepnote.com/docs/api-reference/sessions. Sessions are beta; the names of most fields are not documented, so
what is read here is what the service is known or likely to send, and everything it said is kept beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from attrs import field, frozen

from deepnote_async.errors import ExecutionError
from deepnote_async.runs import RunHandle
from deepnote_async.snapshot import HasOutputs, Output, OutputGroup
from deepnote_async.transport import CallOptions, Transport, path_id
from deepnote_async_api import models as wire
from deepnote_async_api.api.sessions import (
    execute_session_code,
    get_session_status,
    interrupt_session,
    stop_session,
)

DEFAULT_EXECUTE_SECONDS = 10.0
SHORTEST_EXECUTE_SECONDS = 0.001
LONGEST_EXECUTE_SECONDS = 120.0
EXECUTE_MARGIN_SECONDS = 15.0
"""The call lasts longer than the code may: the service has to interrupt it and to answer."""


@frozen(kw_only=True)
class Execution(HasOutputs):
    """What code put out.

    Attributes:
        outputs: everything in order, as nbformat 4 describes it.
    """

    outputs: tuple[Output, ...]

    @property
    def data(self) -> Mapping[str, Any]:
        """The forms of the last value, by media type; empty without a value."""
        return next((output.data for output in reversed(self.outputs) if output.data), {})

    @property
    def error(self) -> Output | None:
        """The exception it raised, None if it raised none."""
        return next((output for output in self.outputs if output.output_type == "error"), None)

    def _groups(self) -> tuple[OutputGroup, ...]:
        return (OutputGroup(outputs=self.outputs),)


@frozen(kw_only=True)
class SessionStatus:
    """How a session and one of its kernels are.

    Attributes:
        state: state of the session, such as "busy"; None if the service did not say.
        kernel_state: state of the notebook's kernel; None if the service did not say.
        executing_block: the block it executes; None if there is none.
        queue: the blocks that wait.
        session: everything the service said of the session, under the API's names.
        kernel: everything it said of the kernel.
    """

    state: str | None = None
    kernel_state: str | None = None
    executing_block: str | None = None
    queue: tuple[str, ...] = ()
    session: Mapping[str, Any] = field(factory=dict, repr=False)
    kernel: Mapping[str, Any] = field(factory=dict, repr=False)


class Session:
    """A session of a notebook. Made by `client.sessions.create`, or without I/O by `client.sessions.attach`.

    It works on a copy of the notebook; the notebook itself is never changed. Without a stop it ends by itself after its
    idle time.

    Attributes:
        id: id of the session.
        notebook_id: the source notebook.
        initial_run: the run of the whole notebook that opened it; None for an attached session.
    """

    __slots__ = ("_transport", "id", "initial_run", "notebook_id")

    def __init__(
        self, transport: Transport, session_id: str, notebook_id: str, initial_run: RunHandle | None = None
    ) -> None:
        self._transport = transport
        self.id = path_id(session_id, "session_id")
        self.notebook_id = path_id(notebook_id, "notebook_id")
        self.initial_run = initial_run

    def __repr__(self) -> str:
        return f"Session({self.id!r}, notebook_id={self.notebook_id!r})"

    async def execute(
        self,
        code: str,
        timeout: float = DEFAULT_EXECUTE_SECONDS,  # noqa: ASYNC109  (how long the code may take, not the call)
        *,
        check: bool = True,
        notebook_id: str | None = None,
    ) -> Execution:
        """Execute code in the notebook's kernel. Sent once: code has effects.

        Args:
            code: Python source.
            timeout: seconds the code may take, from 0.001 to 120.
            check: raise ExecutionError if the code raised; False returns its outputs instead.
            notebook_id: another notebook of the session; each has a kernel of its own.

        Raises:
            ExecutionError: the code raised an exception.
            RequestTimeoutError: it took longer than `timeout`.
            ConflictError: the notebook is busy with a run, its kernel is gone, or the project is suspended.
            PermissionDeniedError: the workspace has no sessions, or the token's owner may not use them.
            ValueError: the timeout lies outside its bounds.
        """
        if not SHORTEST_EXECUTE_SECONDS <= timeout <= LONGEST_EXECUTE_SECONDS:
            bounds = f"{SHORTEST_EXECUTE_SECONDS:g} and {LONGEST_EXECUTE_SECONDS:g} seconds"
            raise ValueError(f"timeout must lie between {bounds}, got {timeout}")
        body = wire.ExecuteSessionBody(
            notebook_id=self._notebook(notebook_id), code=code, timeout_ms=max(1, round(timeout * 1000))
        )
        request = execute_session_code.build_request(self.id, body=body)
        answer = await self._transport.call(
            execute_session_code,
            request,
            wire.ExecuteSessionResponse.from_dict,
            timeout=timeout + EXECUTE_MARGIN_SECONDS,
        )
        execution = Execution(outputs=tuple(Output.from_dict(output.to_dict()) for output in answer.outputs))
        if check and execution.error is not None:
            raise _execution_error(execution.error)
        return execution

    async def status(self, notebook_id: str | None = None, **options: Unpack[CallOptions]) -> SessionStatus:
        """Ask how the session and the kernel of a notebook are."""
        request = get_session_status.build_request(self.id, notebook_id=self._notebook(notebook_id))
        answer = await self._transport.call(
            get_session_status, request, wire.GetSessionStatusResponse.from_dict, **options
        )
        session, kernel = answer.session.to_dict(), answer.kernel.to_dict()
        return SessionStatus(
            state=_first_text(session, "state", "status"),
            kernel_state=_first_text(kernel, "state", "status"),
            executing_block=_first_text(kernel, "executingBlock"),
            queue=tuple(str(block) for block in kernel.get("queue") or ()),
            session=session,
            kernel=kernel,
        )

    async def interrupt(self, notebook_id: str | None = None, **options: Unpack[CallOptions]) -> None:
        """Interrupt what a notebook executes, be it a run or code; other notebooks of the session go on."""
        body = wire.InterruptSessionBody(notebook_id=self._notebook(notebook_id))
        request = interrupt_session.build_request(self.id, body=body)
        await self._transport.acknowledge(interrupt_session, request, **options)

    async def stop(self, **options: Unpack[CallOptions]) -> None:
        """Stop the session and its kernels. Experimental: no page documents it.

        Raises:
            NotFoundError: there is no such session, or the service cannot stop one; it then ends after its idle time.
        """
        await self._transport.acknowledge(stop_session, stop_session.build_request(self.id), **options)

    def _notebook(self, notebook_id: str | None) -> str:
        return self.notebook_id if notebook_id is None else path_id(notebook_id, "notebook_id")


def _execution_error(output: Output) -> ExecutionError:
    error = ExecutionError(f"{output.ename or 'Error'}: {output.evalue or ''}")
    error.ename, error.evalue, error.traceback = output.ename or "", output.evalue or "", output.traceback
    return error


def _first_text(fields: Mapping[str, Any], *names: str) -> str | None:
    return next((fields[name] for name in names if isinstance(fields.get(name), str)), None)
