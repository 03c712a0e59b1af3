from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.jupyter_output import JupyterOutput
    from ..models.snapshot_block_metadata import SnapshotBlockMetadata


T = TypeVar("T", bound="SnapshotBlock")


@_attrs_define
class SnapshotBlock:
    """
    Attributes:
        id (str):
        type_ (str):
        outputs (list[JupyterOutput]):
        metadata (SnapshotBlockMetadata | Unset):
    """

    id: str
    type_: str
    outputs: list[JupyterOutput]
    metadata: SnapshotBlockMetadata | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        type_ = self.type_

        outputs = []
        for outputs_item_data in self.outputs:
            outputs_item = outputs_item_data.to_dict()
            outputs.append(outputs_item)

        metadata: dict[str, Any] | Unset = UNSET
        if not isinstance(self.metadata, Unset):
            metadata = self.metadata.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "type": type_,
                "outputs": outputs,
            }
        )
        if metadata is not UNSET:
            field_dict["metadata"] = metadata

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.jupyter_output import JupyterOutput  # noqa: PLC0415
        from ..models.snapshot_block_metadata import SnapshotBlockMetadata  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        type_ = d.pop("type")

        outputs = []
        _outputs = d.pop("outputs")
        for outputs_item_data in _outputs:
            outputs_item = JupyterOutput.from_dict(outputs_item_data)

            outputs.append(outputs_item)

        _metadata = d.pop("metadata", UNSET)
        metadata: SnapshotBlockMetadata | Unset
        if isinstance(_metadata, Unset):
            metadata = UNSET
        else:
            metadata = SnapshotBlockMetadata.from_dict(_metadata)

        snapshot_block = cls(
            id=id,
            type_=type_,
            outputs=outputs,
            metadata=metadata,
        )

        snapshot_block.additional_properties = d
        return snapshot_block

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
