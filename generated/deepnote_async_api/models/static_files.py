from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="StaticFiles")


@_attrs_define
class StaticFiles:
    """
    Attributes:
        url (None | str | Unset):
        sharing_enabled (bool | Unset):
        api_access_enabled (bool | Unset):
    """

    url: None | str | Unset = UNSET
    sharing_enabled: bool | Unset = UNSET
    api_access_enabled: bool | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        url: None | str | Unset
        if isinstance(self.url, Unset):
            url = UNSET
        else:
            url = self.url

        sharing_enabled = self.sharing_enabled

        api_access_enabled = self.api_access_enabled

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if url is not UNSET:
            field_dict["url"] = url
        if sharing_enabled is not UNSET:
            field_dict["sharingEnabled"] = sharing_enabled
        if api_access_enabled is not UNSET:
            field_dict["apiAccessEnabled"] = api_access_enabled

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_url(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        url = _parse_url(d.pop("url", UNSET))

        sharing_enabled = d.pop("sharingEnabled", UNSET)

        api_access_enabled = d.pop("apiAccessEnabled", UNSET)

        static_files = cls(
            url=url,
            sharing_enabled=sharing_enabled,
            api_access_enabled=api_access_enabled,
        )

        static_files.additional_properties = d
        return static_files

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
