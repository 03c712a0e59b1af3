"""Text of strangers made harmless for a page, and room for only so much of it."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable

from deepnote_async.snapshot.ansi import strip_ansi

_UNSHOWN = {
    code: "\ufffd" for code in (*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000)) if chr(code) not in "\t\n"
}
_MINUTE, _HOUR = 60, 3600


class Room:
    """How many characters of a page are left.

    Attributes:
        left: characters.
    """

    __slots__ = ("left",)

    def __init__(self, characters: int) -> None:
        self.left = characters

    def take(self, piece: str) -> bool:
        """Take the room that a piece needs; tells whether there was as much."""
        if len(piece) > self.left:
            return False
        self.left -= len(piece)
        return True


def shown(text: str) -> str:
    """Give text as a terminal would leave it: without its sequences, each line as it was written over last."""
    plain = strip_ansi(text).replace("\r\n", "\n")
    if "\r" in plain:
        plain = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in plain.split("\n"))
    return plain.translate(_UNSHOWN)


def escaped(text: str) -> str:
    """Write text for an element or for an attribute in double quotes."""
    return html.escape(text.translate(_UNSHOWN))


def short(text: str, limit: int = 60) -> str:
    """Write text in one line of so many characters at most, for an element."""
    line = " ".join(text[: limit * 2].split())
    return escaped(line if len(line) <= limit and len(text) <= limit * 2 else f"{line[: limit - 1]}…")


def preformatted(text: str, limit: int, *, kind: str = "") -> str:
    """Write text of several lines; where there is more than the limit, its middle is left out, and says so."""
    head, left_out, tail = cut(text, limit)
    body = escaped(shown(head))
    if left_out:
        body += f'\n<span class="dn-note">… {left_out:,} characters are not shown …</span>\n{escaped(shown(tail))}'
    return f'<pre class="dn-text {kind}">{body}</pre>' if kind else f'<pre class="dn-text">{body}</pre>'


def cut(text: str, limit: int) -> tuple[str, int, str]:
    """Split text into its beginning, how many characters stand between, and its end; at ends of lines if they are near.

    Example:
        >>> cut("one two", 4)
        ('on', 3, 'wo')
    """
    if len(text) <= limit:
        return text, 0, ""
    half = limit // 2
    head, tail = text[:half], text[len(text) - half :]
    near = half // 10
    if (end := head.rfind("\n", half - near)) > 0:
        head = head[:end]
    if (start := tail.find("\n", 0, near)) >= 0:
        tail = tail[start + 1 :]
    return head, len(text) - len(head) - len(tail), tail


def note(text: str) -> str:
    """Say what is not shown. The text is escaped."""
    return f'<p class="dn-note">{escaped(text)}</p>'


def json_text(value: object, limit: int) -> str:
    """Write a value as JSON, up to some characters over a limit; aliases could make it longer than the document is."""
    pieces: list[str] = []
    size = 0
    try:
        for piece in _json_pieces(value):
            pieces.append(piece[: limit + 1])
            size += len(piece)
            if size > limit:
                break
    except (TypeError, ValueError, RecursionError):
        pieces.append(" … and a value that cannot be written")
    return "".join(pieces)


def _json_pieces(value: object) -> Iterable[str]:
    return json.JSONEncoder(ensure_ascii=False, indent=1).iterencode(value)


def seconds_text(seconds: float) -> str:
    """Write a duration for people.

    Example:
        >>> seconds_text(0.25), seconds_text(2.5), seconds_text(185), seconds_text(7320)
        ('250 ms', '2.5 s', '3 min 5 s', '2 h 2 min')
    """
    if not 0 <= seconds < float("inf"):
        return ""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < _MINUTE:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    whole = int(seconds)
    if seconds < _HOUR:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // _HOUR:,} h {whole % _HOUR // 60} min"


def size_text(characters: int) -> str:
    """Write a size for people.

    Example:
        >>> size_text(900), size_text(65_312), size_text(3_200_000)
        ('900 characters', '65 kB', '3.2 MB')
    """
    if characters < 1_000:  # noqa: PLR2004
        return f"{characters} characters"
    return f"{characters / 1e3:.0f} kB" if characters < 1e6 else f"{characters / 1e6:.1f} MB"  # noqa: PLR2004
