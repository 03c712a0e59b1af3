from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.project_type import ProjectType
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.environment import Environment
    from ..models.folder import Folder
    from ..models.project_detail_integrations_item import ProjectDetailIntegrationsItem
    from ..models.project_file import ProjectFile
    from ..models.project_notebook import ProjectNotebook
    from ..models.static_files import StaticFiles


T = TypeVar("T", bound="ProjectDetail")


@_attrs_define
class ProjectDetail:
    """
    Attributes:
        id (str):
        name (str):
        project_type (ProjectType | Unset): Kind of a project. A notebook or agent project takes no further notebooks.
        created_at (datetime.datetime | Unset):
        updated_at (datetime.datetime | None | Unset):
        folder (Folder | None | Unset): Where the project lies; null at the root.
        folder_id (str | Unset): Only a third-party document has it.
        notebooks (list[ProjectNotebook] | Unset):
        files (list[ProjectFile] | Unset):
        integrations (list[ProjectDetailIntegrationsItem] | Unset):
        static_files (StaticFiles | Unset):
        streamlit_app_api_access_enabled (bool | Unset):
        environment (Environment | None | Unset):
    """

    id: str
    name: str
    project_type: ProjectType | Unset = UNSET
    created_at: datetime.datetime | Unset = UNSET
    updated_at: datetime.datetime | None | Unset = UNSET
    folder: Folder | None | Unset = UNSET
    folder_id: str | Unset = UNSET
    notebooks: list[ProjectNotebook] | Unset = UNSET
    files: list[ProjectFile] | Unset = UNSET
    integrations: list[ProjectDetailIntegrationsItem] | Unset = UNSET
    static_files: StaticFiles | Unset = UNSET
    streamlit_app_api_access_enabled: bool | Unset = UNSET
    environment: Environment | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.environment import Environment  # noqa: PLC0415
        from ..models.folder import Folder  # noqa: PLC0415

        id = self.id

        name = self.name

        project_type: str | Unset = UNSET
        if not isinstance(self.project_type, Unset):
            project_type = self.project_type.value

        created_at: str | Unset = UNSET
        if not isinstance(self.created_at, Unset):
            created_at = self.created_at.isoformat()

        updated_at: None | str | Unset
        if isinstance(self.updated_at, Unset):
            updated_at = UNSET
        elif isinstance(self.updated_at, datetime.datetime):
            updated_at = self.updated_at.isoformat()
        else:
            updated_at = self.updated_at

        folder: dict[str, Any] | None | Unset
        if isinstance(self.folder, Unset):
            folder = UNSET
        elif isinstance(self.folder, Folder):
            folder = self.folder.to_dict()
        else:
            folder = self.folder

        folder_id = self.folder_id

        notebooks: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.notebooks, Unset):
            notebooks = []
            for notebooks_item_data in self.notebooks:
                notebooks_item = notebooks_item_data.to_dict()
                notebooks.append(notebooks_item)

        files: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.files, Unset):
            files = []
            for files_item_data in self.files:
                files_item = files_item_data.to_dict()
                files.append(files_item)

        integrations: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.integrations, Unset):
            integrations = []
            for integrations_item_data in self.integrations:
                integrations_item = integrations_item_data.to_dict()
                integrations.append(integrations_item)

        static_files: dict[str, Any] | Unset = UNSET
        if not isinstance(self.static_files, Unset):
            static_files = self.static_files.to_dict()

        streamlit_app_api_access_enabled = self.streamlit_app_api_access_enabled

        environment: dict[str, Any] | None | Unset
        if isinstance(self.environment, Unset):
            environment = UNSET
        elif isinstance(self.environment, Environment):
            environment = self.environment.to_dict()
        else:
            environment = self.environment

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "name": name,
            }
        )
        if project_type is not UNSET:
            field_dict["projectType"] = project_type
        if created_at is not UNSET:
            field_dict["createdAt"] = created_at
        if updated_at is not UNSET:
            field_dict["updatedAt"] = updated_at
        if folder is not UNSET:
            field_dict["folder"] = folder
        if folder_id is not UNSET:
            field_dict["folderId"] = folder_id
        if notebooks is not UNSET:
            field_dict["notebooks"] = notebooks
        if files is not UNSET:
            field_dict["files"] = files
        if integrations is not UNSET:
            field_dict["integrations"] = integrations
        if static_files is not UNSET:
            field_dict["staticFiles"] = static_files
        if streamlit_app_api_access_enabled is not UNSET:
            field_dict["streamlitAppApiAccessEnabled"] = (
                streamlit_app_api_access_enabled
            )
        if environment is not UNSET:
            field_dict["environment"] = environment

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.environment import Environment  # noqa: PLC0415
        from ..models.folder import Folder  # noqa: PLC0415
        from ..models.project_detail_integrations_item import (
            ProjectDetailIntegrationsItem,  # noqa: PLC0415
        )
        from ..models.project_file import ProjectFile  # noqa: PLC0415
        from ..models.project_notebook import ProjectNotebook  # noqa: PLC0415
        from ..models.static_files import StaticFiles  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        name = d.pop("name")

        _project_type = d.pop("projectType", UNSET)
        project_type: ProjectType | Unset
        if isinstance(_project_type, Unset):
            project_type = UNSET
        else:
            project_type = ProjectType(_project_type)

        _created_at = d.pop("createdAt", UNSET)
        created_at: datetime.datetime | Unset
        if isinstance(_created_at, Unset):
            created_at = UNSET
        else:
            created_at = datetime.datetime.fromisoformat(_created_at)

        def _parse_updated_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                updated_at_type_0 = datetime.datetime.fromisoformat(data)

                return updated_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        updated_at = _parse_updated_at(d.pop("updatedAt", UNSET))

        def _parse_folder(data: object) -> Folder | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                folder_type_0 = Folder.from_dict(data)

                return folder_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Folder | None | Unset, data)

        folder = _parse_folder(d.pop("folder", UNSET))

        folder_id = d.pop("folderId", UNSET)

        _notebooks = d.pop("notebooks", UNSET)
        notebooks: list[ProjectNotebook] | Unset = UNSET
        if _notebooks is not UNSET:
            notebooks = []
            for notebooks_item_data in _notebooks:
                notebooks_item = ProjectNotebook.from_dict(notebooks_item_data)

                notebooks.append(notebooks_item)

        _files = d.pop("files", UNSET)
        files: list[ProjectFile] | Unset = UNSET
        if _files is not UNSET:
            files = []
            for files_item_data in _files:
                files_item = ProjectFile.from_dict(files_item_data)

                files.append(files_item)

        _integrations = d.pop("integrations", UNSET)
        integrations: list[ProjectDetailIntegrationsItem] | Unset = UNSET
        if _integrations is not UNSET:
            integrations = []
            for integrations_item_data in _integrations:
                integrations_item = ProjectDetailIntegrationsItem.from_dict(
                    integrations_item_data
                )

                integrations.append(integrations_item)

        _static_files = d.pop("staticFiles", UNSET)
        static_files: StaticFiles | Unset
        if isinstance(_static_files, Unset):
            static_files = UNSET
        else:
            static_files = StaticFiles.from_dict(_static_files)

        streamlit_app_api_access_enabled = d.pop("streamlitAppApiAccessEnabled", UNSET)

        def _parse_environment(data: object) -> Environment | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                environment_type_0 = Environment.from_dict(data)

                return environment_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Environment | None | Unset, data)

        environment = _parse_environment(d.pop("environment", UNSET))

        project_detail = cls(
            id=id,
            name=name,
            project_type=project_type,
            created_at=created_at,
            updated_at=updated_at,
            folder=folder,
            folder_id=folder_id,
            notebooks=notebooks,
            files=files,
            integrations=integrations,
            static_files=static_files,
            streamlit_app_api_access_enabled=streamlit_app_api_access_enabled,
            environment=environment,
        )

        project_detail.additional_properties = d
        return project_detail

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
