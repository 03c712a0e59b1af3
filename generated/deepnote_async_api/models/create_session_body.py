from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

from ..models.storage_mode import StorageMode
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.run_inputs import RunInputs


T = TypeVar("T", bound="CreateSessionBody")


@_attrs_define
class CreateSessionBody:
    """
    Attributes:
        notebook_id (str): The source notebook.
        inputs (RunInputs | Unset): Values for the notebook's inputs, by the input's name; they hold for this run only.
            Numbers go as text: a number
            is refused.
        storage_mode (StorageMode | Unset): How the project's storage is mounted in the run.
        idle_shutdown_seconds (int | Unset): The session ends after this time without work.
        machine_type (str | Unset): Id of a machine type. The name of the field is inferred.
    """

    notebook_id: str
    inputs: RunInputs | Unset = UNSET
    storage_mode: StorageMode | Unset = UNSET
    idle_shutdown_seconds: int | Unset = UNSET
    machine_type: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        notebook_id = self.notebook_id

        inputs: dict[str, Any] | Unset = UNSET
        if not isinstance(self.inputs, Unset):
            inputs = self.inputs.to_dict()

        storage_mode: str | Unset = UNSET
        if not isinstance(self.storage_mode, Unset):
            storage_mode = self.storage_mode.value

        idle_shutdown_seconds = self.idle_shutdown_seconds

        machine_type = self.machine_type

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "notebookId": notebook_id,
            }
        )
        if inputs is not UNSET:
            field_dict["inputs"] = inputs
        if storage_mode is not UNSET:
            field_dict["storageMode"] = storage_mode
        if idle_shutdown_seconds is not UNSET:
            field_dict["idleShutdownSeconds"] = idle_shutdown_seconds
        if machine_type is not UNSET:
            field_dict["machineType"] = machine_type

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.run_inputs import RunInputs  # noqa: PLC0415

        d = dict(src_dict)
        notebook_id = d.pop("notebookId")

        _inputs = d.pop("inputs", UNSET)
        inputs: RunInputs | Unset
        if isinstance(_inputs, Unset):
            inputs = UNSET
        else:
            inputs = RunInputs.from_dict(_inputs)

        _storage_mode = d.pop("storageMode", UNSET)
        storage_mode: StorageMode | Unset
        if isinstance(_storage_mode, Unset):
            storage_mode = UNSET
        else:
            storage_mode = StorageMode(_storage_mode)

        idle_shutdown_seconds = d.pop("idleShutdownSeconds", UNSET)

        machine_type = d.pop("machineType", UNSET)

        create_session_body = cls(
            notebook_id=notebook_id,
            inputs=inputs,
            storage_mode=storage_mode,
            idle_shutdown_seconds=idle_shutdown_seconds,
            machine_type=machine_type,
        )

        return create_session_body
