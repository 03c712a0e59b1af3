"""`client.runs`: start notebooks and get hold of their runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Unpack

from deepnote_async.errors import RunStartUnknownError
from deepnote_async.inputs import InputArgument, WireValue, to_wire
from deepnote_async.models import Run, RunStatus
from deepnote_async.resources.run_service import DeepnoteRuns
from deepnote_async.resources.wire import normalised_run, run_record
from deepnote_async.runs import (
    OnUnknown,
    RunHandle,
    RunKey,
    RunResult,
    StartRegistry,
    start_and_resolve,
)
from deepnote_async.runs.caller import refuse_own_notebook
from deepnote_async.runs.handle import handle_from_dict
from deepnote_async.runs.reconcile import start_candidates
from deepnote_async.transport import CallOptions, Transport, check_timeout, path_id
from deepnote_async_api import models as wire
from deepnote_async_api.api.runs import create_run
from deepnote_async_api.types import UNSET

StorageMode = Literal["read_write", "readonly"]


class Runs:
    """Runs of notebooks.

    https://deepnote.com/docs/api-reference/runs
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._service = DeepnoteRuns(transport)
        self._registry = StartRegistry()

    async def create(
        self,
        notebook_id: str,
        *,
        inputs: Mapping[str, InputArgument] | None = None,
        detached: bool = True,
        storage_mode: StorageMode | None = None,
        block_ids: Sequence[str] | None = None,
        run_dependent_blocks: bool | None = None,
        machine_type: str | None = None,
        on_unknown: OnUnknown = "raise",
        run_key_input: str | None = None,
        **options: Unpack[CallOptions],
    ) -> RunHandle:
        """Start a run and return its handle as soon as the service has accepted it.

        A notebook that starts a run of itself never ends and spends money: do not call this from the notebook it names.

        Args:
            notebook_id: the notebook to run.
            inputs: values by input name, for this run only. Numbers and dates are put into the API's text form.
            detached: run a copy on a machine of its own; False runs in the project's machine and updates the editor.
            storage_mode: how a detached run mounts the project's storage; the service's default is "read_write".
            block_ids: run only these blocks, in this order; needs `detached=False`.
            run_dependent_blocks: with `block_ids`, also run the blocks that depend on them.
            machine_type: id of the machine type of a detached run.
            on_unknown: what to do when nothing proves whether the run exists. "raise" says so. "reconcile" lists the
                notebook's runs before the start and again after a lost answer, for 10 seconds: the one new run is
                adopted (`handle.adopted`); if there is none, the start is sent again, three times in all at most. It
                takes any new run for the lost one, so nobody else may start this notebook; if this client does at the
                same time, it raises.
            run_key_input: name of a text input that the notebook declares for this alone. It gets a random key, and a
                lost run is found by it, exactly and whoever else starts the notebook; `on_unknown` does not matter
                then. A run tells its key when it has ended, so after 10 seconds the search waits for runs that go on:
                as long again as `timeout`, at least 10 seconds, and 60 where the call names none.
            **options: see CallOptions.

        Raises:
            ValueError: the arguments contradict each other, an id cannot be one, or the environment tells that this
                code runs in the very notebook it would start.
            BadRequestError: the notebook does not exist or does not take these inputs; its message says which.
            RunStartUnknownError: the start was sent, and nothing proves whether the run exists.
            CallError: the run was certainly not started.

        Example:
            >>> handle = await client.runs.create(notebook_id, inputs={"region": "EU", "n": 3})
        """
        key = None if run_key_input is None else RunKey.fresh(run_key_input)
        path_id(notebook_id, "notebook_id")
        refuse_own_notebook("deepnote", notebook_id)
        _check_mode(detached=detached, storage_mode=storage_mode, block_ids=block_ids, machine_type=machine_type)
        if run_dependent_blocks is not None and block_ids is None:
            raise ValueError("run_dependent_blocks only means something together with block_ids")
        body = wire.CreateRunBody(
            notebook_id=notebook_id,
            detached=detached,
            detached_run_storage_mode=UNSET if storage_mode is None else wire.StorageMode(storage_mode),
            block_ids=UNSET if block_ids is None else list(block_ids),
            run_dependent_blocks=UNSET if run_dependent_blocks is None else run_dependent_blocks,
            machine_type=UNSET if machine_type is None else machine_type,
        )
        values: dict[str, WireValue] = to_wire(inputs) if inputs else {}
        if key is not None:
            if key.name in values:
                raise ValueError(f"input {key.name!r} is the run_key_input: it gets its value here, so leave it out")
            values[key.name] = key.value
        if values:
            body.inputs = wire.RunInputs()
            body.inputs.additional_properties = dict(values)
        request = create_run.build_request(body=body)
        return await start_and_resolve(
            self._service,
            self._registry,
            notebook_id,
            lambda record: self._transport.call(create_run, request, _read_started, record=record, **options),
            on_unknown=on_unknown,
            key=key,
            options=options,
        )

    async def run(
        self,
        notebook_id: str,
        *,
        inputs: Mapping[str, InputArgument] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  (the name users expect)
        check: bool = True,
        detached: bool = True,
        storage_mode: StorageMode | None = None,
        block_ids: Sequence[str] | None = None,
        run_dependent_blocks: bool | None = None,
        machine_type: str | None = None,
        on_unknown: OnUnknown = "raise",
        run_key_input: str | None = None,
    ) -> RunResult:
        """Start a run, wait for its end and read what it produced: `create` and `RunHandle.result` in one.

        Args:
            notebook_id: the notebook to run.
            inputs: values by input name, for this run only.
            timeout: seconds to wait for the end of the run; None waits as long as it takes.
            check: raise RunFailedError for a run that did not succeed.
            detached: see `create`, as for the arguments after it.
            storage_mode: see `create`.
            block_ids: see `create`.
            run_dependent_blocks: see `create`.
            machine_type: see `create`.
            on_unknown: see `create`.
            run_key_input: see `create`.

        Raises:
            RunStartUnknownError: the start was sent, and nothing proves whether the run exists.
            RunFailedError: the run failed.
            RunTimeoutError: the time was up; the run goes on and the error carries its id.

        Example:
            >>> result = await client.runs.run(notebook_id, inputs={"region": "EU"}, timeout=600)
            >>> print(result.text)
        """
        check_timeout(timeout)  # before anything is started
        handle = await self.create(
            notebook_id,
            inputs=inputs,
            detached=detached,
            storage_mode=storage_mode,
            block_ids=block_ids,
            run_dependent_blocks=run_dependent_blocks,
            machine_type=machine_type,
            on_unknown=on_unknown,
            run_key_input=run_key_input,
        )
        return await handle.result(timeout, check=check)

    async def start_candidates(self, lost: RunStartUnknownError) -> tuple[Run, ...]:
        """List the newest runs that may be the one whose start was lost; the same as `lost.candidates(client)`.

        Raises:
            ValueError: the start was one of another service.
            CallError: the runs could not be listed.
        """
        return await start_candidates(self._service, self._registry, lost)

    async def get(self, run_id: str, **options: Unpack[CallOptions]) -> Run:
        """Read where a run stands.

        Raises:
            NotFoundError: there is no such run.
            CallError: the service could not be asked or did not answer properly.
        """
        return await self._service.get(path_id(run_id, "run_id"), **options)

    def handle(self, run_id: str, notebook_id: str | None = None) -> RunHandle:
        """Take hold of a run by its id, without asking the service.

        Raises:
            ValueError: the id cannot be one.
        """
        return RunHandle(self._service, path_id(run_id, "run_id"), notebook_id)

    def from_dict(self, saved: Mapping[str, object]) -> RunHandle:
        """Take hold of a run again that was saved with `RunHandle.to_dict`.

        Raises:
            ValueError: it was saved by another service, or is no saved handle.
        """
        handle = handle_from_dict(self._service, saved)
        path_id(handle.id, "run_id")
        return handle


