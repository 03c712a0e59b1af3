"""What is read from blocks and outputs, also from odd ones."""

from __future__ import annotations

from typing import Any

import pytest

from deepnote_async.snapshot import Block, Output, Snapshot


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        ({"type": "code"}, "not_reached"),
        ({"type": "code", "executionCount": None}, "not_reached"),
        ({"type": "code", "executionCount": 1}, "succeeded"),
        ({"type": "code", "executionFinishedAt": "2026-01-01T00:00:00Z"}, "succeeded"),
        ({"type": "code", "metadata": {"execution_millis": 0}}, "succeeded"),
        ({"type": "code", "executionStartedAt": "2026-01-01T00:00:00Z"}, "succeeded"),  # of the block alone
        ({"type": "code", "metadata": {"execution_start": 1767225600000}}, "succeeded"),
        ({"type": "code", "executionCount": 1, "outputs": [{"output_type": "error"}]}, "failed"),
        ({"type": "agent", "metadata": {"deepnote_agent_status": "failed"}}, "failed"),
    ],
)
def test_the_status_of_a_block_is_derived(raw: dict[str, Any], status: str) -> None:
    assert Block.from_dict(raw, 0).status == status


def test_a_block_that_only_began_is_not_finished() -> None:
    began = {"executionStartedAt": "2026-01-01T00:00:00Z"}
    assert Block.from_dict(began, 0).is_unfinished
    assert Block.from_dict({"metadata": {"execution_start": 1767225600000}}, 0).is_unfinished
    assert not Block.from_dict(began | {"executionFinishedAt": "2026-01-01T00:00:01Z"}, 0).is_unfinished
    assert not Block.from_dict({"metadata": {"execution_start": 1767225600000, "execution_millis": 5}}, 0).is_unfinished
    assert not Block.from_dict({"executionCount": 1}, 0).is_unfinished


@pytest.mark.parametrize(
    ("kind", "executable"),
    [("code", True), ("input-new-kind", True), ("sql", True), ("markdown", False), ("zzz", False)],
)
def test_which_blocks_run(kind: str, *, executable: bool) -> None:
    assert Block.from_dict({"type": kind}, 0).is_executable is executable


def test_unknown_and_odd_outputs_are_kept() -> None:
    odd = {"output_type": "hologram", "data": "not a mapping", "text": 5, "traceback": None}
    output = Output.from_dict(odd)
    assert (output.output_type, output.text, dict(output.data), output.raw) == ("hologram", "", {}, odd)
    block = Block.from_dict({"id": 7, "outputs": [odd, "nonsense", None], "content": ["a", "b"], "metadata": []}, 3)
    assert (block.id, block.content, len(block.outputs), block.position) == ("7", "ab", 1, 3)


def test_lists_of_lines_are_joined() -> None:
    value = Output.from_dict({"output_type": "execute_result", "data": {"text/plain": ["a\n", "b"]}})
    assert value.text == "a\nb"


def test_aliases_where_text_belongs_are_not_written_out() -> None:
    levels = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"]
    levels += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 5)]
    bomb = "\n".join([*levels, "project: {notebooks: [{id: *a4, name: *a4, blocks: [{id: *a4, content: *a4}]}]}"])
    snapshot = Snapshot.parse(bomb)
    assert (snapshot.notebooks[0].id, snapshot.notebooks[0].blocks[0].content) == ("", "")
