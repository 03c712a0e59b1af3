from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.create_block_body_metadata import CreateBlockBodyMetadata


T = TypeVar("T", bound="CreateBlockBody")


@_attrs_define
class CreateBlockBody:
    """
    Attributes:
        notebook_id (str):
        type_ (str): Kind of block: code, sql, markdown, input-text and others; the list grows.
        content (str | Unset):
        metadata (CreateBlockBodyMetadata | Unset):
        integration_id (str | Unset): For sql blocks only.
        position (int | Unset): At the end when left out.
        include_notebook_block_ids (bool | Unset): Also answer with the ids of all blocks.
    """

    notebook_id: str
    type_: str
    content: str | Unset = UNSET
    metadata: CreateBlockBodyMetadata | Unset = UNSET
    integration_id: str | Unset = UNSET
    position: int | Unset = UNSET
    include_notebook_block_ids: bool | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        notebook_id = self.notebook_id

        type_ = self.type_

        content = self.content

        metadata: dict[str, Any] | Unset = UNSET
        if not isinstance(self.metadata, Unset):
            metadata = self.metadata.to_dict()

        integration_id = self.integration_id

        position = self.position

        include_notebook_block_ids = self.include_notebook_block_ids

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "notebookId": notebook_id,
                "type": type_,
            }
        )
        if content is not UNSET:
            field_dict["content"] = content
        if metadata is not UNSET:
            field_dict["metadata"] = metadata
        if integration_id is not UNSET:
            field_dict["integrationId"] = integration_id
        if position is not UNSET:
            field_dict["position"] = position
        if include_notebook_block_ids is not UNSET:
            field_dict["includeNotebookBlockIds"] = include_notebook_block_ids

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.create_block_body_metadata import CreateBlockBodyMetadata  # noqa: PLC0415

        d = dict(src_dict)
        notebook_id = d.pop("notebookId")

        type_ = d.pop("type")

        content = d.pop("content", UNSET)

        _metadata = d.pop("metadata", UNSET)
        metadata: CreateBlockBodyMetadata | Unset
        if isinstance(_metadata, Unset):
            metadata = UNSET
        else:
            metadata = CreateBlockBodyMetadata.from_dict(_metadata)

        integration_id = d.pop("integrationId", UNSET)

        position = d.pop("position", UNSET)

        include_notebook_block_ids = d.pop("includeNotebookBlockIds", UNSET)

        create_block_body = cls(
            notebook_id=notebook_id,
            type_=type_,
            content=content,
            metadata=metadata,
            integration_id=integration_id,
            position=position,
            include_notebook_block_ids=include_notebook_block_ids,
        )

        return create_block_body
