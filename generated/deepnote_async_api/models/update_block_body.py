from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="UpdateBlockBody")


@_attrs_define
class UpdateBlockBody:
    """
    Attributes:
        content (str | Unset):
        integration_id (str | Unset):
    """

    content: str | Unset = UNSET
    integration_id: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        content = self.content

        integration_id = self.integration_id

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if content is not UNSET:
            field_dict["content"] = content
        if integration_id is not UNSET:
            field_dict["integrationId"] = integration_id

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        content = d.pop("content", UNSET)

        integration_id = d.pop("integrationId", UNSET)

        update_block_body = cls(
            content=content,
            integration_id=integration_id,
        )

        return update_block_body
