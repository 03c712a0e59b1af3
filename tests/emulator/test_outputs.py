"""From kernel messages to outputs."""

from __future__ import annotations

from typing import Any

import pytest

from deepnote_emulator.execution.outputs import OUTPUT_COST, OUTPUT_LIMIT, OutputCollector


def collect(*messages: tuple[str, dict[str, Any]], limit: int = OUTPUT_LIMIT) -> list[dict[str, Any]]:
    outputs: list[dict[str, Any]] = []
    collector = OutputCollector(outputs, limit)
    for kind, content in messages:
        collector.take(kind, content)
    collector.finish()
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


def told(outputs: list[dict[str, Any]]) -> list[str]:
    """Give the texts of streams, values and errors; a notice of a cut as CUT."""
    texts = [output.get("text") or output.get("evalue") or output["data"]["text/plain"] for output in outputs]
    return ["CUT" if text.startswith("The emulator cut the outputs here") else text for text in texts]


def error(text: str, lines: int = 1) -> tuple[str, dict[str, Any]]:
    return "error", {"ename": "E", "evalue": text, "traceback": [text] * lines}


LIMIT = 2 * OUTPUT_COST


def test_a_stream_is_cut_at_the_limit_and_what_follows_is_dropped() -> None:
    room = LIMIT - OUTPUT_COST
    outputs = collect(
        stream("a" * (room - 1)), stream("bcd"), stream("e"), stream("!", "stderr"), display("f"), limit=LIMIT
    )
    assert told(outputs) == ["a" * (room - 1) + "b", "CUT"]
    assert outputs[1]["name"] == "stderr"


def test_text_is_measured_and_cut_as_utf_8() -> None:
    outputs = collect(stream("é" * LIMIT), limit=LIMIT + 1)
    assert told(outputs) == ["é" * ((LIMIT + 1 - OUTPUT_COST) // 2), "CUT"]


def test_what_fits_exactly_is_not_cut() -> None:
    assert told(collect(stream("a" * (LIMIT - OUTPUT_COST)), limit=LIMIT)) == ["a" * (LIMIT - OUTPUT_COST)]


def test_a_value_that_does_not_fit_is_left_out() -> None:
    assert told(collect(stream("a"), display("v" * LIMIT), limit=LIMIT)) == ["a", "CUT"]
    assert told(collect(*[display("")] * 100, limit=10 * OUTPUT_COST))[-1] == "CUT"  # many small ones take room too


def test_an_error_is_told_where_there_is_no_room_any_more() -> None:
    outputs = collect(stream("a" * LIMIT), error("first"), error("second"), limit=LIMIT)
    assert told(outputs)[-2:] == ["CUT", "second"]


def test_a_long_error_is_shortened() -> None:
    (output,) = collect(error("e" * 300_000, lines=300))
    assert output["evalue"] == "e" * 200_000 + "..."
    assert len(output["traceback"]) == 101
    assert len(str(output)) < 1_300_000


def test_clearing_makes_room() -> None:
    clear = ("clear_output", {"wait": True})
    frames = [message for number in range(100) for message in (clear, display(f"{number}" * 50))]
    assert told(collect(*frames, limit=LIMIT)) == ["99" * 50]
    assert told(collect(stream("a" * LIMIT), clear, stream("b"), limit=LIMIT)) == ["b"]


def test_an_update_counts_by_how_much_it_grows() -> None:
    def update(text: str) -> tuple[str, dict[str, Any]]:
        return "update_display_data", {"data": {"text/plain": text}, "metadata": {}, "transient": {"display_id": "d"}}

    updates = [update(f"{number:03}") for number in range(1000)]
    assert told(collect(display("0", display_id="d"), *updates, limit=LIMIT)) == ["999"]
    assert told(collect(display("0", display_id="d"), update("u" * LIMIT), limit=LIMIT)) == ["0", "CUT"]


@pytest.mark.parametrize("size", [1, 1000, 70_000])
def test_many_pieces_are_joined_in_order(size: int) -> None:
    pieces = [chr(97 + number % 26) * size for number in range(60)]
    (output,) = collect(*map(stream, pieces))
    assert output["text"] == "".join(pieces)
