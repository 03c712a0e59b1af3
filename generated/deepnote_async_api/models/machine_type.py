from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="MachineType")


@_attrs_define
class MachineType:
    """
    Attributes:
        id (str):
        name (str | Unset):
        v_cpus (float | Unset):
        memory_gi_b (float | Unset):
        gpu_count (float | Unset):
        available (bool | Unset):
        unavailable_reason (None | str | Unset):
    """

    id: str
    name: str | Unset = UNSET
    v_cpus: float | Unset = UNSET
    memory_gi_b: float | Unset = UNSET
    gpu_count: float | Unset = UNSET
    available: bool | Unset = UNSET
    unavailable_reason: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        name = self.name

        v_cpus = self.v_cpus

        memory_gi_b = self.memory_gi_b

        gpu_count = self.gpu_count

        available = self.available

        unavailable_reason: None | str | Unset
        if isinstance(self.unavailable_reason, Unset):
            unavailable_reason = UNSET
        else:
            unavailable_reason = self.unavailable_reason

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
            }
        )
        if name is not UNSET:
            field_dict["name"] = name
        if v_cpus is not UNSET:
            field_dict["vCpus"] = v_cpus
        if memory_gi_b is not UNSET:
            field_dict["memoryGiB"] = memory_gi_b
        if gpu_count is not UNSET:
            field_dict["gpuCount"] = gpu_count
        if available is not UNSET:
            field_dict["available"] = available
        if unavailable_reason is not UNSET:
            field_dict["unavailableReason"] = unavailable_reason

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        name = d.pop("name", UNSET)

        v_cpus = d.pop("vCpus", UNSET)

        memory_gi_b = d.pop("memoryGiB", UNSET)

        gpu_count = d.pop("gpuCount", UNSET)

        available = d.pop("available", UNSET)

        def _parse_unavailable_reason(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        unavailable_reason = _parse_unavailable_reason(
            d.pop("unavailableReason", UNSET)
        )

        machine_type = cls(
            id=id,
            name=name,
            v_cpus=v_cpus,
            memory_gi_b=memory_gi_b,
            gpu_count=gpu_count,
            available=available,
            unavailable_reason=unavailable_reason,
        )

        machine_type.additional_properties = d
        return machine_type

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
