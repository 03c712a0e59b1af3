"""A notebook as an HTML file, through nbconvert.

nbconvert trusts what it is given: it writes Mermaid diagrams and the widths of images into the page as they are, runs
scripts, and loads its own from the network. So it is given only what it can show, without metadata; what is HTML in the
end is cleaned of all that is not for reading; and the policy of the page lets no script run and loads nothing, whatever
is left.
"""

from __future__ import annotations

import importlib
import logging
import os
import re
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from deepnote_async.snapshot.display.bounds import is_laborious_html, is_laborious_markdown
from deepnote_async.snapshot.display.cell_outputs import JsonDict
from deepnote_async.snapshot.display.notebook import Source, to_ipynb
from deepnote_async.snapshot.display.tables import DATAFRAME, table
from deepnote_async.snapshot.fields import mapping
from deepnote_async.snapshot.whole import replace_file

POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; form-action 'none'; base-uri 'none'"
)
SHOWN = ("text/html", "text/markdown", "text/latex", "text/plain", "image/png", "image/jpeg", "image/svg+xml")
"""The forms of a value that get into the page."""

_TEMPLATE = f"""\
{{%- extends 'lab/index.html.j2' -%}}
{{% block html_head %}}<meta http-equiv="Content-Security-Policy" content="{POLICY}">{{{{ super() }}}}{{% endblock %}}
{{% block html_head_js %}}{{% endblock %}}
{{% block html_head_js_mathjax %}}{{% endblock %}}
{{% block html_head_js_mermaidjs %}}{{% endblock %}}
{{% block jupyter_widgets %}}{{% endblock %}}
"""
_TAGS = frozenset({
    "a", "abbr", "b", "blockquote", "br", "caption", "code", "dd", "del", "details", "div", "dl", "dt", "em",
    "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol",
    "p", "pre", "q", "s", "samp", "small", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot",
    "th", "thead", "tr", "u", "ul", "var",
})  # fmt: skip
_ATTRIBUTES = frozenset({
    "align", "alt", "class", "colspan", "dir", "height", "href", "open", "rowspan", "scope", "src", "start", "style",
    "title", "width",
})  # fmt: skip
_RAW = re.compile(
    r"<(script|style|template|noscript|iframe|object|textarea|title|xmp|svg|math)(?=[\s/>])", re.IGNORECASE | re.ASCII
)
_NO_WORD = re.compile(r"[^A-Za-z0-9 ]")
_AS_TEXT = re.compile(r"\s*<pre>(?:[A-Za-z0-9 ]++|&#[0-9]++;)*+</pre>\s*")
_BOX = re.compile(r"<input\b([^<>]*)>", re.IGNORECASE | re.ASCII)
_log = logging.getLogger("deepnote_async.nbconvert")
_log.setLevel(logging.ERROR)  # its warnings are about images without a description, of which nobody here has one


def write_html(path: str | os.PathLike[str], source: Source) -> None:
    """Write a notebook to an HTML file, whole or not at all.

    Raises:
        ImportError: nbconvert is not installed.
        OSError: the file cannot be written.
    """
    replace_file(path, html_of(source).encode())


def html_of(source: Source) -> str:
    """Write a notebook as a page of HTML.

    Raises:
        ImportError: nbconvert is not installed.
    """
    nbconvert, nbformat = _module("nbconvert"), _module("nbformat")
    exporter = nbconvert.HTMLExporter(
        raw_template=_TEMPLATE,
        sanitize_html=True,
        filters={"clean_html": _cleaner()},
        exclude_anchor_links=True,
        log=_log,
    )
    page, _ = exporter.from_notebook_node(nbformat.from_dict(_bare(to_ipynb(source))))
    return str(page)


