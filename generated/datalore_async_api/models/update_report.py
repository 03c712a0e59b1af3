from enum import StrEnum
from typing import Self


class UpdateReport(StrEnum):
    NEVER = "never"
    ON_SUCCESS = "on success"

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = "UNLISTED"
        member._value_ = value
        return member

    def __reduce_ex__(self, _protocol: object) -> tuple[type[Self], tuple[str]]:
        return type(self), (self.value,)

    def __str__(self) -> str:
        return str(self.value)
