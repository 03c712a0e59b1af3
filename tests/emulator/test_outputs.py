"""From kernel messages to outputs."""

from __future__ import annotations

from typing import Any

from deepnote_emulator.execution.outputs import OutputCollector


def collect(*messages: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    outputs: list[dict[str, Any]] = []
    collector = OutputCollector(outputs)
    for kind, content in messages:
        collector.take(kind, content)
    return outputs


def stream(text: str, name: str = "stdout") -> tuple[str, dict[str, Any]]:
    return "stream", {"name": name, "text": text}


def display(text: str, **transient: str) -> tuple[str, dict[str, Any]]:
    return "display_data", {"data": {"text/plain": text}, "metadata": {}, "transient": transient}


def test_streams_of_one_name_are_joined() -> None:
    outputs = collect(stream("a"), stream("b"), stream("!", "stderr"), stream("c"))
    assert [(output["name"], output["text"]) for output in outputs] == [
        ("stdout", "ab"), ("stderr", "!"), ("stdout", "c"),
    ]  # fmt: skip


def test_a_display_is_updated_in_place() -> None:
    update = ("update_display_data", {"data": {"text/plain": "2"}, "metadata": {}, "transient": {"display_id": "d"}})
    unknown = ("update_display_data", {"data": {"text/plain": "9"}, "metadata": {}, "transient": {"display_id": "x"}})
    outputs = collect(display("1", display_id="d"), stream("s"), update, unknown)
    assert outputs[0]["data"] == {"text/plain": "2"}
    assert len(outputs) == 2


def test_outputs_are_cleared_at_once_or_with_the_next() -> None:
    assert collect(stream("a"), ("clear_output", {"wait": False})) == []
    assert len(collect(stream("a"), ("clear_output", {"wait": True}))) == 1
    (output,) = collect(stream("a"), ("clear_output", {"wait": True}), display("b"))
    assert output["data"] == {"text/plain": "b"}


def test_results_and_errors_and_the_rest() -> None:
    result = ("execute_result", {"data": {"text/plain": "4"}, "metadata": {}, "execution_count": 2})
    error = ("error", {"ename": "E", "evalue": "v", "traceback": ["t"]})
    outputs = collect(("execute_input", {"code": "x"}), ("status", {"execution_state": "busy"}), result, error)
    assert outputs == [
        {"data": {"text/plain": "4"}, "execution_count": 2, "metadata": {}, "output_type": "execute_result"},
        {"ename": "E", "evalue": "v", "output_type": "error", "traceback": ["t"]},
    ]
