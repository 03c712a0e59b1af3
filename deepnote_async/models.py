"""The public records: what the service says, with Python's names and types.

Attribute names are the API's in snake_case. A field the service sent that no attribute has room for is kept, under the
API's own name, in `extra`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Self, TypeAlias

from attrs import field, frozen

JsonObject: TypeAlias = Mapping[str, Any]
InputValue: TypeAlias = str | bool | tuple[str, ...] | None


class RunStatus(StrEnum):
    """Where a run stands; equal to its plain string. An unlisted status becomes a member that keeps its text.

    https://deepnote.com/docs/api-reference/runs
    """

    PENDING = "pending"
    RUNNING = "running"
    SUCCESS = "success"
    ERROR = "error"
    INTERNAL_ERROR = "internal_error"
    STOPPED = "stopped"

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = "UNLISTED"
        member._value_ = value
        return member

    def __reduce_ex__(self, _protocol: object) -> tuple[type[Self], tuple[str]]:
        # Early releases of Python 3.11 pickle a member by its name, and an unlisted one has none.
        return type(self), (self.value,)

    @property
    def is_terminal(self) -> bool:
        """Whether the run has ended. An unlisted status counts as not ended."""
        return self == RunStatus.SUCCESS or self.is_failed

    @property
    def is_failed(self) -> bool:
        """Whether the run has ended otherwise than with success."""
        return self in (RunStatus.ERROR, RunStatus.INTERNAL_ERROR, RunStatus.STOPPED)


@frozen(kw_only=True)
class Run:
    """One execution of a notebook, as it stood when it was read.

    Attributes:
        run_id: id of the run.
        notebook_id: the notebook that runs; None if the service did not say.
        status: where it stands.
        created_at: when the service accepted it; None if the service did not say.
        completed_at: when it ended; None while it has not.
        error: the service's reason for a failure; can be None on real failures.
        snapshot_status: "pending", "available" or "unavailable"; None from servers that do not say.
        view_url: address of the run in the browser, where the service gives one.
        extra: fields of the answer that have no attribute, under their API names.
    """

    run_id: str
    status: RunStatus
    notebook_id: str | None = None
    created_at: datetime | None = None
    completed_at: datetime | None = None
    error: str | None = None
    snapshot_status: str | None = None
    view_url: str | None = None
    extra: JsonObject = field(factory=dict, repr=False)

    @property
    def duration(self) -> float | None:
        """Seconds from acceptance to the end, by the service's clock; None while it has not ended."""
        if self.created_at is None or self.completed_at is None:
            return None
        return (self.completed_at - self.created_at).total_seconds()


@frozen(kw_only=True)
class NotebookBlock:
    """A block of a notebook.

    Attributes:
        type: kind of block, such as "code" or "input-text".
        content: its source; None where it is withheld.
        notebook_id: the notebook it stands in; told by `client.blocks`, as are the attributes after it.
        metadata: its settings.
        integration_id: the connection of an sql block.
        version: counts its changes.
    """

    id: str
    type: str
    content: str | None = field(default=None, repr=False)
    notebook_id: str | None = None
    metadata: JsonObject | None = field(default=None, repr=False)
    integration_id: str | None = None
    version: float | None = None
    extra: JsonObject = field(factory=dict, repr=False)


@frozen(kw_only=True)
class NotebookInput:
    """An input a notebook declares: `name` is the key to use in `inputs`.

    Attributes:
        type: kind of input block, such as "input-text" or "input-slider".
        value: the value saved in the notebook.
        options: what a select offers; None if the service did not say.
        multiple: whether a select takes several; None if the service did not say.
        min: lower bound of a slider; None if the service did not say.
        max: upper bound of a slider.
        step: step of a slider.
    """

    name: str
    type: str
    value: InputValue = None
    block_id: str | None = None
    label: str | None = None
    options: tuple[str, ...] | None = None
    multiple: bool | None = None
    min: float | None = None
    max: float | None = None
    step: float | None = None
    extra: JsonObject = field(factory=dict, repr=False)


@frozen(kw_only=True)
class Notebook:
    """A notebook with its blocks in document order and the inputs it declares."""

    id: str
    name: str
    project_id: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    is_init: bool | None = None
    blocks: tuple[NotebookBlock, ...] = field(default=(), repr=False)
    inputs: tuple[NotebookInput, ...] = ()
    extra: JsonObject = field(factory=dict, repr=False)


@frozen(kw_only=True)
class Workspace:
    """The workspace a token belongs to."""

    id: str
    name: str | None = None
    slug: str | None = None
    extra: JsonObject = field(factory=dict, repr=False)


@frozen(kw_only=True)
class Me:
    """Whose token this is.

    Attributes:
        access_level: "guest", "restricted_user", "viewer", "editor" or "admin"; the list may grow.
        user: what the service tells of the key's owner; its members are not documented.
        api_key: what the service tells of the key; its members are not documented.
    """

    access_level: str
    workspace: Workspace
    user: JsonObject = field(factory=dict, repr=False)
    api_key: JsonObject = field(factory=dict, repr=False)
    extra: JsonObject = field(factory=dict, repr=False)


@frozen(kw_only=True)
class Schedule:
    """When a notebook runs by itself: a cron expression of five fields in an IANA time zone."""

    notebook_id: str
    cron: str
    timezone: str
    next_run_at: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    extra: JsonObject = field(factory=dict, repr=False)


@frozen(kw_only=True)
class ProjectNotebook:
    """A notebook as a project lists it."""

    id: str
    name: str
    created_at: datetime | None = None
    is_init: bool | None = None
    is_scheduled: bool | None = None
    last_run_at: datetime | None = None
    extra: JsonObject = field(factory=dict, repr=False)


@frozen(kw_only=True)
class ProjectFile:
    """A file in the storage of a project: its path there, its size in bytes and when it changed."""

    path: str
    size: int | None = None
    updated_at: datetime | None = None
    extra: JsonObject = field(factory=dict, repr=False)


@frozen(kw_only=True)
class Folder:
    """A folder of projects."""

    id: str
    name: str
    extra: JsonObject = field(factory=dict, repr=False)


@frozen(kw_only=True)
class Project:
    """A project and the notebooks it holds.

    Attributes:
        project_type: "standard", "notebook" or "agent"; the list may grow. The last two take no further notebooks.
        folder: where it lies; None at the root of the workspace, or if the service only told `folder_id`.
        files: its files, where they were asked for: `projects.get` tells them, `projects.list` does not.
    """

    id: str
    name: str
    project_type: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    folder: Folder | None = None
    folder_id: str | None = None
    notebooks: tuple[ProjectNotebook, ...] = field(default=(), repr=False)
    files: tuple[ProjectFile, ...] = field(default=(), repr=False)
    extra: JsonObject = field(factory=dict, repr=False)


@frozen(kw_only=True)
class ImportedNotebook:
    """What an import did with a notebook: `action` is "created", "overwritten", "restored" or "deleted"."""

    id: str
    action: str
    name: str | None = None


@frozen(kw_only=True)
class ImportResult:
    """What an import did with a project.

    Attributes:
        content_hash: hand it to the next import as `base_content_hash` to notice changes by others.
        modified_at: when the project was changed by it.
    """

    project_id: str
    modified_at: datetime | None = None
    content_hash: str | None = None
    notebooks: tuple[ImportedNotebook, ...] = ()
