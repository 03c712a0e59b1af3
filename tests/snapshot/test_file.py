"""A document as a whole: what its parts say, and reading and writing files."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path
from typing import Any

import pytest

from deepnote_async import SnapshotError
from deepnote_async.snapshot import Block, ExecutionFailure, Integration, Snapshot, yaml12

TEXT = """\
version: 1.0.0
later: {kept: yes}
metadata: {createdAt: 2026-01-01T00:00:00.000Z, exportedAt: nonsense, snapshotHash: sha256:ab}
environment:
  platform: linux-x64
  python: {environment: uv, version: "3.12"}
  packages: {pandas: 2.2.3, odd: 1.0}
execution:
  startedAt: 2026-01-01T10:00:00Z
  finishedAt: 2026-01-01T10:00:01.500Z
  triggeredBy: api
  inputs: {region: EU, n: "5"}
  summary: {blocksExecuted: 3, blocksSucceeded: 2, blocksFailed: 1, totalDurationMs: 1500}
  error: {name: ValueError, message: bad region, traceback: [one, two]}
project:
  id: p
  name: Sales
  initNotebookId: i
  integrations: [{id: db, name: Warehouse, type: pgsql, later: 1}]
  settings: {requirements: [pandas]}
  notebooks:
    - {id: i, name: Init, blocks: [], isModule: true}
    - id: n
      name: Report
      executionMode: downstream
      workingDirectory: work
      blocks:
        - {id: b2, type: hologram, sortingKey: z, later: {on: off}}
        - {id: b1, type: input-slider, sortingKey: a, version: 2, contentHash: 3f2a19bc, blockGroup: g,
           metadata: {deepnote_variable_name: n, deepnote_variable_value: "5"}, outputs: []}
        - {id: b3, type: code, content: "x\\ny", executionCount: 1, executionStartedAt: 2026-01-01T10:00:00Z,
           executionFinishedAt: 2026-01-01T10:00:00.250Z}
        - {id: b4, type: sql, metadata: {execution_start: 1767261600000, execution_millis: 40}}
