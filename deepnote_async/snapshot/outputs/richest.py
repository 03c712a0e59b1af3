"""The richest form of an output, as the content of a file."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from deepnote_async.errors import SnapshotError
from deepnote_async.snapshot.ansi import strip_ansi
from deepnote_async.snapshot.fields import joined
from deepnote_async.snapshot.outputs import media
from deepnote_async.snapshot.outputs.images import SUFFIXES, decoded
from deepnote_async.snapshot.outputs.output import Output

_VEGA = re.compile(r"application/vnd\.vega(lite)?\.v[0-9.]+\+json")
_TEXTS = {"text/markdown": ".md", "text/latex": ".tex"}


def richest(output: Output, where: str) -> tuple[str, bytes]:
    """Choose the form to save.

    Raises:
        SnapshotError: its data are damaged.

    Returns:
        What the file's name ends in, and its content.
    """
    if output.output_type == "error":
        summary = ": ".join(part for part in (output.ename, output.evalue) if part)
        return ".error.txt", _encoded("\n".join(output.traceback) or summary)
    if output.output_type == "stream":
        return ".stderr.txt" if output.name == "stderr" else ".txt", _encoded(output.text)
    forms = {media_type: value for media_type, value in media.forms(output).items() if value is not None}
    return (
        _image(forms, where)
        or _markup(forms, {"text/html": ".html"})
        or _structured(forms, where)
        or _markup(forms, _TEXTS)
        or _pdf(forms, where)
        or _plain(forms)
        or (".json", _dumped(output.raw, where))
    )


def _image(forms: Mapping[str, object], where: str) -> tuple[str, bytes] | None:
    for media_type in (*SUFFIXES, *(form for form in forms if form.startswith("image/"))):
        if media_type in forms:
            return SUFFIXES.get(media_type, ".bin"), decoded(media_type, forms[media_type], where)
    return None


def _markup(forms: Mapping[str, object], suffixes: Mapping[str, str]) -> tuple[str, bytes] | None:
    """Keep it byte for byte: it is a file's content, and not for a terminal."""
    for media_type, suffix in suffixes.items():
        if media_type in forms:
            return suffix, joined(forms[media_type]).encode("utf-8", "backslashreplace")
    return None


def _structured(forms: Mapping[str, object], where: str) -> tuple[str, bytes] | None:
    kinds = sorted(filter(media.is_json, forms), key=lambda form: (form != media.JSON, not _VEGA.fullmatch(form)))
    if not kinds:
        return None
    vega = _VEGA.fullmatch(kinds[0])
    suffix = ".json" if vega is None else ".vl.json" if vega[1] else ".vega.json"
    return suffix, _dumped(forms[kinds[0]], where)


def _pdf(forms: Mapping[str, object], where: str) -> tuple[str, bytes] | None:
    pdf = forms.get("application/pdf")
    return None if pdf is None else (".pdf", decoded("application/pdf", pdf, where))


def _plain(forms: Mapping[str, object]) -> tuple[str, bytes] | None:
    for media_type in ("text/plain", *forms):
        if media_type in forms and media_type.startswith("text/"):
            return ".csv" if media_type == "text/csv" else ".txt", _encoded(joined(forms[media_type]))
    return None


def _encoded(text: str) -> bytes:
    return strip_ansi(text).encode("utf-8", "backslashreplace")


def _dumped(value: object, where: str) -> bytes:
    try:
        try:
            text = json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False)
        except ValueError:
            text = json.dumps(_without_nan(value), ensure_ascii=False, indent=2, allow_nan=False)
    except (ValueError, TypeError, RecursionError) as error:
        raise SnapshotError(f"{where} cannot be written as JSON: {error}") from None
    # A lone half of a surrogate pair becomes the escape that JSON has for it.
    return f"{text}\n".encode("utf-8", "backslashreplace")


def _without_nan(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key) if isinstance(key, float) else key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
