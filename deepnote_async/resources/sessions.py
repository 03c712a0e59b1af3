"""`client.sessions`: open a session on a notebook, or take hold of one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Unpack

import anyio
from attrs import frozen

from deepnote_async.errors import BadRequestError, CallError, ConflictError, PermissionDeniedError
from deepnote_async.inputs import InputArgument
from deepnote_async.models import Run
from deepnote_async.resources.checked_inputs import CheckedInputs, InputChecker
from deepnote_async.resources.start_plan import StorageMode, read_started
from deepnote_async.runs import RunHandle, RunService, StartRegistry
from deepnote_async.runs.caller import refuse_own_notebook
from deepnote_async.runs.start import unknown_start
from deepnote_async.sessions import (
    OpeningOptions,
    Progress,
    SendOptions,
    Session,
    SessionDesk,
    SessionOpening,
    opened,
)
from deepnote_async.sessions.opening import LEARN_SECONDS
from deepnote_async.sessions.refusals import (
    LOST,
    NOT_ALLOWED,
    explain,
    explain_conflict,
    is_without_hardware,
    reason_said,
)
from deepnote_async.transport import (
    CallOptions,
    Deadline,
    SendRecord,
    Transport,
    check_timeout,
    may_have_been_applied,
    path_id,
)
from deepnote_async_api import models as wire
from deepnote_async_api.api.sessions import create_session
from deepnote_async_api.types import UNSET


@frozen(kw_only=True)
class SessionPlan:
    """What session is to be opened; see `client.sessions.open`."""

    notebook_id: str
    inputs: Mapping[str, InputArgument] | None
    storage_mode: StorageMode | None
    idle_shutdown_seconds: int | None
    machine_type: str | None
    check_inputs: bool

    def check(self) -> None:
        """Refuse what the service would certainly refuse.

        Raises:
            ValueError: a value lies out of its range, or the notebook would open a session on itself.
            TypeError: a value is of another kind than it must be.
        """
        path_id(self.notebook_id, "notebook_id")
        refuse_own_notebook("deepnote", self.notebook_id)
        if self.storage_mode not in {None, "read_write", "readonly"}:
            raise ValueError(f"storage_mode takes 'read_write' or 'readonly', not {self.storage_mode!r}")
        idle = self.idle_shutdown_seconds
        if idle is not None and (isinstance(idle, bool) or not isinstance(idle, int)):
            raise TypeError(f"idle_shutdown_seconds takes whole seconds, not {type(idle).__name__}")
        if idle is not None and idle < 1:
            raise ValueError(f"idle_shutdown_seconds must be at least 1, got {idle}")

    def request(self, checked: CheckedInputs) -> dict[str, Any]:
        """Make the request from the inputs in the API's form."""
        body = wire.CreateSessionBody(
            notebook_id=self.notebook_id,
            storage_mode=UNSET if self.storage_mode is None else wire.StorageMode(self.storage_mode),
            idle_shutdown_seconds=UNSET if self.idle_shutdown_seconds is None else self.idle_shutdown_seconds,
            machine_type=UNSET if self.machine_type is None else self.machine_type,
        )
        if checked.values:
            body.inputs = wire.RunInputs()
            body.inputs.additional_properties = dict(checked.values)
        return create_session.build_request(body=body)


