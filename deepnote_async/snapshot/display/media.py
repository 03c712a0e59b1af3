"""Outputs that are more than text: images in `data:` addresses, and HTML shut in a frame."""

from __future__ import annotations

import base64
import re

from deepnote_async.snapshot.display.markup import escaped, note, size_text
from deepnote_async.snapshot.display.style import FRAME_STYLE
from deepnote_async.snapshot.fields import joined

IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml")

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"
_HEAD = (
    '<!DOCTYPE html><meta charset="utf-8">'
    f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    '<meta http-equiv="x-dns-prefetch-control" content="off">'
    f"<style>{FRAME_STYLE}</style>"
)
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}\Z")
_REACHING_OUT = re.compile(r"<(?=(?:link|meta|base|i?frame|frameset|object|embed)\b)", re.IGNORECASE)
_TALL = re.compile(r"<(?:img|svg|canvas|video|iframe)\b", re.IGNORECASE)
_ROW = re.compile(r"<(?:tr|p|li|br|h[1-6]|pre)\b", re.IGNORECASE)
_SCRIPT = re.compile(r"<script\b", re.IGNORECASE)
_ROW_PIXELS, _LOWEST, _HIGHEST = 25, 60, 420


def image(media_type: str, value: object, limit: int) -> str | None:
    """Show an image; None if it is none, or too large.

    A script in an SVG does not run where it stands in an <img>, nor does anything that it refers to get loaded.
    """
    text = joined(value)
    if not text or len(text) > limit:
        return None
    if media_type == "image/svg+xml":
        data = base64.b64encode(text.encode("utf-8", "replace")).decode()
    else:
        data = "".join(text.split())
        if not _BASE64.match(data):
            return None
    return f'<img alt="{media_type}" src="data:{media_type};base64,{data}">'


def frame(value: object, limit: int) -> str | None:
    """Show HTML in a frame where no script runs, and from which nothing is asked of the network; None if too large.

    The frame's sandbox allows nothing, and its policy loads nothing but `data:` images. Elements for which browsers
    connect to a host all the same, though they then ask nothing of it (<link rel=preconnect>, a frame in the frame),
    or that go elsewhere, lose their meaning.
    """
    text = joined(value)
    if not text or len(text) > limit:
        return None
    harmless = _REACHING_OUT.sub("<x-", text)
    shown = f'<iframe sandbox="" title="HTML output" height="{_height(text)}" srcdoc="{escaped(_HEAD + harmless)}">'
    return f"{shown}</iframe>" + (note("Scripts in this HTML are not run.") if _SCRIPT.search(text) else "")


def too_large(media_type: str, value: object, limit: int) -> str | None:
    """Say that a form of a value is too large to be shown; None if that is not the reason."""
    size = len(joined(value))
    return note(f"{media_type} of {size_text(size)} is not shown.") if size > limit else None


def _height(text: str) -> int:
    """Guess how high HTML will be: a frame that may run no script cannot tell."""
    if _TALL.search(text):
        return _HIGHEST
    rows = sum(1 for _ in _ROW.finditer(text))
    return min(max(rows * _ROW_PIXELS + 30, _LOWEST), _HIGHEST)