def _read_started(body: dict[str, Any]) -> Run:
    """Read the answer to a start. The id is what counts: with it the run is not lost, whatever else is unreadable."""
    started = normalised_run(body)
    if isinstance(started.get("runId"), int):
        started["runId"] = str(started["runId"])
    run_id = started.get("runId")
    if not isinstance(run_id, str) or not run_id:
        started.pop("runId", None)
        return run_record(wire.Run.from_dict(started))  # says that it is missing
    try:
        return run_record(wire.Run.from_dict(started))
    except (KeyError, TypeError, ValueError, AttributeError):
        return Run(run_id=run_id, status=RunStatus(str(started.get("status") or "pending")), extra=started)


def _check_mode(
    *, detached: bool, storage_mode: str | None, block_ids: Sequence[str] | None, machine_type: str | None
) -> None:
    """Refuse what the service would certainly refuse, and name the way out."""
    if block_ids is not None:
        if isinstance(block_ids, str):
            raise TypeError("block_ids takes a list of ids, not one string")
        if not block_ids:
            raise ValueError("block_ids is empty; leave it out to run the whole notebook")
        if len(set(block_ids)) != len(block_ids):
            raise ValueError("block_ids names a block twice")
        if detached:
            raise ValueError("block_ids needs detached=False: only the live editor's machine runs single blocks")
    if not detached and storage_mode is not None:
        raise ValueError("storage_mode is for detached runs; a live run uses the project's storage as it is")
    if not detached and machine_type is not None:
        raise ValueError("machine_type is for detached runs; a live run uses the project's machine")
    if storage_mode not in {None, "read_write", "readonly"}:
        raise ValueError(f"storage_mode takes 'read_write' or 'readonly', not {storage_mode!r}")
