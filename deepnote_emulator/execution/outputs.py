"""From the kernel's messages to the outputs of a block, by the rules of nbformat 4, as many as there is room for.

https://jupyter-client.readthedocs.io/en/stable/messaging.html#messages-on-the-iopub-pub-sub-channel
"""

from __future__ import annotations

from typing import Any

JsonObject = dict[str, Any]

OUTPUT_LIMIT = 10 << 20
"""How much one block may put out when nothing else is said, in bytes."""
OUTPUT_COST = 256
"""What every output counts beside its content: many empty ones take room too."""
MAX_EVALUE = 200_000
MAX_TRACEBACK_LINE = 10_000
MAX_TRACEBACK_LINES = 100
_JOIN_FROM = 1 << 16


class OutputCollector:
    """Collects the outputs of one execution: joins streams, clears when told to, updates displays in place.

    What is beyond the limit is dropped, and a last output on stderr says so. An error is always told, however long its
    text is shortened.

    Args:
        outputs: where to put them.
        limit: how much they may be together, in bytes of UTF-8.
    """

    def __init__(self, outputs: list[JsonObject], limit: int = OUTPUT_LIMIT) -> None:
        self._outputs = outputs
        self._limit = limit
        self._displays: dict[str, list[JsonObject]] = {}
        self._clear_before_next = False
        self._size = 0
        self._is_cut = False
        self._pieces: list[str] = []
        self._pieces_size = 0

    def take(self, kind: str, content: JsonObject) -> None:
        """Take the content of one message; kinds that are no output are passed over."""
        match kind:
            case "stream":
                self._clear_if_asked()
                self._stream(str(content["name"]), str(content["text"]))
            case "display_data" | "execute_result":
                self._clear_if_asked()
                self._value(kind, content)
            case "update_display_data":
                self._update(content)
            case "error":
                self._clear_if_asked()
                lines = [str(line) for line in content["traceback"]]
                self._tell(_error(str(content["ename"]), str(content["evalue"]), lines))
            case "clear_output":
                self._clear_before_next = True
                if not content.get("wait"):
                    self._clear_if_asked()
            case _:
                pass

    def finish(self) -> None:
        """Put the last pieces of a stream into its output."""
        if self._pieces:
            last = self._outputs[-1]
            last["text"] = "".join((last["text"], *self._pieces))
            self._pieces, self._pieces_size = [], 0

    def _stream(self, name: str, text: str) -> None:
        last = self._outputs[-1] if self._outputs else {}
        joins = last.get("output_type") == "stream" and last.get("name") == name
        if not text or self._is_cut:
            return
        size = _size(text)
        self._size += 0 if joins else OUTPUT_COST
        room = max(0, self._limit - self._size)
        fitting = text if size <= room else text.encode(errors="replace")[:room].decode(errors="ignore")
        self._size += min(size, room)
        if fitting and joins:
            self._pieces.append(fitting)
            self._pieces_size += len(fitting)
            if self._pieces_size > max(
                _JOIN_FROM, len(last["text"])
            ):  # each time twice as long: no piece is copied often
                self.finish()
        elif fitting:
            self._append({"name": name, "output_type": "stream", "text": fitting})
        if size > room:
            self._cut()

    def _value(self, kind: str, content: JsonObject) -> None:
        output: JsonObject = {"data": content["data"], "metadata": content.get("metadata", {}), "output_type": kind}
        if kind == "execute_result":
            output["execution_count"] = content.get("execution_count")
        if self._fits(_size([output["data"], output["metadata"]]) + OUTPUT_COST):
            self._append(output)
            if (display := content.get("transient", {}).get("display_id")) is not None:
                self._displays.setdefault(str(display), []).append(output)

    def _update(self, content: JsonObject) -> None:
        changed = {"data": content["data"], "metadata": content.get("metadata", {})}
        for output in self._displays.get(str(content.get("transient", {}).get("display_id")), []):
            if self._fits(_size([*changed.values()]) - _size([output["data"], output["metadata"]])):
                output.update(changed)

    def _fits(self, size: int) -> bool:
        """Count what is to be put out, if there is room for it."""
        if self._is_cut:
            return False
        if self._size + size > self._limit:
            self._cut()
            return False
        self._size += size
        return True

    def _tell(self, error: JsonObject) -> None:
        """Put out an error; where there is no room any more, the last one takes the place of those before."""
        if not self._fits(_size(error["traceback"])) and self._outputs[-1]["output_type"] == "error":
            self._outputs.pop()
        self._append(error)

    def _append(self, output: JsonObject) -> None:
        self.finish()
        self._outputs.append(output)

    def _cut(self) -> None:
        self._is_cut = True
        text = f"The emulator cut the outputs here: together they are larger than {self._limit:,} bytes.\n"
        self._append({"name": "stderr", "output_type": "stream", "text": text})

    def _clear_if_asked(self) -> None:
        if self._clear_before_next:
            self._outputs.clear()
            self._displays.clear()
            self._pieces, self._pieces_size = [], 0
            self._size, self._is_cut = 0, False
            self._clear_before_next = False


def error_output(name: str, message: str) -> JsonObject:
    """Make the output of an error that no kernel told of."""
    return _error(name, message, [f"{name}: {message}"])


def _error(name: str, message: str, traceback: list[str]) -> JsonObject:
    """Make the output of an error, with texts of a bearable length; of a long traceback the ends are kept."""
    if len(traceback) > MAX_TRACEBACK_LINES:
        half = MAX_TRACEBACK_LINES // 2
        traceback = [*traceback[:half], "...", *traceback[-half:]]
    return {
        "ename": _shortened(name, MAX_TRACEBACK_LINE),
        "evalue": _shortened(message, MAX_EVALUE),
        "output_type": "error",
        "traceback": [_shortened(line, MAX_TRACEBACK_LINE) for line in traceback],
    }


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}..."


def _size(value: object) -> int:
    """Measure a value in bytes; what is no text counts little."""
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode(errors="replace"))
    if isinstance(value, dict):
        return sum(_size(key) + _size(part) for key, part in value.items())
    if isinstance(value, list):
        return len(value) + sum(map(_size, value))
    return 8
