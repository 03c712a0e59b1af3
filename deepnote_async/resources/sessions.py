"""`client.sessions`: open a session on a notebook, or take hold of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Unpack

from deepnote_async.errors import BadRequestError
from deepnote_async.inputs import InputArgument
from deepnote_async.resources.checked_inputs import CheckedInputs, InputChecker
from deepnote_async.resources.runs import Runs
from deepnote_async.resources.wire import given
from deepnote_async.runs import RunHandle
from deepnote_async.sessions import Session
from deepnote_async.transport import CallOptions, Transport, path_id
from deepnote_async_api import models as wire
from deepnote_async_api.api.sessions import create_session, create_session_run
from deepnote_async_api.types import UNSET


class Sessions:
    """Interactive sessions with live kernels. Beta, and not enabled in every workspace.

    https://deepnote.com/docs/api-reference/sessions
    """

    def __init__(self, transport: Transport, runs: Runs, inputs: InputChecker) -> None:
        self._transport = transport
        self._runs = runs
        self._inputs = inputs

    async def create(
        self,
        notebook_id: str,
        *,
        inputs: Mapping[str, InputArgument] | None = None,
        storage_mode: Literal["read_write", "readonly"] | None = None,
        idle_shutdown_seconds: int | None = None,
        machine_type: str | None = None,
        check_inputs: bool = True,
        **options: Unpack[CallOptions],
    ) -> Session:
        """Open a session: the whole notebook runs once (`session.initial_run`), and its kernel stays.

        Sent once. If the answer is lost the session cannot be found again and ends after its idle time.

        Args:
            notebook_id: the source notebook; the session works on a copy of it.
            inputs: values by input name, typed as for `runs.create`.
            storage_mode: how the project's storage is mounted; the service's default is "read_write".
            idle_shutdown_seconds: the session ends after this time without work; newer servers only.
            machine_type: id of the machine type; newer servers only, and the name of the field is inferred.
            check_inputs: see `runs.create`.
            **options: see CallOptions.

        Raises:
            PermissionDeniedError: the workspace has no sessions, or the token's owner may not use them.
            NotFoundError: there is no such notebook.
            ServerError: no machine could be had.
            ValueError: an argument cannot be sent, or the notebook does not take these inputs.

        Example:
            >>> session = await client.sessions.create(notebook_id)
            >>> await session.initial_run.wait(timeout=600)
            >>> (await session.execute("df.shape")).text
        """
        if idle_shutdown_seconds is not None and idle_shutdown_seconds < 1:
            raise ValueError(f"idle_shutdown_seconds must be at least 1, got {idle_shutdown_seconds}")
        body = wire.CreateSessionBody(
            notebook_id=path_id(notebook_id, "notebook_id"),
            storage_mode=UNSET if storage_mode is None else wire.StorageMode(storage_mode),
            idle_shutdown_seconds=UNSET if idle_shutdown_seconds is None else idle_shutdown_seconds,
            machine_type=UNSET if machine_type is None else machine_type,
        )
        checked = await self._inputs.check(notebook_id, inputs, options, by_declaration=check_inputs)
        try:
            session_id, run_id = await self._open(body, checked)
        except BadRequestError:
            again = await self._inputs.after_refusal(checked, options)
            if again is None:
                raise
            session_id, run_id = await self._open(body, again)
        initial_run = self._runs.handle(run_id, notebook_id) if run_id else None
        return Session(self._transport, session_id, notebook_id, initial_run)

    async def _open(self, body: wire.CreateSessionBody, checked: CheckedInputs) -> tuple[str, str | None]:
        if checked.values:
            body.inputs = wire.RunInputs()
            body.inputs.additional_properties = dict(checked.values)
        request = create_session.build_request(body=body)
        return await self._transport.call(create_session, request, _read_opened, **checked.options)

    def attach(self, session_id: str, notebook_id: str) -> Session:
        """Take hold of a session by its id, without asking the service.

        Raises:
            ValueError: an id cannot be one.
        """
        return Session(self._transport, session_id, notebook_id)

    async def run_blocks(self, session: Session, block_ids: Sequence[str], **options: Unpack[CallOptions]) -> RunHandle:
        """Run blocks on the session's kernel as a run that can be waited for. Experimental: no page documents it.

        Args:
            session: the session.
            block_ids: the blocks to run, in this order.
            **options: see CallOptions.
        """
        if not block_ids or isinstance(block_ids, str):
            raise ValueError("block_ids takes a list of at least one block")
        body = wire.CreateSessionRunBody(notebook_id=session.notebook_id, block_ids=list(block_ids))
        request = create_session_run.build_request(session.id, body=body)
        answer = await self._transport.call(
            create_session_run, request, wire.CreateSessionRunResponse.from_dict, **options
        )
        return self._runs.handle(answer.run_id, session.notebook_id)


def _read_opened(body: dict[str, Any]) -> tuple[str, str | None]:
    """Read the ids of a session and its initial run; both have been seen under two names."""
    answer = wire.CreateSessionResponse.from_dict(body)
    session_id = given(answer.session.id) or given(answer.session.session_id)
    if not session_id:
        raise KeyError("session/id")
    return session_id, given(answer.run.run_id) or given(answer.run.id)
