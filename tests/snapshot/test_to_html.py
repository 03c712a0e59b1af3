"""HTML files: what is written there, that nothing in them runs or is fetched, and that they are whole."""

from __future__ import annotations

import html
import html.parser
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from deepnote_async import AsyncDeepnote
from deepnote_async.snapshot import Snapshot
from deepnote_async.snapshot.display.bounds import is_laborious_html, is_laborious_markdown
from deepnote_async.snapshot.display.exported import POLICY, html_of, without_raw
from deepnote_async.snapshot.display.notebook import source_of
from deepnote_emulator import Emulator
from tests.support.hostile import SNIPPETS, documents, many

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
FORBIDDEN = {
    "script", "iframe", "frame", "object", "embed", "link", "base", "form", "input", "button", "textarea", "svg",
    "math", "video", "audio", "template", "applet",
}  # fmt: skip


class Held(html.parser.HTMLParser):
    """A page, held to having nothing in it that runs or is fetched."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.metas: list[dict[str, str | None]] = []
        self.first: list[str] = []
        self.links: list[str] = []
        self.feed(text)
        self.close()
        policy = {"http-equiv": "Content-Security-Policy", "content": POLICY}
        assert self.metas[0] == policy
        assert [meta for meta in self.metas if "http-equiv" in meta] == [policy]
        assert self.first[:3] == ["html", "head", "meta"]  # so it is in force for all that follows

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.first.append(tag)
        attributes = dict(attrs)
        assert tag not in FORBIDDEN
        assert not [name for name in attributes if name.startswith("on") or name in {"srcset", "srcdoc", "formaction"}]
        if tag == "meta":
            self.metas.append(attributes)
        assert (attributes.get("src") or "data:image/").startswith("data:image/")
        if link := attributes.get("href"):
            assert tag == "a"
            assert re.match(r"(https?:|mailto:|[^:]*$|[^:]*[/?#])", "".join(link.split()), re.IGNORECASE)
            assert not "".join(link.split()).lower().startswith("data:")
            self.links.append(link)


def page_of(document: Snapshot, notebook_id: str | None = None) -> str:
    notebook = document.notebook(notebook_id)
    assert notebook is not None
    page = html_of(source_of(document, notebook))
    Held(page)
    return page


def snapshot(*blocks: dict[str, Any]) -> Snapshot:
    return Snapshot.from_dict({"project": {"notebooks": [{"id": "nb", "name": "Report <1>", "blocks": list(blocks)}]}})


def code(*data: dict[str, Any], **fields: Any) -> dict[str, Any]:
    outputs = [{"output_type": "display_data", "data": forms, "metadata": {}} for forms in data]
    return {"id": "b", "type": "code", "content": "x = 1", "executionCount": 1, "outputs": outputs} | fields


def markdown(text: str) -> dict[str, Any]:
    return {"id": "m", "type": "markdown", "content": text}


@pytest.mark.long
@many
@given(documents)
def test_nothing_in_a_page_runs_or_is_fetched(document: dict[str, Any]) -> None:
    whole = Snapshot.from_dict(document)
    for notebook in whole.notebooks:
        page_of(whole, notebook.id)


@pytest.mark.parametrize("form", ["text/html", "text/markdown", "image/svg+xml", "text/vnd.mermaid", "image/png"])
def test_no_snippet_runs_in_any_form(form: str) -> None:
    page_of(snapshot(code(*({form: snippet} for snippet in SNIPPETS))))


def test_no_snippet_runs_in_any_other_place() -> None:
    texts = "\n\n".join(SNIPPETS)
    kinds = ["markdown", "raw", "text-cell-p", "text-cell-h1", "code", "sql", "agent", "input-text", "hologram"]
    blocks = [{"id": texts, "type": kind, "content": texts, "metadata": {"tags": SNIPPETS}} for kind in kinds]
    streams = [{"output_type": "stream", "name": text, "text": text} for text in SNIPPETS]
    errors = [{"output_type": "error", "ename": text, "evalue": text, "traceback": [text]} for text in SNIPPETS]
    sizes = [
        {"output_type": "display_data", "data": {"image/png": PNG}, "metadata": {"image/png": {"width": text}}}
        for text in SNIPPETS
    ]
    page = page_of(snapshot(*blocks, code() | {"outputs": [*streams, *errors, *sizes]}))
    assert "onerror=alert(1)>" not in page


def test_what_of_html_stays() -> None:
    table = '<table class="t"><thead><tr><th>a</th></tr></thead><tr><td style="color: red">1</td></tr></table>'
    left = page_of(
        snapshot(
            code({"text/html": f"<style>b{{}}</style>{table}<script>draw()</script><form><p>in</p></form>"}),
            markdown("# Top\n\n*a* **b** [c](http://e.test) ![d](http://e.test/d.png)\n\n- e"),
            {"id": "t", "type": "text-cell-todo", "content": "f", "metadata": {"checked": True}},
            {"id": "u", "type": "text-cell-todo", "content": "g"},
            markdown("```python\nx < 1\n```\n\n$a<b$"),
        )
    )
    assert 'style="color: red;"' in left
    assert "<p>in</p>" in left
    assert "draw()" not in left
    assert "b{}" not in left
    assert re.search(r"<h1[^>]*>Top</h1>", left)
    assert '<a href="http://e.test">c</a>' in left
    assert "d.png" not in left
    assert "<li>e</li>" in left
    assert re.findall(r"[☑☐]\s+[fg]\b", left) == ["☑ f", "☐ g"]
    assert re.search(r'<span class="n">x</span>.*<span class="o">&lt;</span>', left)
    assert "$a&lt;b$" in left
    assert "<title>Report &lt;1&gt;</title>" in left


def test_what_is_shown_of_each_output() -> None:
    frame = {"row_count": 9, "columns": [{"name": "amount", "dtype": "int64"}], "rows": [{"amount": 77}]}
    page = page_of(
        snapshot(
            code(
                {"application/vnd.deepnote.dataframe.v3+json": frame, "text/plain": "PLAIN"},
                {"image/png": PNG},
                {"application/vnd.vega.v5+json": {}, "text/plain": "<Chart>"},
                {"application/vnd.vega.v5+json": {}},
            )
        )
    )
    assert re.search(r">77</td>.*1 of 9 rows are shown\.", page, re.DOTALL)
    assert "PLAIN" not in page
    assert f'src="data:image/png;base64,{PNG}"' in page
    assert "&lt;Chart&gt;" in page
    assert "application/vnd.vega.v5+json: not drawn here" in page


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a<SCRIPT x>b</script >c", "ac"),
        ("a<style>b", "a"),
        ("<styled>a</styled>", "<styled>a</styled>"),
        ("a<script/>b</script>c<svg><title>d</title></svg>e", "ace"),
        ("İ<style>İ</style>b", "İb"),
        ("a < b", "a < b"),
    ],
)
def test_elements_that_are_no_text_are_taken_out_whole(text: str, left: str) -> None:
    assert without_raw(text) == left


def test_hostile_html_takes_no_more_time_than_its_length() -> None:
    assert without_raw("<style>" * 300_000) == ""
    assert without_raw("<style></style>a" * 100_000) == "a" * 100_000
    assert without_raw("<" * 1_000_000) == "<" * 1_000_000


async def test_a_result_is_written(client: AsyncDeepnote, emulator: Emulator, tmp_path: Path) -> None:
    path = tmp_path / "score.html"
    path.write_text("as it was")
    result = await client.runs.run(emulator.notebook_id("score.deepnote"), inputs={"region": "US"}, timeout=60)
    result.to_html(path)
    page = path.read_text(encoding="utf-8")
    Held(page)
    assert "region=US n=3 total=" in page
    assert "<th>points</th>" in page
    assert list(tmp_path.iterdir()) == [path]


def test_a_document_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.html"
    path.write_text("as it was")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            snapshot(code()).to_html(path)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("a.html", "as it was")]
    snapshot(code()).to_html(str(path), "nb")
    assert "as it was" not in path.read_text(encoding="utf-8")
    with pytest.raises(ValueError, match="no notebook 'zzz', but: 'nb'"):
        snapshot().to_html(path, "zzz")


def test_nothing_is_said_on_the_console(tmp_path: Path) -> None:
    script = (
        "from deepnote_async.snapshot import Snapshot\n"
        f"notebook = {{'id': 'n', 'name': 'N', 'blocks': [{code({'image/png': PNG})!r}]}}\n"
        "Snapshot.from_dict({'project': {'notebooks': [notebook]}}).to_html('a.html')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("", "")


def test_without_nbconvert_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nbconvert", None)
    with pytest.raises(ImportError, match=re.escape("pip install 'deepnote-async[html]'")):
        snapshot(code()).to_html(tmp_path / "a.html")
    assert list(tmp_path.iterdir()) == []


def test_the_samples(samples: Path) -> None:
    (integrations,) = samples.glob("snapshots/integrations*latest*")
    page = page_of(Snapshot.read(integrations))
    assert "10 of 100,000 rows are shown." in page
    assert page.count('src="data:image/png;base64,') == 1


class Stranger(ThreadingHTTPServer):
    """A host that notes whoever comes."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), BaseHTTPRequestHandler)
        self.visits = 0

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  (the signature is given)
        self.visits += 1
        self.shutdown_request(request)


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    with Stranger() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.long
@pytest.mark.parametrize("kind", ["jupyter", "file", "control"])
def test_a_browser_runs_and_fetches_nothing(kind: str, stranger: Stranger, tmp_path: Path) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no Chromium to look at pages with")
    there = f"http://127.0.0.1:{stranger.server_address[1]}"
    run = "top.document.title='RAN'"
    hostile = "".join(
        f"<{tag}>"
        for tag in (
            f"img src={there}", f'img src=x onerror="{run}"', f"link rel=preconnect href={there}",
            f"link rel=stylesheet href={there}", f"iframe src={there}></iframe", f"object data={there}></object",
            f'iframe srcdoc="<script>{run}</script><link rel=preconnect href={there}>"></iframe',
            f"video src={there} poster={there} autoplay></video", f"style>@import '{there}'</style",
            f'svg onload="{run}"><image href={there} /></svg', f"script>{run}</script",
            f'meta http-equiv=refresh content="0;url={there}"', f'input autofocus onfocus="{run}"',
        )
    )  # fmt: skip
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" onload="{run}"><image href="{there}" onerror="{run}"/></svg>'
    page = tmp_path / "page.html"
    if kind == "control":  # what is to be proved has to be possible
        page.write_text(f"<!DOCTYPE html><title>calm</title><img src={there}><script>document.title='RAN'</script>")
    else:
        forms = [
            {"text/html": hostile},
            {"image/svg+xml": svg},
            {"text/markdown": hostile},
            {"text/vnd.mermaid": hostile},
        ]
        document = snapshot(code(*forms), markdown(hostile))
        if kind == "file":
            document.to_html(page)
        else:
            page.write_text(f"<!DOCTYPE html><meta charset=utf-8><title>calm</title>{document._repr_html_()}")
    command = [
        chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}",
        "--virtual-time-budget=5000", "--dump-dom", page.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert "</html>" in done.stdout
    assert ("<title>RAN" in done.stdout, stranger.visits > 0) == (kind == "control", kind == "control")


