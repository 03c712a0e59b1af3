from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="UpdateProjectMachineBody")


@_attrs_define
class UpdateProjectMachineBody:
    """
    Attributes:
        type_ (str | Unset):
        idle_shutdown_seconds (int | Unset):
        restart (bool | Unset):
    """

    type_: str | Unset = UNSET
    idle_shutdown_seconds: int | Unset = UNSET
    restart: bool | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        type_ = self.type_

        idle_shutdown_seconds = self.idle_shutdown_seconds

        restart = self.restart

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if type_ is not UNSET:
            field_dict["type"] = type_
        if idle_shutdown_seconds is not UNSET:
            field_dict["idleShutdownSeconds"] = idle_shutdown_seconds
        if restart is not UNSET:
            field_dict["restart"] = restart

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        type_ = d.pop("type", UNSET)

        idle_shutdown_seconds = d.pop("idleShutdownSeconds", UNSET)

        restart = d.pop("restart", UNSET)

        update_project_machine_body = cls(
            type_=type_,
            idle_shutdown_seconds=idle_shutdown_seconds,
            restart=restart,
        )

        return update_project_machine_body
