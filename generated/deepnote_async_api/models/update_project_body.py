from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.static_files import StaticFiles


T = TypeVar("T", bound="UpdateProjectBody")


@_attrs_define
class UpdateProjectBody:
    """
    Attributes:
        static_files (StaticFiles | Unset):
        streamlit_app_api_access_enabled (bool | Unset):
        environment_id (str | Unset):
    """

    static_files: StaticFiles | Unset = UNSET
    streamlit_app_api_access_enabled: bool | Unset = UNSET
    environment_id: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        static_files: dict[str, Any] | Unset = UNSET
        if not isinstance(self.static_files, Unset):
            static_files = self.static_files.to_dict()

        streamlit_app_api_access_enabled = self.streamlit_app_api_access_enabled

        environment_id = self.environment_id

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if static_files is not UNSET:
            field_dict["staticFiles"] = static_files
        if streamlit_app_api_access_enabled is not UNSET:
            field_dict["streamlitAppApiAccessEnabled"] = (
                streamlit_app_api_access_enabled
            )
        if environment_id is not UNSET:
            field_dict["environmentId"] = environment_id

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.static_files import StaticFiles  # noqa: PLC0415

        d = dict(src_dict)
        _static_files = d.pop("staticFiles", UNSET)
        static_files: StaticFiles | Unset
        if isinstance(_static_files, Unset):
            static_files = UNSET
        else:
            static_files = StaticFiles.from_dict(_static_files)

        streamlit_app_api_access_enabled = d.pop("streamlitAppApiAccessEnabled", UNSET)

        environment_id = d.pop("environmentId", UNSET)

        update_project_body = cls(
            static_files=static_files,
            streamlit_app_api_access_enabled=streamlit_app_api_access_enabled,
            environment_id=environment_id,
        )

        return update_project_body
