from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="CreateSessionRunBody")


@_attrs_define
class CreateSessionRunBody:
    """
    Attributes:
        notebook_id (str):
        block_ids (list[str]):
    """

    notebook_id: str
    block_ids: list[str]

    def to_dict(self) -> dict[str, Any]:
        notebook_id = self.notebook_id

        block_ids = self.block_ids

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "notebookId": notebook_id,
                "blockIds": block_ids,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        notebook_id = d.pop("notebookId")

        block_ids = cast(list[str], d.pop("blockIds"))

        create_session_run_body = cls(
            notebook_id=notebook_id,
            block_ids=block_ids,
        )

        return create_session_run_body
