from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="SessionKernelState")


@_attrs_define
class SessionKernelState:
    """The state of the kernel, the block it executes and the blocks that wait. The names are this project's own.

    Attributes:
        state (str | Unset):
        executing_block (None | str | Unset):
        queue (list[str] | Unset):
    """

    state: str | Unset = UNSET
    executing_block: None | str | Unset = UNSET
    queue: list[str] | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        state = self.state

        executing_block: None | str | Unset
        if isinstance(self.executing_block, Unset):
            executing_block = UNSET
        else:
            executing_block = self.executing_block

        queue: list[str] | Unset = UNSET
        if not isinstance(self.queue, Unset):
            queue = self.queue

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if state is not UNSET:
            field_dict["state"] = state
        if executing_block is not UNSET:
            field_dict["executingBlock"] = executing_block
        if queue is not UNSET:
            field_dict["queue"] = queue

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        state = d.pop("state", UNSET)

        def _parse_executing_block(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        executing_block = _parse_executing_block(d.pop("executingBlock", UNSET))

        queue = cast(list[str], d.pop("queue", UNSET))

        session_kernel_state = cls(
            state=state,
            executing_block=executing_block,
            queue=queue,
        )

        session_kernel_state.additional_properties = d
        return session_kernel_state

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
