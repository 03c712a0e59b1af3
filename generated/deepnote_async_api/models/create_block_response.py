from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.block import Block


T = TypeVar("T", bound="CreateBlockResponse")


@_attrs_define
class CreateBlockResponse:
    """
    Attributes:
        block (Block):
        notebook_block_ids (list[str] | Unset):
    """

    block: Block
    notebook_block_ids: list[str] | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        block = self.block.to_dict()

        notebook_block_ids: list[str] | Unset = UNSET
        if not isinstance(self.notebook_block_ids, Unset):
            notebook_block_ids = self.notebook_block_ids

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "block": block,
            }
        )
        if notebook_block_ids is not UNSET:
            field_dict["notebookBlockIds"] = notebook_block_ids

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.block import Block  # noqa: PLC0415

        d = dict(src_dict)
        block = Block.from_dict(d.pop("block"))

        notebook_block_ids = cast(list[str], d.pop("notebookBlockIds", UNSET))

        create_block_response = cls(
            block=block,
            notebook_block_ids=notebook_block_ids,
        )

        create_block_response.additional_properties = d
        return create_block_response

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
