"""Notebooks, their blocks, inputs and schedules."""

from __future__ import annotations

from deepnote_async.models import InputValue, Notebook, NotebookBlock, NotebookInput, Schedule
from deepnote_async.resources.wire.values import given, moment
from deepnote_async_api import models as wire


def notebook_record(notebook: wire.NotebookDetail | wire.Notebook) -> Notebook:
    """Wrap a notebook; only one that was asked for tells its blocks and inputs."""
    detail = notebook if isinstance(notebook, wire.NotebookDetail) else None
    return Notebook(
        id=notebook.id,
        name=notebook.name,
        project_id=given(notebook.project_id),
        created_at=given(notebook.created_at),
        updated_at=moment(notebook.updated_at),
        is_init=given(notebook.is_init),
        blocks=tuple(block_row(block) for block in (given(detail.blocks) or () if detail else ())),
        inputs=tuple(_input_record(item) for item in (given(detail.inputs) or () if detail else ())),
        extra=notebook.additional_properties,
    )


def block_row(block: wire.NotebookBlock) -> NotebookBlock:
    """Wrap a block as a notebook lists it."""
    return NotebookBlock(id=block.id, type=block.type_, content=given(block.content), extra=block.additional_properties)


def block_record(block: wire.Block) -> NotebookBlock:
    """Wrap a block that was asked for alone."""
    metadata = given(block.metadata)
    return NotebookBlock(
        id=block.id,
        type=block.type_,
        content=given(block.content),
        notebook_id=given(block.notebook_id),
        metadata=metadata.additional_properties if metadata is not None else None,
        integration_id=given(block.integration_id),
        version=given(block.version),
        extra=block.additional_properties,
    )


def schedule_record(schedule: wire.Schedule) -> Schedule:
    """Wrap a schedule."""
    return Schedule(
        notebook_id=schedule.notebook_id,
        cron=schedule.cron,
        timezone=schedule.timezone,
        next_run_at=moment(schedule.next_run_at),
        created_at=given(schedule.created_at),
        updated_at=moment(schedule.updated_at),
        extra=schedule.additional_properties,
    )


def _input_record(declared: wire.NotebookInput) -> NotebookInput:
    options = given(declared.options)
    return NotebookInput(
        name=declared.name,
        type=declared.type_,
        value=_input_value(given(declared.value)),
        block_id=given(declared.block_id),
        label=given(declared.label),
        options=tuple(options) if options is not None else None,
        multiple=given(declared.multiple),
        min=given(declared.min_),
        max=given(declared.max_),
        step=given(declared.step),
        extra=declared.additional_properties,
    )


def _input_value(value: bool | list[str] | str | None) -> InputValue:  # noqa: FBT001  (an input's own type)
    return tuple(value) if isinstance(value, list) else value
