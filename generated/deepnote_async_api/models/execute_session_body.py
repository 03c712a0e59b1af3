from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="ExecuteSessionBody")


@_attrs_define
class ExecuteSessionBody:
    """
    Attributes:
        notebook_id (str):
        code (str):
        timeout_ms (int | Unset):
    """

    notebook_id: str
    code: str
    timeout_ms: int | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        notebook_id = self.notebook_id

        code = self.code

        timeout_ms = self.timeout_ms

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "notebookId": notebook_id,
                "code": code,
            }
        )
        if timeout_ms is not UNSET:
            field_dict["timeoutMs"] = timeout_ms

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        notebook_id = d.pop("notebookId")

        code = d.pop("code")

        timeout_ms = d.pop("timeoutMs", UNSET)

        execute_session_body = cls(
            notebook_id=notebook_id,
            code=code,
            timeout_ms=timeout_ms,
        )

        return execute_session_body
