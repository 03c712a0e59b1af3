from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.block_placement_type import BlockPlacementType
from ..types import UNSET, Unset

T = TypeVar("T", bound="BlockPlacement")


@_attrs_define
class BlockPlacement:
    """Where the group goes; blockId is needed for `after` and must not belong to the group.

    Attributes:
        type_ (BlockPlacementType):
        block_id (str | Unset):
    """

    type_: BlockPlacementType
    block_id: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        type_ = self.type_.value

        block_id = self.block_id

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "type": type_,
            }
        )
        if block_id is not UNSET:
            field_dict["blockId"] = block_id

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        type_ = BlockPlacementType(d.pop("type"))

        block_id = d.pop("blockId", UNSET)

        block_placement = cls(
            type_=type_,
            block_id=block_id,
        )

        return block_placement
