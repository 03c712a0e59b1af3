"""Write what a run left behind as a `.snapshot.deepnote` document."""

from __future__ import annotations

import copy
import datetime as dt
import hashlib
import platform
from collections.abc import Mapping
from typing import Any

from attrs import Factory, define

from deepnote_emulator.clock import iso
from deepnote_emulator.documents import yaml12
from deepnote_emulator.documents.model import JsonObject, ProjectSource

EXECUTION_FIELDS = ("outputs", "executionCount", "executionStartedAt", "executionFinishedAt")
"""What an execution leaves on a block of a document."""


@define(kw_only=True)
class BlockRecord:
    """What the execution of one block left. Filled while it runs."""

    started_at: dt.datetime
    finished_at: dt.datetime | None = None
    execution_count: int | None = None
    outputs: list[JsonObject] = Factory(list)

    @property
    def failed(self) -> bool:
        """Whether the block raised."""
        return any(output["output_type"] == "error" for output in self.outputs)


def write_snapshot(
    project: ProjectSource,
    records: Mapping[str, BlockRecord],
    *,
    started_at: dt.datetime,
    finished_at: dt.datetime,
    inputs: Mapping[str, Any],
    error: str | None,
) -> str:
    """Give the whole project with the outputs of the blocks that ran, as YAML.

    Args:
        project: the project as it stood when the run was started.
        records: what each executed block left, by block id; stored outputs of other blocks are left out.
        started_at: when the run began.
        finished_at: when it ended.
        inputs: values that the run was started with.
        error: why the run failed, where that is not an exception of a block.
    """
    document = copy.deepcopy(project.to_document())
    for notebook in document["project"]["notebooks"]:
        for block in notebook.get("blocks") or ():
            _fill(block, records.get(str(block["id"])))
    failed = sum(record.failed for record in records.values())
    execution: JsonObject = {
        "finishedAt": iso(finished_at),
        "inputs": dict(inputs),
        "startedAt": iso(started_at),
        "summary": {
            "blocksExecuted": len(records),
            "blocksFailed": failed,
            "blocksSucceeded": len(records) - failed,
            "totalDurationMs": _milliseconds(started_at, finished_at),
        },
        "triggeredBy": "api",
    }
    if reason := _reason(records, error):
        execution["error"] = reason
    document["environment"] = {
        "platform": platform.platform(terse=True),
        "python": {"environment": "venv", "version": platform.python_version()},
    }
    document["execution"] = execution
    document["metadata"] = {**document.get("metadata", {}), "snapshotHash": _hash(document)}
    document["metadata"].setdefault("createdAt", iso(project.created_at))
    document["version"] = str(document.get("version", "1.0.0"))
    return yaml12.dump(document)


def _fill(block: JsonObject, record: BlockRecord | None) -> None:
    for stale in EXECUTION_FIELDS:
        block.pop(stale, None)
    if record is None:
        return
    finished = record.finished_at or record.started_at
    block["executionCount"] = record.execution_count
    block["executionStartedAt"] = iso(record.started_at)
    block["executionFinishedAt"] = iso(finished)
    block["outputs"] = record.outputs
    block["metadata"] = executed(block.get("metadata") or {}, record)


def executed(metadata: JsonObject, record: BlockRecord) -> JsonObject:
    """Give the metadata of a block with when it was executed."""
    return {
        **metadata,
        "execution_millis": _milliseconds(record.started_at, record.finished_at or record.started_at),
        "execution_start": int(record.started_at.timestamp() * 1000),
    }


def _reason(records: Mapping[str, BlockRecord], error: str | None) -> JsonObject | None:
    for record in records.values():
        for output in record.outputs:
            if output["output_type"] == "error":
                return {"name": output["ename"], "message": output["evalue"], "traceback": output["traceback"]}
    return {"message": error} if error else None


def _hash(document: JsonObject) -> str:
    lines = [f"version:{document.get('version')}"]
    for notebook in document["project"]["notebooks"]:
        for block in notebook.get("blocks") or ():
            content = hashlib.sha256(str(block.get("content") or "").encode()).hexdigest()
            lines.append(f"block:{block['id']}:sha256:{content}")
    return "sha256:" + hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _milliseconds(start: dt.datetime, end: dt.datetime) -> int:
    return max(0, round((end - start).total_seconds() * 1000))
