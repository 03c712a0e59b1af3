from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.imported_notebook import ImportedNotebook
    from ..models.imported_project import ImportedProject


T = TypeVar("T", bound="ImportProjectResponse")


@_attrs_define
class ImportProjectResponse:
    """
    Attributes:
        project (ImportedProject):
        notebooks (list[ImportedNotebook]):
    """

    project: ImportedProject
    notebooks: list[ImportedNotebook]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        project = self.project.to_dict()

        notebooks = []
        for notebooks_item_data in self.notebooks:
            notebooks_item = notebooks_item_data.to_dict()
            notebooks.append(notebooks_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "project": project,
                "notebooks": notebooks,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.imported_notebook import ImportedNotebook  # noqa: PLC0415
        from ..models.imported_project import ImportedProject  # noqa: PLC0415

        d = dict(src_dict)
        project = ImportedProject.from_dict(d.pop("project"))

        notebooks = []
        _notebooks = d.pop("notebooks")
        for notebooks_item_data in _notebooks:
            notebooks_item = ImportedNotebook.from_dict(notebooks_item_data)

            notebooks.append(notebooks_item)

        import_project_response = cls(
            project=project,
            notebooks=notebooks,
        )

        import_project_response.additional_properties = d
        return import_project_response

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
