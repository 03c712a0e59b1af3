"""What the starts of one call have in common, checked before anything is sent; and how the answer to one is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

from attrs import frozen

from deepnote_async.inputs import WireValue
from deepnote_async.models import Run, RunStatus
from deepnote_async.resources.wire import normalised_run, run_record
from deepnote_async.runs import OnUnknown, RunKey
from deepnote_async.runs.caller import refuse_own_notebook
from deepnote_async.runs.reconcile import check_on_unknown
from deepnote_async.transport import path_id
from deepnote_async_api import models as wire
from deepnote_async_api.api.runs import create_run
from deepnote_async_api.types import UNSET

StorageMode: TypeAlias = Literal["read_write", "readonly"]


@frozen(kw_only=True)
class StartPlan:
    """How runs of a notebook are to be started; see `client.runs.create`."""

    notebook_id: str
    detached: bool
    storage_mode: StorageMode | None
    block_ids: Sequence[str] | None
    run_dependent_blocks: bool | None
    machine_type: str | None
    on_unknown: OnUnknown
    run_key_input: str | None
    check_inputs: bool = True

    def check(self) -> None:
        """Refuse what the service would certainly refuse, and name the way out.

        Raises:
            ValueError: the arguments contradict each other, an id cannot be one, or the notebook would run itself.
            TypeError: an argument is of another kind than it must be.
        """
        self.new_key()
        path_id(self.notebook_id, "notebook_id")
        refuse_own_notebook("deepnote", self.notebook_id)
        self._check_mode()
        if self.run_dependent_blocks is not None and self.block_ids is None:
            raise ValueError("run_dependent_blocks only means something together with block_ids")
        check_on_unknown(self.on_unknown)

    def new_key(self) -> RunKey | None:
        """Make the key of one start, where starts get one."""
        return None if self.run_key_input is None else RunKey.fresh(self.run_key_input)

    def refuse_key_of(self, inputs: Mapping[str, object] | None) -> None:
        """Refuse inputs that give a value to the input of the run key.

        Raises:
            ValueError: they do.
        """
        if self.run_key_input is not None and isinstance(inputs, Mapping) and self.run_key_input in inputs:
            raise ValueError(
                f"input {self.run_key_input!r} is the run_key_input: it gets its value here, so leave it out"
            )

    def request(self, values: Mapping[str, WireValue], key: RunKey | None) -> dict[str, Any]:
        """Make the request of one start from its inputs in the API's form."""
        body = wire.CreateRunBody(
            notebook_id=self.notebook_id,
            detached=self.detached,
            detached_run_storage_mode=UNSET if self.storage_mode is None else wire.StorageMode(self.storage_mode),
            block_ids=UNSET if self.block_ids is None else list(self.block_ids),
            run_dependent_blocks=UNSET if self.run_dependent_blocks is None else self.run_dependent_blocks,
            machine_type=UNSET if self.machine_type is None else self.machine_type,
        )
        inputs: dict[str, WireValue] = dict(values) if key is None else {**values, key.name: key.value}
        if inputs:
            body.inputs = wire.RunInputs()
            body.inputs.additional_properties = dict(inputs)
        return create_run.build_request(body=body)

    def _check_mode(self) -> None:
        if self.block_ids is not None:
            if isinstance(self.block_ids, str):
                raise TypeError("block_ids takes a list of ids, not one string")
            if not self.block_ids:
                raise ValueError("block_ids is empty; leave it out to run the whole notebook")
            if len(set(self.block_ids)) != len(self.block_ids):
                raise ValueError("block_ids names a block twice")
            if self.detached:
                raise ValueError("block_ids needs detached=False: only the live editor's machine runs single blocks")
        if not self.detached and self.storage_mode is not None:
            raise ValueError("storage_mode is for detached runs; a live run uses the project's storage as it is")
        if not self.detached and self.machine_type is not None:
            raise ValueError("machine_type is for detached runs; a live run uses the project's machine")
        if self.storage_mode not in {None, "read_write", "readonly"}:
            raise ValueError(f"storage_mode takes 'read_write' or 'readonly', not {self.storage_mode!r}")


def read_started(body: dict[str, Any]) -> Run:
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
