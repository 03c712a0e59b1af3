"""From the kernel's messages to the outputs of a block, by the rules of nbformat 4.

https://jupyter-client.readthedocs.io/en/stable/messaging.html#messages-on-the-iopub-pub-sub-channel
"""

from __future__ import annotations

from typing import Any

JsonObject = dict[str, Any]


class OutputCollector:
    """Collects the outputs of one execution: joins streams, clears when told to, updates displays in place."""

    def __init__(self, outputs: list[JsonObject]) -> None:
        self._outputs = outputs
        self._displays: dict[str, list[JsonObject]] = {}
        self._clear_before_next = False

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
                for output in self._displays.get(str(content.get("transient", {}).get("display_id")), []):
                    output.update(data=content["data"], metadata=content.get("metadata", {}))
            case "error":
                self._clear_if_asked()
                self._outputs.append(
                    {
                        "ename": str(content["ename"]),
                        "evalue": str(content["evalue"]),
                        "output_type": "error",
                        "traceback": [str(line) for line in content["traceback"]],
                    }
                )
            case "clear_output":
                self._clear_before_next = True
                if not content.get("wait"):
                    self._clear_if_asked()
            case _:
                pass

    def _stream(self, name: str, text: str) -> None:
        last = self._outputs[-1] if self._outputs else {}
        if last.get("output_type") == "stream" and last.get("name") == name:
            last["text"] += text
        else:
            self._outputs.append({"name": name, "output_type": "stream", "text": text})

    def _value(self, kind: str, content: JsonObject) -> None:
        output: JsonObject = {"data": content["data"], "metadata": content.get("metadata", {}), "output_type": kind}
        if kind == "execute_result":
            output["execution_count"] = content.get("execution_count")
        self._outputs.append(output)
        if (display := content.get("transient", {}).get("display_id")) is not None:
            self._displays.setdefault(str(display), []).append(output)

    def _clear_if_asked(self) -> None:
        if self._clear_before_next:
            self._outputs.clear()
            self._displays.clear()
            self._clear_before_next = False


def error_output(name: str, message: str) -> JsonObject:
    """Make the output of an error that no kernel told of."""
    return {"ename": name, "evalue": message, "output_type": "error", "traceback": [f"{name}: {message}"]}
