from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.update_report import UpdateReport
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.artifact import Artifact


T = TypeVar("T", bound="NotebookRun")


@_attrs_define
class NotebookRun:
    """A run. Moments are text in ISO 8601; no format is promised, since it is only shown by an example.

    Attributes:
        run_id (str):
        user_id (str | Unset): Owner of the notebook.
        notebook_id (str | Unset):
        start_time (None | str | Unset):
        end_time (None | str | Unset): When it ended; left out while it runs.
        success (bool | None | Unset): Whether it ended well. Means nothing before the end.
        status (None | str | Unset): A label for people without a fixed list of values; only there while the run is in
            progress.
        update_report (UpdateReport | Unset): Whether to publish the notebook's report again after the run; ignored if
            none is published.
        direct_file_storage_write (bool | None | Unset):
        artifacts (list[Artifact] | Unset): What it left; may be empty, above all when it wrote to the notebook's own
            files.
        read_only (bool | None | Unset): Whether the caller may only view the notebook.
    """

    run_id: str
    user_id: str | Unset = UNSET
    notebook_id: str | Unset = UNSET
    start_time: None | str | Unset = UNSET
    end_time: None | str | Unset = UNSET
    success: bool | None | Unset = UNSET
    status: None | str | Unset = UNSET
    update_report: UpdateReport | Unset = UNSET
    direct_file_storage_write: bool | None | Unset = UNSET
    artifacts: list[Artifact] | Unset = UNSET
    read_only: bool | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        run_id = self.run_id

        user_id = self.user_id

        notebook_id = self.notebook_id

        start_time: None | str | Unset
        if isinstance(self.start_time, Unset):
            start_time = UNSET
        else:
            start_time = self.start_time

        end_time: None | str | Unset
        if isinstance(self.end_time, Unset):
            end_time = UNSET
        else:
            end_time = self.end_time

        success: bool | None | Unset
        if isinstance(self.success, Unset):
            success = UNSET
        else:
            success = self.success

        status: None | str | Unset
        if isinstance(self.status, Unset):
            status = UNSET
        else:
            status = self.status

        update_report: str | Unset = UNSET
        if not isinstance(self.update_report, Unset):
            update_report = self.update_report.value

        direct_file_storage_write: bool | None | Unset
        if isinstance(self.direct_file_storage_write, Unset):
            direct_file_storage_write = UNSET
        else:
            direct_file_storage_write = self.direct_file_storage_write

        artifacts: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.artifacts, Unset):
            artifacts = []
            for artifacts_item_data in self.artifacts:
                artifacts_item = artifacts_item_data.to_dict()
                artifacts.append(artifacts_item)

        read_only: bool | None | Unset
        if isinstance(self.read_only, Unset):
            read_only = UNSET
        else:
            read_only = self.read_only

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "runId": run_id,
            }
        )
        if user_id is not UNSET:
            field_dict["userId"] = user_id
        if notebook_id is not UNSET:
            field_dict["notebookId"] = notebook_id
        if start_time is not UNSET:
            field_dict["startTime"] = start_time
        if end_time is not UNSET:
            field_dict["endTime"] = end_time
        if success is not UNSET:
            field_dict["success"] = success
        if status is not UNSET:
            field_dict["status"] = status
        if update_report is not UNSET:
            field_dict["updateReport"] = update_report
        if direct_file_storage_write is not UNSET:
            field_dict["directFileStorageWrite"] = direct_file_storage_write
        if artifacts is not UNSET:
            field_dict["artifacts"] = artifacts
        if read_only is not UNSET:
            field_dict["readOnly"] = read_only

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.artifact import Artifact  # noqa: PLC0415

        d = dict(src_dict)
        run_id = d.pop("runId")

        user_id = d.pop("userId", UNSET)

        notebook_id = d.pop("notebookId", UNSET)

        def _parse_start_time(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        start_time = _parse_start_time(d.pop("startTime", UNSET))

        def _parse_end_time(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        end_time = _parse_end_time(d.pop("endTime", UNSET))

        def _parse_success(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        success = _parse_success(d.pop("success", UNSET))

        def _parse_status(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        status = _parse_status(d.pop("status", UNSET))

        _update_report = d.pop("updateReport", UNSET)
        update_report: UpdateReport | Unset
        if isinstance(_update_report, Unset):
            update_report = UNSET
        else:
            update_report = UpdateReport(_update_report)

        def _parse_direct_file_storage_write(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        direct_file_storage_write = _parse_direct_file_storage_write(
            d.pop("directFileStorageWrite", UNSET)
        )

        _artifacts = d.pop("artifacts", UNSET)
        artifacts: list[Artifact] | Unset = UNSET
        if _artifacts is not UNSET:
            artifacts = []
            for artifacts_item_data in _artifacts:
                artifacts_item = Artifact.from_dict(artifacts_item_data)

                artifacts.append(artifacts_item)

        def _parse_read_only(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        read_only = _parse_read_only(d.pop("readOnly", UNSET))

        notebook_run = cls(
            run_id=run_id,
            user_id=user_id,
            notebook_id=notebook_id,
            start_time=start_time,
            end_time=end_time,
            success=success,
            status=status,
            update_report=update_report,
            direct_file_storage_write=direct_file_storage_write,
            artifacts=artifacts,
            read_only=read_only,
        )

        notebook_run.additional_properties = d
        return notebook_run

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
