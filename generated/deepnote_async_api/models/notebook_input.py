from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="NotebookInput")


@_attrs_define
class NotebookInput:
    """
    Attributes:
        name (str): The key to use in the inputs of a run.
        type_ (str): Kind of input block, such as input-text or input-slider; the list grows.
        value (bool | list[str] | None | str | Unset): The value saved in the notebook.
        block_id (str | Unset):
        label (None | str | Unset):
        options (list[str] | Unset):
        multiple (bool | Unset):
        min_ (float | Unset):
        max_ (float | Unset):
        step (float | Unset):
    """

    name: str
    type_: str
    value: bool | list[str] | None | str | Unset = UNSET
    block_id: str | Unset = UNSET
    label: None | str | Unset = UNSET
    options: list[str] | Unset = UNSET
    multiple: bool | Unset = UNSET
    min_: float | Unset = UNSET
    max_: float | Unset = UNSET
    step: float | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        type_ = self.type_

        value: bool | list[str] | None | str | Unset
        if isinstance(self.value, Unset):
            value = UNSET
        elif isinstance(self.value, list):
            value = self.value

        else:
            value = self.value

        block_id = self.block_id

        label: None | str | Unset
        if isinstance(self.label, Unset):
            label = UNSET
        else:
            label = self.label

        options: list[str] | Unset = UNSET
        if not isinstance(self.options, Unset):
            options = self.options

        multiple = self.multiple

        min_ = self.min_

        max_ = self.max_

        step = self.step

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "name": name,
                "type": type_,
            }
        )
        if value is not UNSET:
            field_dict["value"] = value
        if block_id is not UNSET:
            field_dict["blockId"] = block_id
        if label is not UNSET:
            field_dict["label"] = label
        if options is not UNSET:
            field_dict["options"] = options
        if multiple is not UNSET:
            field_dict["multiple"] = multiple
        if min_ is not UNSET:
            field_dict["min"] = min_
        if max_ is not UNSET:
            field_dict["max"] = max_
        if step is not UNSET:
            field_dict["step"] = step

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name")

        type_ = d.pop("type")

        def _parse_value(data: object) -> bool | list[str] | None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                value_type_2 = cast(list[str], data)

                return value_type_2
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(bool | list[str] | None | str | Unset, data)

        value = _parse_value(d.pop("value", UNSET))

        block_id = d.pop("blockId", UNSET)

        def _parse_label(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        label = _parse_label(d.pop("label", UNSET))

        options = cast(list[str], d.pop("options", UNSET))

        multiple = d.pop("multiple", UNSET)

        min_ = d.pop("min", UNSET)

        max_ = d.pop("max", UNSET)

        step = d.pop("step", UNSET)

        notebook_input = cls(
            name=name,
            type_=type_,
            value=value,
            block_id=block_id,
            label=label,
            options=options,
            multiple=multiple,
            min_=min_,
            max_=max_,
            step=step,
        )

        notebook_input.additional_properties = d
        return notebook_input

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
