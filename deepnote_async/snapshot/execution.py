"""What a snapshot says of the execution as a whole, and of where it took place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Self

from attrs import field, frozen

from deepnote_async.snapshot.fields import (
    count_or_none,
    mapping,
    moment_or_none,
    number_or_none,
    text,
    text_or_none,
    texts,
)


@frozen(kw_only=True)
class ExecutionSummary:
    """How many blocks were executed, and with what success.

    Attributes:
        executed: blocks that were executed.
        succeeded: those that ended well.
        failed: those that did not.
        duration: seconds the execution took.
    """

    executed: int | None = None
    succeeded: int | None = None
    failed: int | None = None
    duration: float | None = None

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Read a summary; what is no number is left out."""
        milliseconds = number_or_none(raw.get("totalDurationMs"))
        return cls(
            executed=count_or_none(raw.get("blocksExecuted")),
            succeeded=count_or_none(raw.get("blocksSucceeded")),
            failed=count_or_none(raw.get("blocksFailed")),
            duration=None if milliseconds is None else milliseconds / 1000,
        )


@frozen(kw_only=True)
class ExecutionFailure:
    """Why the execution as a whole failed.

    Attributes:
        name: class name of the exception, where it was one.
        message: its message, or the reason in words.
        traceback: lines of its traceback.
    """

    name: str | None = None
    message: str | None = None
    traceback: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Read the reason of a failure."""
        return cls(
            name=text_or_none(raw.get("name")),
            message=text_or_none(raw.get("message")),
            traceback=texts(raw.get("traceback")),
        )


@frozen(kw_only=True)
class Execution:
    """The execution that a snapshot was taken of.

    Attributes:
        started_at: when it began, by the service's clock.
        finished_at: when it ended.
        triggered_by: "user", "schedule", "api", "ci" or whatever else the document says.
        inputs: the values it was started with, by input.
        summary: how many blocks were executed; None if the document does not say.
        error: why it failed; None if it did not, or the document does not say.
        raw: the section as the document holds it.
    """

    started_at: dt.datetime | None = None
    finished_at: dt.datetime | None = None
    triggered_by: str | None = None
    inputs: Mapping[str, Any] = field(factory=dict)
    summary: ExecutionSummary | None = None
    error: ExecutionFailure | None = None
    raw: Mapping[str, Any] = field(factory=dict, repr=False)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Read the section `execution`."""
        summary, error = raw.get("summary"), raw.get("error")
        return cls(
            started_at=moment_or_none(raw.get("startedAt")),
            finished_at=moment_or_none(raw.get("finishedAt")),
            triggered_by=text_or_none(raw.get("triggeredBy")),
            inputs=mapping(raw.get("inputs")),
            summary=ExecutionSummary.from_dict(summary) if isinstance(summary, Mapping) else None,
            error=ExecutionFailure.from_dict(error) if isinstance(error, Mapping) else None,
            raw=raw,
        )


@frozen(kw_only=True)
class Environment:
    """Where the notebook ran.

    Attributes:
        platform: operating system and processor.
        python_version: version of Python.
        python_environment: "uv", "conda", "venv", "poetry", "system" or whatever else the document says.
        packages: version by package.
        custom_image: the image of the machine, where it was one of the user's own.
        hash: what tells environments apart.
        raw: the section as the document holds it.
    """

    platform: str | None = None
    python_version: str | None = None
    python_environment: str | None = None
    packages: Mapping[str, str] = field(factory=dict, repr=False)
    custom_image: str | None = None
    hash: str | None = field(default=None, repr=False)
    raw: Mapping[str, Any] = field(factory=dict, repr=False)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Read the section `environment`."""
        python = mapping(raw.get("python"))
        return cls(
            platform=text_or_none(raw.get("platform")),
            python_version=text_or_none(python.get("version")),
            python_environment=text_or_none(python.get("environment")),
            packages={text(name): text(version) for name, version in mapping(raw.get("packages")).items()},
            custom_image=text_or_none(raw.get("customImage")),
            hash=text_or_none(raw.get("hash")),
            raw=raw,
        )
