from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.storage_mode import StorageMode
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.run_inputs import RunInputs


T = TypeVar("T", bound="CreateRunBody")


@_attrs_define
class CreateRunBody:
    """
    Attributes:
        notebook_id (str): The notebook to run.
        detached (bool | Unset): True runs a copy on a machine of its own; false runs in the project's machine and
            updates what the editor shows.
        detached_run_storage_mode (StorageMode | Unset): How the project's storage is mounted in the run.
        machine_type (str | Unset): Id of a machine type for a detached run; the project's own when left out.
        block_ids (list[str] | Unset): Run only these blocks, in this order. Needs `detached` to be false.
        run_dependent_blocks (bool | Unset): With blockIds, also run the blocks that depend on them.
        inputs (RunInputs | Unset): Values for the notebook's inputs, by the input's name; they hold for this run only.
            Numbers go as text: a number
            is refused.
    """

    notebook_id: str
    detached: bool | Unset = UNSET
    detached_run_storage_mode: StorageMode | Unset = UNSET
    machine_type: str | Unset = UNSET
    block_ids: list[str] | Unset = UNSET
    run_dependent_blocks: bool | Unset = UNSET
    inputs: RunInputs | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        notebook_id = self.notebook_id

        detached = self.detached

        detached_run_storage_mode: str | Unset = UNSET
        if not isinstance(self.detached_run_storage_mode, Unset):
            detached_run_storage_mode = self.detached_run_storage_mode.value

        machine_type = self.machine_type

        block_ids: list[str] | Unset = UNSET
        if not isinstance(self.block_ids, Unset):
            block_ids = self.block_ids

        run_dependent_blocks = self.run_dependent_blocks

        inputs: dict[str, Any] | Unset = UNSET
        if not isinstance(self.inputs, Unset):
            inputs = self.inputs.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "notebookId": notebook_id,
            }
        )
        if detached is not UNSET:
            field_dict["detached"] = detached
        if detached_run_storage_mode is not UNSET:
            field_dict["detachedRunStorageMode"] = detached_run_storage_mode
        if machine_type is not UNSET:
            field_dict["machineType"] = machine_type
        if block_ids is not UNSET:
            field_dict["blockIds"] = block_ids
        if run_dependent_blocks is not UNSET:
            field_dict["runDependentBlocks"] = run_dependent_blocks
        if inputs is not UNSET:
            field_dict["inputs"] = inputs

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.run_inputs import RunInputs  # noqa: PLC0415

        d = dict(src_dict)
        notebook_id = d.pop("notebookId")

        detached = d.pop("detached", UNSET)

        _detached_run_storage_mode = d.pop("detachedRunStorageMode", UNSET)
        detached_run_storage_mode: StorageMode | Unset
        if isinstance(_detached_run_storage_mode, Unset):
            detached_run_storage_mode = UNSET
        else:
            detached_run_storage_mode = StorageMode(_detached_run_storage_mode)

        machine_type = d.pop("machineType", UNSET)

        block_ids = cast(list[str], d.pop("blockIds", UNSET))

        run_dependent_blocks = d.pop("runDependentBlocks", UNSET)

        _inputs = d.pop("inputs", UNSET)
        inputs: RunInputs | Unset
        if isinstance(_inputs, Unset):
            inputs = UNSET
        else:
            inputs = RunInputs.from_dict(_inputs)

        create_run_body = cls(
            notebook_id=notebook_id,
            detached=detached,
            detached_run_storage_mode=detached_run_storage_mode,
            machine_type=machine_type,
            block_ids=block_ids,
            run_dependent_blocks=run_dependent_blocks,
            inputs=inputs,
        )

        return create_run_body
