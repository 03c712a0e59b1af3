from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.project_type import ProjectType
from ..types import UNSET, Unset

T = TypeVar("T", bound="CreateProjectBody")


@_attrs_define
class CreateProjectBody:
    """
    Attributes:
        name (str):
        folder_id (str | Unset): The workspace's root when left out.
        project_type (ProjectType | Unset): Kind of a project. A notebook or agent project takes no further notebooks.
        environment_id (str | Unset):
    """

    name: str
    folder_id: str | Unset = UNSET
    project_type: ProjectType | Unset = UNSET
    environment_id: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        folder_id = self.folder_id

        project_type: str | Unset = UNSET
        if not isinstance(self.project_type, Unset):
            project_type = self.project_type.value

        environment_id = self.environment_id

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
            }
        )
        if folder_id is not UNSET:
            field_dict["folderId"] = folder_id
        if project_type is not UNSET:
            field_dict["projectType"] = project_type
        if environment_id is not UNSET:
            field_dict["environmentId"] = environment_id

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name")

        folder_id = d.pop("folderId", UNSET)

        _project_type = d.pop("projectType", UNSET)
        project_type: ProjectType | Unset
        if isinstance(_project_type, Unset):
            project_type = UNSET
        else:
            project_type = ProjectType(_project_type)

        environment_id = d.pop("environmentId", UNSET)

        create_project_body = cls(
            name=name,
            folder_id=folder_id,
            project_type=project_type,
            environment_id=environment_id,
        )

        return create_project_body
