from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="UpsertScheduleBody")


@_attrs_define
class UpsertScheduleBody:
    """
    Attributes:
        cron (str): Five fields.
        timezone (str | Unset): A name of the IANA time zone database.
    """

    cron: str
    timezone: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        cron = self.cron

        timezone = self.timezone

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "cron": cron,
            }
        )
        if timezone is not UNSET:
            field_dict["timezone"] = timezone

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        cron = d.pop("cron")

        timezone = d.pop("timezone", UNSET)

        upsert_schedule_body = cls(
            cron=cron,
            timezone=timezone,
        )

        return upsert_schedule_body
