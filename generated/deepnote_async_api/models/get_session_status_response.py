from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.session import Session
    from ..models.session_kernel_state import SessionKernelState


T = TypeVar("T", bound="GetSessionStatusResponse")


@_attrs_define
class GetSessionStatusResponse:
    """
    Attributes:
        session (Session): The names of the fields are not documented; id and sessionId have both been read, as have
            state and status.
        kernel (SessionKernelState): The state of the kernel, the block it executes and the blocks that wait. The names
            are this project's own.
    """

    session: Session
    kernel: SessionKernelState
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        session = self.session.to_dict()

        kernel = self.kernel.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "session": session,
                "kernel": kernel,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.session import Session  # noqa: PLC0415
        from ..models.session_kernel_state import SessionKernelState  # noqa: PLC0415

        d = dict(src_dict)
        session = Session.from_dict(d.pop("session"))

        kernel = SessionKernelState.from_dict(d.pop("kernel"))

        get_session_status_response = cls(
            session=session,
            kernel=kernel,
        )

        get_session_status_response.additional_properties = d
        return get_session_status_response

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