def _module(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(f"HTML files need {name}: pip install 'deepnote-async[html]'", name=name) from error


def _bare(notebook: Mapping[str, Any]) -> JsonDict:
    """Leave of a notebook what is shown."""
    title = mapping(notebook["metadata"]).get("title", "Notebook")
    cells = [_bare_cell(cell) for cell in notebook["cells"]]
    metadata = {"title": title, "language_info": {"name": "python", "pygments_lexer": "ipython3"}}
    return {**notebook, "metadata": metadata, "cells": cells}


def _bare_cell(cell: Mapping[str, Any]) -> JsonDict:
    bare = {**cell, "metadata": {}}
    if cell["cell_type"] == "markdown" and is_laborious_markdown(cell["source"]):
        bare["source"] = _as_text(cell["source"])
    if "outputs" in cell:
        bare["outputs"] = [_bare_output(output) for output in cell["outputs"]]
    return bare


def _bare_output(output: Mapping[str, Any]) -> JsonDict:
    if output["output_type"] == "stream":
        return {**output, "name": "stderr" if output["name"] == "stderr" else "stdout"}
    if "data" not in output:
        return {**output}
    data = {key: value for key, value in output["data"].items() if key in SHOWN}
    markdown, html = data.get("text/markdown", ""), data.get("text/html", "")
    if is_laborious_markdown(markdown):
        data = {"text/plain": markdown} | {key: value for key, value in data.items() if key != "text/markdown"}
    if is_laborious_html(without_raw(html)):
        data = {"text/plain": html} | {key: value for key, value in data.items() if key != "text/html"}
    frame = table(output["data"].get(DATAFRAME))
    if frame is not None:
        data["text/html"] = frame
    if not data:
        data = {"text/plain": f"{', '.join(output['data']) or 'an output without content'}: not drawn here"}
    return {**output, "data": data, "metadata": {}}


def _cleaner() -> Callable[[object], str]:
    """Make what takes everything out of HTML that is not for reading."""
    bleach, styles = _module("bleach"), _module("bleach.css_sanitizer")
    cleaner = bleach.sanitizer.Cleaner(
        tags=_TAGS,
        attributes=_is_allowed,
        protocols=frozenset({"http", "https", "mailto", "data"}),
        strip=True,
        css_sanitizer=styles.CSSSanitizer(),
    )

    def clean(element: object) -> str:
        if _AS_TEXT.fullmatch(str(element)):
            return str(element)  # of Markdown, and made here
        html = without_raw(_BOX.sub(_ticked, str(element)))
        return _as_text(html) if is_laborious_html(html) else str(cleaner.clean(html))

    return clean


def _as_text(source: str) -> str:
    """Show a source as it is: in a single line of HTML in which Markdown finds nothing of its own."""
    return f"<pre>{_NO_WORD.sub(lambda found: f'&#{ord(found[0])};', source)}</pre>"


def _ticked(box: re.Match[str]) -> str:
    """Write the box of an item to do as a character; other fields of forms are taken out."""
    if 'type="checkbox"' not in box[1]:
        return ""
    return "☑ " if re.search(r"\schecked\b", box[1]) else "☐ "


def _is_allowed(_tag: str, name: str, value: str) -> bool:
    """Whether an attribute may stay: pictures only from the page itself, links to other pages only."""
    if name == "src":
        return value.lower().startswith("data:image/")
    if name == "href":  # browsers read a scheme over line breaks in it
        return not "".join(value.split()).lower().startswith("data:")
    return name in _ATTRIBUTES


def without_raw(html: str) -> str:
    """Take out elements whose content is no text to be read; the cleaner would leave it on the page as text.

    Nothing depends on this for safety, as the result is cleaned.

    Example:
        >>> without_raw("a<style>b{}</style>c")
        'ac'
    """
    kept: list[str] = []
    at = 0
    while (found := _RAW.search(html, at)) is not None:
        kept.append(html[at : found.start()])
        end = re.compile(f"</{found[1]}", re.IGNORECASE | re.ASCII).search(html, found.end())
        at = (html.find(">", end.end()) if end is not None else -1) + 1 or len(html)
    kept.append(html[at:])
    return "".join(kept)
