from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

from ..models.update_report import UpdateReport
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.run_parameter import RunParameter


T = TypeVar("T", bound="RunNotebookRequest")


@_attrs_define
class RunNotebookRequest:
    """What to run. Leave out what is not needed: installations before 2026.1 know neither `parameters` nor
    `directFileStorageWrite`.

        Attributes:
            notebook_id (str): Owner and notebook with a slash between, as in the notebook's address
                `/notebook/{user}/{notebook}`. Stands in
                bodies only, never in a path, so the slash is never encoded.
            update_report (UpdateReport | Unset): Whether to publish the notebook's report again after the run; ignored if
                none is published.
            direct_file_storage_write (bool | Unset): Whether the run writes to the notebook's own files instead of to
                storage of its own.
            parameters (list[RunParameter] | Unset): Values of the notebook's interactive controls.
    """

    notebook_id: str
    update_report: UpdateReport | Unset = UNSET
    direct_file_storage_write: bool | Unset = UNSET
    parameters: list[RunParameter] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        notebook_id = self.notebook_id

        update_report: str | Unset = UNSET
        if not isinstance(self.update_report, Unset):
            update_report = self.update_report.value

        direct_file_storage_write = self.direct_file_storage_write

        parameters: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.parameters, Unset):
            parameters = []
            for parameters_item_data in self.parameters:
                parameters_item = parameters_item_data.to_dict()
                parameters.append(parameters_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "notebookId": notebook_id,
            }
        )
        if update_report is not UNSET:
            field_dict["updateReport"] = update_report
        if direct_file_storage_write is not UNSET:
            field_dict["directFileStorageWrite"] = direct_file_storage_write
        if parameters is not UNSET:
            field_dict["parameters"] = parameters

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.run_parameter import RunParameter  # noqa: PLC0415

        d = dict(src_dict)
        notebook_id = d.pop("notebookId")

        _update_report = d.pop("updateReport", UNSET)
        update_report: UpdateReport | Unset
        if isinstance(_update_report, Unset):
            update_report = UNSET
        else:
            update_report = UpdateReport(_update_report)

        direct_file_storage_write = d.pop("directFileStorageWrite", UNSET)

        _parameters = d.pop("parameters", UNSET)
        parameters: list[RunParameter] | Unset = UNSET
        if _parameters is not UNSET:
            parameters = []
            for parameters_item_data in _parameters:
                parameters_item = RunParameter.from_dict(parameters_item_data)

                parameters.append(parameters_item)

        run_notebook_request = cls(
            notebook_id=notebook_id,
            update_report=update_report,
            direct_file_storage_write=direct_file_storage_write,
            parameters=parameters,
        )

        return run_notebook_request
