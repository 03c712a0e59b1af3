from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="Session")


@_attrs_define
class Session:
    """The names of the fields are not documented; id and sessionId have both been read, as have state and status.

    Attributes:
        id (str | Unset):
        session_id (str | Unset):
        notebook_id (str | Unset):
        session_notebook_id (str | Unset): A copy of the notebook that belongs to the session.
        state (str | Unset):
        status (str | Unset):
    """

    id: str | Unset = UNSET
    session_id: str | Unset = UNSET
    notebook_id: str | Unset = UNSET
    session_notebook_id: str | Unset = UNSET
    state: str | Unset = UNSET
    status: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        session_id = self.session_id

        notebook_id = self.notebook_id

        session_notebook_id = self.session_notebook_id

        state = self.state

        status = self.status

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if id is not UNSET:
            field_dict["id"] = id
        if session_id is not UNSET:
            field_dict["sessionId"] = session_id
        if notebook_id is not UNSET:
            field_dict["notebookId"] = notebook_id
        if session_notebook_id is not UNSET:
            field_dict["sessionNotebookId"] = session_notebook_id
        if state is not UNSET:
            field_dict["state"] = state
        if status is not UNSET:
            field_dict["status"] = status

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id", UNSET)

        session_id = d.pop("sessionId", UNSET)

        notebook_id = d.pop("notebookId", UNSET)

        session_notebook_id = d.pop("sessionNotebookId", UNSET)

        state = d.pop("state", UNSET)

        status = d.pop("status", UNSET)

        session = cls(
            id=id,
            session_id=session_id,
            notebook_id=notebook_id,
            session_notebook_id=session_notebook_id,
            state=state,
            status=status,
        )

        session.additional_properties = d
        return session

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