"""


@pytest.fixture
def snapshot() -> Snapshot:
    return Snapshot.parse(TEXT)


def moment(second: int, microsecond: int = 0) -> dt.datetime:
    return dt.datetime(2026, 1, 1, 10, 0, second, microsecond, tzinfo=dt.UTC)


def test_the_execution(snapshot: Snapshot) -> None:
    execution = snapshot.execution
    assert execution is not None
    assert execution.summary is not None
    assert (execution.started_at, execution.finished_at) == (moment(0), moment(1, 500_000))
    assert (execution.triggered_by, execution.inputs) == ("api", {"region": "EU", "n": "5"})
    summary = execution.summary
    assert (summary.executed, summary.succeeded, summary.failed, summary.duration) == (3, 2, 1, 1.5)
    assert execution.error == ExecutionFailure(name="ValueError", message="bad region", traceback=("one", "two"))


def test_the_environment(snapshot: Snapshot) -> None:
    environment = snapshot.environment
    assert environment is not None
    assert (environment.platform, environment.python_version, environment.python_environment) == (
        "linux-x64", "3.12", "uv",
    )  # fmt: skip
    assert environment.packages == {"pandas": "2.2.3", "odd": "1.0"}
    assert (environment.custom_image, environment.hash) == (None, None)


def test_the_project(snapshot: Snapshot) -> None:
    assert (snapshot.version, snapshot.project.id, snapshot.project.name) == ("1.0.0", "p", "Sales")
    assert snapshot.metadata.created_at == dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    assert (snapshot.metadata.exported_at, snapshot.metadata.snapshot_hash) == (None, "sha256:ab")
    assert snapshot.project.settings == {"requirements": ["pandas"]}
    raw = {"id": "db", "name": "Warehouse", "type": "pgsql", "later": 1}
    assert snapshot.project.integrations == (Integration(id="db", name="Warehouse", type="pgsql", raw=raw),)
    assert snapshot.project.notebooks is snapshot.notebooks
    assert snapshot.init_notebook is snapshot.notebooks[0]
    init, report = snapshot.notebooks
    assert (init.is_module, init.execution_mode, init.working_directory) == (True, None, None)
    assert (report.is_module, report.execution_mode, report.working_directory) == (False, "downstream", "work")
    assert [block.id for block in report.inputs] == ["b1"]
    assert report.block("b3") is report.blocks[2]
    assert report.block("zzz") is None


def test_the_blocks_stand_in_the_order_of_the_document(snapshot: Snapshot) -> None:
    unknown, slider, code, sql = snapshot.notebooks[1].blocks
    assert [block.id for block in (unknown, slider, code, sql)] == ["b2", "b1", "b3", "b4"]
    assert (unknown.type, unknown.is_executable, unknown.raw["later"]) == ("hologram", False, {"on": "off"})
    assert (slider.variable_name, slider.value, slider.is_input, slider.is_executable) == ("n", "5", True, True)
    assert (slider.version, slider.content_hash, slider.block_group, slider.sorting_key) == (2, "3f2a19bc", "g", "a")
    assert (code.content, code.value, code.variable_name, code.is_input) == ("x\ny", None, None, False)
    assert (code.started_at, code.finished_at, code.duration) == (moment(0), moment(0, 250_000), 0.25)
    assert (sql.started_at, sql.finished_at, sql.duration) == (moment(0), moment(0, 40_000), 0.04)
    assert (slider.started_at, slider.finished_at, slider.duration) == (None, None, None)


@pytest.mark.parametrize("start", [1e300, float("nan"), float("inf"), True, "now"])
def test_a_moment_that_is_none_is_left_out(start: Any) -> None:
    block = Block.from_dict({"metadata": {"execution_start": start, "execution_millis": start}}, 0)
    assert (block.started_at, block.finished_at) == (None, None)


def test_a_project_that_did_not_run_has_no_execution() -> None:
    snapshot = Snapshot.parse("project: {notebooks: []}")
    assert (snapshot.execution, snapshot.environment, snapshot.metadata.created_at) == (None, None, None)


@pytest.mark.parametrize("text", ["", "a", "[]", "{}", "project: []", "project: {}", "project: {notebooks: abc}"])
def test_what_is_no_snapshot(text: str) -> None:
    with pytest.raises(SnapshotError, match=r"no project\.notebooks"):
        Snapshot.parse(text)


def test_it_is_written_and_read_back(snapshot: Snapshot, tmp_path: Path) -> None:
    path = tmp_path / "a.snapshot.deepnote"
    snapshot.write(path)
    assert Snapshot.read(path) == snapshot
    assert json.dumps(Snapshot.read(str(path)).to_dict()) == json.dumps(snapshot.raw)  # the same order as well
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_there_stays_when_writing_fails(
    snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.deepnote"
    path.write_text("before")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            snapshot.write(path)
    with pytest.raises(SnapshotError, match="type object"):
        Snapshot(notebooks=(), raw={"project": object()}, project=snapshot.project).write(path)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("a.deepnote", "before")]


def test_whoever_reads_the_file_that_is_replaced_reads_it_to_its_end(snapshot: Snapshot, tmp_path: Path) -> None:
    path = tmp_path / "a.deepnote"
    path.write_text("before")
    with path.open() as reader:
        snapshot.write(path)
        assert reader.read() == "before"
    assert Snapshot.read(path) == snapshot


def test_what_is_taken_and_given_is_a_copy(snapshot: Snapshot) -> None:
    document = snapshot.to_dict()
    again = Snapshot.from_dict(document)
    document["project"]["notebooks"].clear()
    assert len(again.notebooks) == len(snapshot.to_dict()["project"]["notebooks"]) == 2


def nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (dt.date(2026, 1, 1), "of type date"),
        (b"", "of type bytes"),
        ({1, 2}, "of type set"),
        ("\ud800", "not Unicode"),
        ({"\udfff": 1}, "not Unicode"),
        (nested(100), "deeper"),
        ([10**5000], "digits"),
        ({(1, 2): 3}, "of type tuple"),
        ({float("nan"): 1, float("inf") - float("inf"): 2}, "two keys"),
    ],
)
def test_what_a_document_cannot_hold(value: Any, reason: str) -> None:
    with pytest.raises(SnapshotError, match=reason):
        Snapshot.from_dict({"project": {"notebooks": [value]}}).to_yaml()


def test_a_document_that_holds_itself_is_refused() -> None:
    document: dict[str, Any] = {"project": {"notebooks": []}}
    document["project"]["notebooks"].append(document)
    with pytest.raises(SnapshotError, match="holds itself"):
        Snapshot.from_dict(document)


def test_tuples_become_lists() -> None:
    assert Snapshot.from_dict({"project": {"notebooks": ["a", ("b",)]}}).to_dict()["project"]["notebooks"] == [
        "a",
        ["b"],
    ]


def test_a_file_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml12, "MAX_CHARACTERS", 100)
    path = tmp_path / "large.deepnote"
    path.write_text("# " + "x" * 1000)
    with pytest.raises(SnapshotError, match="more than 100"):
        Snapshot.read(path)


def test_a_file_with_too_many_parts_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml12, "MAX_PARTS", 100)
    with pytest.raises(SnapshotError, match="more than 100 parts"):
        yaml12.load("a: [" + "[1], " * 60 + "]")


def test_text_that_the_vendors_reader_would_take_for_syntax_is_quoted() -> None:
    traps = ["- *bold*\n- x", "key:\n\n  &word", "a\nb: !important", "<<: x", "x\n<<: y", "*a", "&a", "!a"]
    written = Snapshot.from_dict(
        {"project": {"notebooks": [{"blocks": [{"content": text} for text in traps]}]}}
    ).to_yaml()
    assert "<<:" not in written
    assert not [line for line in written.splitlines() if line.lstrip().removeprefix("- content: ")[:1] in {*"&*!"}]
    assert "|" not in written


def test_every_sample_is_written_and_read_back(samples: Path, tmp_path: Path) -> None:
    paths = [
        path for folder in ("documents", "snapshots", "demo") for path in sorted(samples.glob(f"{folder}/*.deepnote"))
    ]
    assert len(paths) >= 24
    for path in paths:
        snapshot = Snapshot.read(path)
        snapshot.write(tmp_path / path.name)
        again = Snapshot.read(tmp_path / path.name)
        assert again == snapshot, path.name
        assert json.dumps(again.to_dict()) == json.dumps(snapshot.raw), path.name
        expected = json.loads((samples / "expected" / f"{path.name}.json").read_text(encoding="utf-8"))
        assert again.to_dict() == expected, path.name


HUGE = 10**5000


@pytest.mark.parametrize("number", ["9" * 5000, "0x" + "f" * 5000, "0o" + "7" * 9000])
@pytest.mark.parametrize("place", ["project: {{id: {}, notebooks: []}}", "x: {}\nproject: {{id: a, notebooks: []}}"])
def test_a_number_of_too_many_digits_is_refused(number: str, place: str) -> None:
    with pytest.raises(SnapshotError, match="cannot be read: Exceeds the limit"):
        Snapshot.parse(place.format(number))


def test_a_number_that_no_float_holds_is_no_duration() -> None:
    metadata = {"execution_start": HUGE, "execution_millis": HUGE}
    block = {"id": HUGE, "type": "code", "version": HUGE, "executionCount": HUGE, "metadata": metadata}
    snapshot = Snapshot._of(
        {
            "project": {"id": HUGE, "notebooks": [{"id": "n", "blocks": [block]}]},
            "execution": {"summary": {"totalDurationMs": HUGE}},
        }
    )
    read = snapshot.notebooks[0].blocks[0]
    assert (snapshot.project.id, read.id, read.duration, read.started_at, read.finished_at) == (
        "",
        "",
        None,
        None,
        None,
    )
    assert snapshot.execution is not None
    assert snapshot.execution.summary is not None
    assert snapshot.execution.summary.duration is None