class Sessions:
    """Interactive sessions with live kernels. Beta, and not enabled in every workspace.

    https://deepnote.com/docs/api-reference/sessions
    """

    def __init__(
        self, transport: Transport, service: RunService, registry: StartRegistry, inputs: InputChecker
    ) -> None:
        self._transport = transport
        self._service = service
        self._registry = registry
        self._inputs = inputs
        self._desk = SessionDesk(transport, service, registry)

    def open(
        self,
        notebook_id: str,
        *,
        inputs: Mapping[str, InputArgument] | None = None,
        storage_mode: StorageMode | None = None,
        idle_shutdown_seconds: int | None = None,
        machine_type: str | None = None,
        wait: bool = True,
        check: bool = True,
        timeout: float | None = None,
        check_inputs: bool = True,
        **options: Unpack[SendOptions],
    ) -> SessionOpening:
        """Open a session for the length of an `async with`: the whole notebook runs once, and its kernel stays.

        Nothing is sent before it is entered. Whatever ends the block, a cancellation too, code that goes on is
        interrupted and the session is stopped, within 5 seconds; what keeps it from being stopped is a ResourceWarning
        and never an error. A service that cannot stop sessions lets it end after its idle time, and the log says so.
        A cancellation while it opens is held back until the id of the session is known and it is stopped.

        Args:
            notebook_id: the source notebook; the session works on a copy of it.
            inputs: values by input name, typed as for `runs.create`.
            storage_mode: how the project's storage is mounted; the service's default is "read_write".
            idle_shutdown_seconds: the session ends after this time without work; newer servers only.
            machine_type: id of the machine type; newer servers only, and the name of the field is inferred.
            wait: wait for the end of the initial run (`session.initial_run`); False gives the session at once.
            check: raise RunFailedError for an initial run that did not succeed; False keeps its session.
            timeout: seconds for the opening and the initial run together; None for as long as they take. A session
                that opens later is stopped at once.
            check_inputs: see `runs.create`.
            **options: `retry` and `extra_headers`, see CallOptions.

        Raises:
            ValueError: an argument cannot be sent; on entering, the notebook does not take these inputs.
            RunFailedError: the initial run failed; the session is closed.
            RunTimeoutError: the time was up; the session is closed.
            PermissionDeniedError: the workspace has no sessions, or the token's owner may not use them.
            NotFoundError: there is no such notebook.
            ServerError: no machine could be had.
            CallError: the session was not opened; if that is not certain, the message says so.

        Example:
            >>> async with client.sessions.open(notebook_id, timeout=600) as session:
            ...     print((await session.execute("df.shape")).text)
        """
        plan = SessionPlan(
            notebook_id=notebook_id,
            inputs=inputs,
            storage_mode=storage_mode,
            idle_shutdown_seconds=idle_shutdown_seconds,
            machine_type=machine_type,
            check_inputs=check_inputs,
        )
        plan.check()
        check_timeout(timeout)
        limit = None if timeout is None else timeout + LEARN_SECONDS  # the answer is wanted even if nobody waits for it
        opening: CallOptions = {"timeout": limit}
        asking: CallOptions = {**options, "timeout": self._transport.default_timeout if limit is None else limit}
        make = partial(self._make, plan, asking, opening)
        return SessionOpening(self._desk, make, notebook_id, OpeningOptions(wait=wait, check=check, timeout=timeout))

    async def create(
        self,
        notebook_id: str,
        *,
        inputs: Mapping[str, InputArgument] | None = None,
        storage_mode: StorageMode | None = None,
        idle_shutdown_seconds: int | None = None,
        machine_type: str | None = None,
        check_inputs: bool = True,
        **options: Unpack[CallOptions],
    ) -> Session:
        """Open a session that outlasts this program; `open` is the one that ends.

        Sent once. If the answer is lost the session cannot be found again and ends after its idle time. Cancelled, it
        stops the session before the cancellation goes on.

        Args:
            notebook_id: the source notebook; the session works on a copy of it.
            inputs: values by input name, typed as for `runs.create`.
            storage_mode: see `open`.
            idle_shutdown_seconds: see `open`.
            machine_type: see `open`.
            check_inputs: see `runs.create`.
            **options: see CallOptions.

        Raises:
            PermissionDeniedError: the workspace has no sessions, or the token's owner may not use them.
            NotFoundError: there is no such notebook.
            ServerError: no machine could be had.
            CallError: the session was not opened; if that is not certain, the message says so.
            ValueError: an argument cannot be sent, or the notebook does not take these inputs.

        Example:
            >>> session = await client.sessions.create(notebook_id, idle_shutdown_seconds=1800)
            >>> await session.initial_run.wait(timeout=600)
            >>> session.id  # for client.sessions.attach, elsewhere
        """
        plan = SessionPlan(
            notebook_id=notebook_id,
            inputs=inputs,
            storage_mode=storage_mode,
            idle_shutdown_seconds=idle_shutdown_seconds,
            machine_type=machine_type,
            check_inputs=check_inputs,
        )
        plan.check()
        return await opened(self._desk, partial(self._make, plan, options, {}), notebook_id, Deadline.after(None))

    def attach(self, session_id: str, notebook_id: str) -> Session:
        """Take hold of a session by its id, without asking the service.

        Raises:
            ValueError: an id cannot be one.
        """
        return Session(self._desk, session_id, notebook_id)

    async def _make(self, plan: SessionPlan, options: CallOptions, opening: CallOptions, progress: Progress) -> Session:
        """Check the inputs and open; `opening` has the options of the opening itself that differ from the others."""
        checked = await self._inputs.check(plan.notebook_id, plan.inputs, options, by_declaration=plan.check_inputs)
        try:
            return await self._send(plan, checked, opening, progress)
        except BadRequestError:  # nothing was opened
            progress.follow(SendRecord())
            again = await self._inputs.after_refusal(checked, options)
            if again is None:
                raise
        return await self._send(plan, again, opening, progress)

    async def _send(
        self, plan: SessionPlan, checked: CheckedInputs, opening: CallOptions, progress: Progress
    ) -> Session:
        record = SendRecord()
        options: CallOptions = {**checked.options, **opening}
        progress.follow(record)
        request = plan.request(checked)
        with self._registry.start(plan.notebook_id) as ticket:
            try:
                session_id, run = await self._transport.call(
                    create_session, request, _read_opened, record=record, **options
                )
            except CallError as error:
                _explain(error)
                if may_have_been_applied(error) and not is_without_hardware(error):
                    explain(error, LOST)
                    ticket.leave_in_doubt()
                    self._service.report(unknown_start(plan.notebook_id))
                raise
            except BaseException:
                if record.sent != "no":
                    ticket.leave_in_doubt()
                raise
            if run is not None:
                ticket.claim(run.run_id)
        initial_run = None
        if run is not None:
            initial_run = RunHandle(self._service, run.run_id, plan.notebook_id, run, began=anyio.current_time())
        return Session(self._desk, session_id, plan.notebook_id, initial_run, plan.idle_shutdown_seconds)


def _explain(error: CallError) -> None:
    """Write into a refusal what it means for opening a session."""
    if isinstance(error, PermissionDeniedError):
        explain(error, NOT_ALLOWED)
    elif isinstance(error, ConflictError):
        error.reason = reason_said(error, "suspended")
        explain_conflict(error)


def _read_opened(body: dict[str, Any]) -> tuple[str, Run | None]:
    """Read the ids of a session and its initial run; both have been seen under two names.

    The session's id is what counts: with it the session can be stopped, whatever else cannot be read.
    """
    session, run = body["session"], body.get("run")
    session_id = session.get("id") or session.get("sessionId")
    if not isinstance(session_id, str) or not session_id:
        raise KeyError("id")
    has_id = isinstance(run, dict) and bool(run.get("runId") or run.get("id"))
    return session_id, read_started({"run": run}) if has_id else None
