"""The API's operations on one session; their errors say what they mean here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypedDict

import anyio

from deepnote_async.errors import (
    CallError,
    ConflictError,
    NotFoundError,
    PermissionDeniedError,
    RequestTimeoutError,
)
from deepnote_async.models import Run, RunStatus
from deepnote_async.sessions.refusals import (
    NOT_ALLOWED,
    NOT_FOUND,
    explain,
    explain_conflict,
    may_be_going_on,
    ran_out_of_time,
    reason_said,
    reason_seen,
)
from deepnote_async.sessions.status import SessionStatus, read_status
from deepnote_async.snapshot import Output
from deepnote_async.transport import CallOptions, Retry, SendRecord, Transport, may_have_been_applied
from deepnote_async_api import models as wire
from deepnote_async_api.api.sessions import (
    create_session_run,
    execute_session_code,
    get_session_status,
    interrupt_session,
    stop_session,
)

EXECUTE_MARGIN_SECONDS: Final = 15.0
"""An attempt is not sent with less left than this beyond the code's own time: the service has to interrupt it and to
answer."""

EXECUTE_START_SECONDS: Final = 60.0
"""What the rate limit, and attempts of which nothing left, may take before that; the limit's window is as long."""

ASK_SECONDS: Final = 5.0
"""How long the service may take to tell why it refused."""


class SendOptions(TypedDict, total=False):
    """Options of a call that has a `timeout` of another meaning; see CallOptions.

    Keys:
        retry: how failed attempts are repeated; None sends once. Default: the client's.
        extra_headers: headers to send with it; they cannot replace Authorization.
    """

    retry: Retry | None
    extra_headers: Mapping[str, str]


class SessionCalls:
    """The calls to one session.

    Args:
        transport: the client's connection.
        session_id: the session.
    """

    __slots__ = ("_session_id", "_transport")

    def __init__(self, transport: Transport, session_id: str) -> None:
        self._transport = transport
        self._session_id = session_id

    async def execute(
        self, notebook_id: str, code: str, seconds: float, record: SendRecord, options: SendOptions
    ) -> tuple[Output, ...]:
        """Execute code that may take so many seconds; the outputs of an exception are outputs like any other."""
        body = wire.ExecuteSessionBody(notebook_id=notebook_id, code=code, timeout_ms=max(1, round(seconds * 1000)))
        request = execute_session_code.build_request(self._session_id, body=body)
        least = seconds + EXECUTE_MARGIN_SECONDS
        timed: CallOptions = {**options, "timeout": least + EXECUTE_START_SECONDS}
        try:
            with explaining():
                return await self._transport.call(
                    execute_session_code, request, _read_outputs, record=record, least=least, **timed
                )
        except RequestTimeoutError as error:
            explain(error, ran_out_of_time(seconds))
            raise
        except ConflictError as error:
            await self._find_reason(error, notebook_id)
            raise
        except CallError as error:
            if may_have_been_applied(error):
                explain(error, may_be_going_on(seconds))
            raise

    async def status(self, notebook_id: str, options: CallOptions) -> SessionStatus:
        """Ask how the session and the kernel of a notebook are."""
        request = get_session_status.build_request(self._session_id, notebook_id=notebook_id)
        with explaining(conflict_means_suspended=True):
            return await self._transport.call(get_session_status, request, read_status, **options)

    async def interrupt(self, notebook_id: str, options: CallOptions) -> None:
        """Interrupt what a notebook executes."""
        body = wire.InterruptSessionBody(notebook_id=notebook_id)
        request = interrupt_session.build_request(self._session_id, body=body)
        with explaining(conflict_means_suspended=True):
            await self._transport.acknowledge(interrupt_session, request, **options)

    async def stop(self, options: CallOptions) -> None:
        """Stop the session."""
        with explaining(is_experimental=True):
            await self._transport.acknowledge(stop_session, stop_session.build_request(self._session_id), **options)

    async def run(self, notebook_id: str, block_ids: Sequence[str], record: SendRecord, options: CallOptions) -> Run:
        """Start a run of blocks on the kernel of a notebook."""
        body = wire.CreateSessionRunBody(notebook_id=notebook_id, block_ids=list(block_ids))
        request = create_session_run.build_request(self._session_id, body=body)
        try:
            with explaining(is_experimental=True):
                return await self._transport.call(create_session_run, request, _read_run, record=record, **options)
        except ConflictError as error:
            await self._find_reason(error, notebook_id)
            raise

    async def _find_reason(self, error: ConflictError, notebook_id: str) -> None:
        """Find out which meaning a 409 has; where the service does not say, how the kernel is may tell."""
        error.reason = reason_said(error)
        if error.reason is None:
            with anyio.move_on_after(ASK_SECONDS):
                try:
                    error.reason = reason_seen(await self.status(notebook_id, {"timeout": ASK_SECONDS}))
                except ConflictError as conflict:
                    error.reason = conflict.reason
                except CallError:
                    pass  # it stays unknown
        explain_conflict(error)


@contextmanager
def explaining(*, conflict_means_suspended: bool = False, is_experimental: bool = False) -> Iterator[None]:
    """Write into the refusals that pass what they mean for a session."""
    try:
        yield
    except PermissionDeniedError as error:
        explain(error, NOT_ALLOWED)
        raise
    except NotFoundError as error:
        explain(error, f"or {NOT_FOUND}" if is_experimental else NOT_FOUND)
        raise
    except ConflictError as error:
        if conflict_means_suspended:
            error.reason = reason_said(error, "suspended")
            explain_conflict(error)
        raise


def _read_run(body: dict[str, Any]) -> Run:
    """Read the answer to a start: flat, or in an envelope as other answers are; the id is what counts."""
    run = body["run"] if isinstance(body.get("run"), dict) else body
    run_id = run.get("runId") or run.get("id")
    if not isinstance(run_id, str):
        raise KeyError("runId")
    return Run(run_id=run_id, status=RunStatus(str(run.get("status") or "pending")), extra=run)


def _read_outputs(body: dict[str, Any]) -> tuple[Output, ...]:
    answer = wire.ExecuteSessionResponse.from_dict(body)
    return tuple(Output.from_dict(output.to_dict()) for output in answer.outputs)
