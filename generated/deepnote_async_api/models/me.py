from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.access_level import AccessLevel

if TYPE_CHECKING:
    from ..models.me_api_key import MeApiKey
    from ..models.me_user import MeUser
    from ..models.me_workspace import MeWorkspace


T = TypeVar("T", bound="Me")


@_attrs_define
class Me:
    """
    Attributes:
        api_key (MeApiKey): The key itself; its members are not documented.
        user (MeUser): The person who made the key; members not documented.
        workspace (MeWorkspace):
        access_level (AccessLevel): What the token's owner may do in the workspace.
    """

    api_key: MeApiKey
    user: MeUser
    workspace: MeWorkspace
    access_level: AccessLevel
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        api_key = self.api_key.to_dict()

        user = self.user.to_dict()

        workspace = self.workspace.to_dict()

        access_level = self.access_level.value

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "apiKey": api_key,
                "user": user,
                "workspace": workspace,
                "accessLevel": access_level,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.me_api_key import MeApiKey  # noqa: PLC0415
        from ..models.me_user import MeUser  # noqa: PLC0415
        from ..models.me_workspace import MeWorkspace  # noqa: PLC0415

        d = dict(src_dict)
        api_key = MeApiKey.from_dict(d.pop("apiKey"))

        user = MeUser.from_dict(d.pop("user"))

        workspace = MeWorkspace.from_dict(d.pop("workspace"))

        access_level = AccessLevel(d.pop("accessLevel"))

        me = cls(
            api_key=api_key,
            user=user,
            workspace=workspace,
            access_level=access_level,
        )

        me.additional_properties = d
        return me

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
