"""What would take too long to be made into a page: some HTML and Markdown costs parsers the square of its length."""

from __future__ import annotations

import re

MOST_CHARACTERS = 1 << 20
"""So much HTML or Markdown is shown as such; long stretches without markup, as images in base64, are not counted."""
MOST_MARKS = 100_000
"""So many tags and character references may there be."""
MOST_LEVELS = 200
"""So deep may HTML be nested."""
MOST_ATTRIBUTES = 500
"""About so many attributes may a tag have, and declarations in its style."""
MOST_LOOKS_AHEAD = 100_000_000
"""What begins in Markdown, each as often as there are characters in which its end is looked for."""

_PLAIN = re.compile(r"[A-Za-z0-9+/=]{1000,}")
_TOKEN = re.compile(r"<!--|-->|<(?P<end>/?)(?P<name>[A-Za-z][^\s/>]*)(?P<rest>[^>]*)>?|<[!?/][^>]*>?")
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
_CELLS = frozenset({"td", "th", "p"})
_ROWS = _CELLS | {"tr"}
_PARTS = _ROWS | {"tbody", "thead", "tfoot"}
_ENDED_BY = {
    "p": frozenset({"p"}), "li": frozenset({"li", "p"}), "option": frozenset({"option"}),
    "dt": frozenset({"dt", "dd", "p"}), "dd": frozenset({"dt", "dd", "p"}),
    "td": _CELLS, "th": _CELLS, "tr": _ROWS, "tbody": _PARTS, "thead": _PARTS, "tfoot": _PARTS,
}  # fmt: skip
"""Elements that need no end tag, and which of them end where one begins."""


def is_laborious_html(html: str) -> bool:
    """Whether HTML is too long, has too many tags or attributes, or is nested too deep."""
    return _length(html) > MOST_CHARACTERS or html.count("<") + html.count("&") > MOST_MARKS or _is_deep(html)


def is_laborious_markdown(text: str) -> bool:
    r"""Whether Markdown is too long, or has too many `\begin{`, links or images, whose ends are looked for."""
    length = _length(text)
    return (
        max(length / MOST_CHARACTERS, text.count("<") / MOST_MARKS) > 1
        or (3 * text.count("\\begin{") + text.count("[")) * length > MOST_LOOKS_AHEAD
    )


def _length(text: str) -> int:
    if len(text) <= MOST_CHARACTERS:
        return len(text)
    return len(text) - sum(len(found[0]) for found in _PLAIN.finditer(text))


def _is_deep(html: str) -> bool:
    """Count levels, rather too many than too few: an end counts only where it is surely one, and in its order."""
    open_names: list[str] = []
    in_comment = False
    for token in _TOKEN.finditer(html):
        if token["name"] is None:
            in_comment = token[0] == "<!--" or (in_comment and token[0] != "-->")
            continue
        name, rest = token["name"].lower(), token["rest"]
        if token["end"]:
            if not in_comment:
                _close(open_names, name)
            continue
        if name in _VOID:
            continue
        if max(len(rest.split()), rest.count("="), rest.count(";")) > MOST_ATTRIBUTES:
            return True
        while open_names and open_names[-1] in _ENDED_BY.get(name, ()):
            open_names.pop()
        is_cut = rest.count('"') % 2 or rest.count("'") % 2  # the tag goes on after the first >
        open_names.append("" if is_cut else name)
        if len(open_names) > MOST_LEVELS:
            return True
    return False


def _close(open_names: list[str], name: str) -> None:
    at = len(open_names) - 1
    while at >= 0 and open_names[at] != name and open_names[at] in _ENDED_BY:
        at -= 1
    if at >= 0 and open_names[at] == name:
        del open_names[at:]
