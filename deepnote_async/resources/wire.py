"""From the generated models to the public records. No Unset gets past this module."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, TypeVar

from deepnote_async.models import (
    InputValue,
    Me,
    Notebook,
    NotebookBlock,
    NotebookInput,
    Run,
    RunStatus,
    Workspace,
)
from deepnote_async_api import models as wire
from deepnote_async_api.types import Unset

T = TypeVar("T")
_SNAPSHOT_FIELDS = ("snapshotContent", "snapshotDownloadUrl", "snapshotBlocks", "snapshot")


def given(value: T | Unset) -> T | None:
    """Turn a field that the service left out into None."""
    return None if isinstance(value, Unset) else value


def normalised_run(body: dict[str, Any]) -> dict[str, Any]:
    """Bring, in place, the shapes of a run that servers are known to send into the one that the contract describes.

    `{run: {...}}` or the bare run; `runId` or `id`; `completedAt` or `finishedAt`; an error as text or as an object
    with a message; the snapshot flat or in an object of its own.
    """
    changed: dict[str, Any] = body["run"] if isinstance(body.get("run"), dict) else body
    for name, other in (("runId", "id"), ("completedAt", "finishedAt")):
        if changed.get(name) is None and changed.get(other) is not None:
            changed[name] = changed.pop(other)
    if isinstance(changed.get("error"), Mapping):
        changed["error"] = str(changed["error"].get("message") or changed["error"])
    nested = changed.pop("snapshot", None)
    if isinstance(nested, Mapping):
        changed.setdefault("snapshotContent", nested.get("snapshotContent"))
        changed.setdefault("snapshotDownloadUrl", nested.get("snapshotDownloadUrl", nested.get("downloadUrl")))
    for name in ("createdAt", "notebookId", "snapshotStatus", "projectId"):
        if changed.get(name, "") is None:
            del changed[name]
    return changed


def run_record(run: wire.Run) -> Run:
    """Wrap a run."""
    completed = given(run.completed_at)
    return Run(
        run_id=run.run_id,
        status=RunStatus(run.status.value),
        notebook_id=given(run.notebook_id),
        created_at=given(run.created_at),
        completed_at=completed if isinstance(completed, dt.datetime) else None,
        error=given(run.error),
        snapshot_status=str(status) if (status := given(run.snapshot_status)) else None,
        view_url=given(run.view_url),
        extra=run.additional_properties,
    )


def notebook_record(notebook: wire.NotebookDetail) -> Notebook:
    """Wrap a notebook with its blocks and inputs."""
    updated = given(notebook.updated_at)
    return Notebook(
        id=notebook.id,
        name=notebook.name,
        project_id=given(notebook.project_id),
        created_at=given(notebook.created_at),
        updated_at=updated if isinstance(updated, dt.datetime) else None,
        is_init=given(notebook.is_init),
        blocks=tuple(_block_record(block) for block in given(notebook.blocks) or ()),
        inputs=tuple(_input_record(item) for item in given(notebook.inputs) or ()),
        extra=notebook.additional_properties,
    )


def me_record(me: wire.Me) -> Me:
    """Wrap the owner of a token."""
    workspace = me.workspace
    return Me(
        access_level=me.access_level.value,
        workspace=Workspace(
            id=workspace.id,
            name=given(workspace.name),
            slug=given(workspace.slug),
            extra=workspace.additional_properties,
        ),
        user=me.user.additional_properties,
        api_key=me.api_key.additional_properties,
        extra=me.additional_properties,
    )


def _block_record(block: wire.NotebookBlock) -> NotebookBlock:
    return NotebookBlock(id=block.id, type=block.type_, content=given(block.content), extra=block.additional_properties)


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
