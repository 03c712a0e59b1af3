from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.project_machine_status import ProjectMachineStatus
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.machine_type import MachineType


T = TypeVar("T", bound="ProjectMachine")


@_attrs_define
class ProjectMachine:
    """
    Attributes:
        status (ProjectMachineStatus):
        error (None | str | Unset):
        starting_phase (None | str | Unset):
        type_ (MachineType | Unset):
        idle_shutdown_seconds (int | None | Unset):
    """

    status: ProjectMachineStatus
    error: None | str | Unset = UNSET
    starting_phase: None | str | Unset = UNSET
    type_: MachineType | Unset = UNSET
    idle_shutdown_seconds: int | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        status = self.status.value

        error: None | str | Unset
        if isinstance(self.error, Unset):
            error = UNSET
        else:
            error = self.error

        starting_phase: None | str | Unset
        if isinstance(self.starting_phase, Unset):
            starting_phase = UNSET
        else:
            starting_phase = self.starting_phase

        type_: dict[str, Any] | Unset = UNSET
        if not isinstance(self.type_, Unset):
            type_ = self.type_.to_dict()

        idle_shutdown_seconds: int | None | Unset
        if isinstance(self.idle_shutdown_seconds, Unset):
            idle_shutdown_seconds = UNSET
        else:
            idle_shutdown_seconds = self.idle_shutdown_seconds

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "status": status,
            }
        )
        if error is not UNSET:
            field_dict["error"] = error
        if starting_phase is not UNSET:
            field_dict["startingPhase"] = starting_phase
        if type_ is not UNSET:
            field_dict["type"] = type_
        if idle_shutdown_seconds is not UNSET:
            field_dict["idleShutdownSeconds"] = idle_shutdown_seconds

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.machine_type import MachineType  # noqa: PLC0415

        d = dict(src_dict)
        status = ProjectMachineStatus(d.pop("status"))

        def _parse_error(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        error = _parse_error(d.pop("error", UNSET))

        def _parse_starting_phase(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        starting_phase = _parse_starting_phase(d.pop("startingPhase", UNSET))

        _type_ = d.pop("type", UNSET)
        type_: MachineType | Unset
        if isinstance(_type_, Unset):
            type_ = UNSET
        else:
            type_ = MachineType.from_dict(_type_)

        def _parse_idle_shutdown_seconds(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        idle_shutdown_seconds = _parse_idle_shutdown_seconds(
            d.pop("idleShutdownSeconds", UNSET)
        )

        project_machine = cls(
            status=status,
            error=error,
            starting_phase=starting_phase,
            type_=type_,
            idle_shutdown_seconds=idle_shutdown_seconds,
        )

        project_machine.additional_properties = d
        return project_machine

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