LABORIOUS_HTML = [
    "<div>" * 12_000,
    "<div></b>" * 7_000,
    "<div><!--</div>-->" * 3_000,
    "<div title='></div>'>" * 3_000,
    "<div><?</div>" * 4_000,
    "<dd><li>" * 7_000,
    "<b><i></b>" * 6_000,
    "<div><marquee></div></marquee>" * 2_000,
    f"<p {' '.join(f'a{number}' for number in range(10_000))}>x",
    "<p>x</p>" * 140_000,
    "<" * 600_000,
    f"<p style='{'a:b;' * 10_000}'>x</p>",
]
LABORIOUS_MARKDOWN = ["\\begin{a}" * 7_000, "![a](" * 12_000, "[" * 600_000, "<" * 600_000]


@pytest.mark.parametrize("text", LABORIOUS_HTML)
def test_html_that_would_take_minutes_is_shown_as_text(text: str) -> None:
    assert is_laborious_html(text)
    began = time.perf_counter()
    page = html_of(source_of(snapshot(code({"text/html": text})), snapshot(code({"text/html": text})).notebooks[0]))
    assert time.perf_counter() - began < 30
    assert "&lt;" in page


@pytest.mark.parametrize("text", LABORIOUS_MARKDOWN)
def test_markdown_that_would_take_minutes_is_shown_as_text(text: str) -> None:
    assert is_laborious_markdown(text)
    began = time.perf_counter()
    document = snapshot(markdown(text), code({"text/markdown": text}))
    page = html_of(source_of(document, document.notebooks[0]))
    assert time.perf_counter() - began < 30
    Held(page)
    assert html.unescape(page).count(text) >= 2


def test_ordinary_pages_are_not_laborious() -> None:
    table = "<table>" + "<tr><td>1<td><b>2</b>" * 5_000 + "</table>"
    for text in (table, "<ul>" + "<li>x" * 5_000 + "</ul>", "<p>a<div>b</div>" * 5_000, "<br>" * 5_000):
        assert not is_laborious_html(text)
    assert not is_laborious_html(f'<img src="data:image/png;base64,{"A" * 3_000_000}">')
    assert not is_laborious_markdown(f"![x](data:image/png;base64,{'A' * 3_000_000})")
    assert not is_laborious_markdown("[a](b) $x$ \\begin{a}x\\end{a}\n" * 300)


def test_elements_without_an_end_are_taken_out_in_no_time() -> None:
    began = time.perf_counter()
    assert without_raw("a<script>" + "</script" * 80_000) == "a"
    assert without_raw("a<script>b</script c>d</SCRIPT>e") == "ad</SCRIPT>e"
    assert time.perf_counter() - began < 5
