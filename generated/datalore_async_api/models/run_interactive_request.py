from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="RunInteractiveRequest")


@_attrs_define
class RunInteractiveRequest:
    """What to execute in place.

    Attributes:
        notebook_id (str): Owner and notebook with a slash between, as in the notebook's address
            `/notebook/{user}/{notebook}`. Stands in
            bodies only, never in a path, so the slash is never encoded.
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

        run_interactive_request = cls(
            notebook_id=notebook_id,
        )

        return run_interactive_request
