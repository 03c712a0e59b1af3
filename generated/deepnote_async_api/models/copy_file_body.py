from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="CopyFileBody")


@_attrs_define
class CopyFileBody:
    """
    Attributes:
        source_project_id (str):
        target_project_id (str):
        source_file_path (str):
    """

    source_project_id: str
    target_project_id: str
    source_file_path: str

    def to_dict(self) -> dict[str, Any]:
        source_project_id = self.source_project_id

        target_project_id = self.target_project_id

        source_file_path = self.source_file_path

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "sourceProjectId": source_project_id,
                "targetProjectId": target_project_id,
                "sourceFilePath": source_file_path,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        source_project_id = d.pop("sourceProjectId")

        target_project_id = d.pop("targetProjectId")

        source_file_path = d.pop("sourceFilePath")

        copy_file_body = cls(
            source_project_id=source_project_id,
            target_project_id=target_project_id,
            source_file_path=source_file_path,
        )

        return copy_file_body
