"""The forms that a value comes in."""

from __future__ import annotations

import re

from deepnote_async.snapshot.outputs.output import Output

JSON = "application/json"
DATAFRAME = "application/vnd.deepnote.dataframe.v3+json"
SVG = "image/svg+xml"

# What Deepnote notes about a query or a call; widgets, whose value stands elsewhere; and what loads and starts the
# scripts of a chart.
_NO_RESULT = re.compile(
    r"application/vnd\.(?:deepnote\..*-metadata|jupyter\.widget-(?:view|state)|(?:bokehjs|holoviews)_(?:exec|load)\.v0)\+json"
)


def forms(output: Output) -> dict[str, object]:
    """Give the forms of a value by media type, in lower case and without parameters."""
    found: dict[str, object] = {}
    for key, value in output.data.items():
        if isinstance(key, str):
            found.setdefault(key.partition(";")[0].strip().lower(), value)
    return found


def is_json(media_type: str) -> bool:
    """Whether a form is a structured result of the notebook."""
    return media_type == JSON or (media_type.endswith("+json") and _NO_RESULT.fullmatch(media_type) is None)
