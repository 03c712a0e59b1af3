from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.block_placement import BlockPlacement


T = TypeVar("T", bound="ReorderBlocksBody")


@_attrs_define
class ReorderBlocksBody:
    """
    Attributes:
        block_ids (list[str]):
        placement (BlockPlacement): Where the group goes; blockId is needed for `after` and must not belong to the
            group.
    """

    block_ids: list[str]
    placement: BlockPlacement

    def to_dict(self) -> dict[str, Any]:
        block_ids = self.block_ids

        placement = self.placement.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "blockIds": block_ids,
                "placement": placement,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.block_placement import BlockPlacement  # noqa: PLC0415

        d = dict(src_dict)
        block_ids = cast(list[str], d.pop("blockIds"))

        placement = BlockPlacement.from_dict(d.pop("placement"))

        reorder_blocks_body = cls(
            block_ids=block_ids,
            placement=placement,
        )

        return reorder_blocks_body
