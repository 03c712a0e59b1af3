from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.imported_notebook_action import ImportedNotebookAction
from ..types import UNSET, Unset

T = TypeVar("T", bound="ImportedNotebook")


@_attrs_define
class ImportedNotebook:
    """
    Attributes:
        id (str):
        action (ImportedNotebookAction):
        name (str | Unset):
    """

    id: str
    action: ImportedNotebookAction
    name: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        action = self.action.value

        name = self.name

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "action": action,
            }
        )
        if name is not UNSET:
            field_dict["name"] = name

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        action = ImportedNotebookAction(d.pop("action"))

        name = d.pop("name", UNSET)

        imported_notebook = cls(
            id=id,
            action=action,
            name=name,
        )

        imported_notebook.additional_properties = d
        return imported_notebook

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
