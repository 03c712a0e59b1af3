from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="Environment")


@_attrs_define
class Environment:
    """
    Attributes:
        id (str):
        name (str):
        image (None | str | Unset):
        type_ (str | Unset): deepnote or custom.
        language (str | Unset): python or r.
        is_default (bool | Unset):
        is_gpu (bool | Unset):
        is_deprecated (bool | Unset):
    """

    id: str
    name: str
    image: None | str | Unset = UNSET
    type_: str | Unset = UNSET
    language: str | Unset = UNSET
    is_default: bool | Unset = UNSET
    is_gpu: bool | Unset = UNSET
    is_deprecated: bool | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        name = self.name

        image: None | str | Unset
        if isinstance(self.image, Unset):
            image = UNSET
        else:
            image = self.image

        type_ = self.type_

        language = self.language

        is_default = self.is_default

        is_gpu = self.is_gpu

        is_deprecated = self.is_deprecated

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "name": name,
            }
        )
        if image is not UNSET:
            field_dict["image"] = image
        if type_ is not UNSET:
            field_dict["type"] = type_
        if language is not UNSET:
            field_dict["language"] = language
        if is_default is not UNSET:
            field_dict["isDefault"] = is_default
        if is_gpu is not UNSET:
            field_dict["isGpu"] = is_gpu
        if is_deprecated is not UNSET:
            field_dict["isDeprecated"] = is_deprecated

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        name = d.pop("name")

        def _parse_image(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        image = _parse_image(d.pop("image", UNSET))

        type_ = d.pop("type", UNSET)

        language = d.pop("language", UNSET)

        is_default = d.pop("isDefault", UNSET)

        is_gpu = d.pop("isGpu", UNSET)

        is_deprecated = d.pop("isDeprecated", UNSET)

        environment = cls(
            id=id,
            name=name,
            image=image,
            type_=type_,
            language=language,
            is_default=is_default,
            is_gpu=is_gpu,
            is_deprecated=is_deprecated,
        )

        environment.additional_properties = d
        return environment

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
