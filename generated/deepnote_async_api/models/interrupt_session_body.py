from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="InterruptSessionBody")


@_attrs_define
class InterruptSessionBody:
    """
    Attributes:
        notebook_id (str):
    """

    notebook_id: str

    def to_dict(self) -> dict[str, Any]:
        notebook_id = self.notebook_id

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "notebookId": notebook_id,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        notebook_id = d.pop("notebookId")

        interrupt_session_body = cls(
            notebook_id=notebook_id,
        )

        return interrupt_session_body
