from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="CreateStreamlitAppBody")


@_attrs_define
class CreateStreamlitAppBody:
    """
    Attributes:
        project_id (str):
        entrypoint (str): Path of the script in the project.
    """

    project_id: str
    entrypoint: str

    def to_dict(self) -> dict[str, Any]:
        project_id = self.project_id

        entrypoint = self.entrypoint

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "projectId": project_id,
                "entrypoint": entrypoint,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        project_id = d.pop("projectId")

        entrypoint = d.pop("entrypoint")

        create_streamlit_app_body = cls(
            project_id=project_id,
            entrypoint=entrypoint,
        )

        return create_streamlit_app_body
