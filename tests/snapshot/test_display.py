"""What Jupyter shows of results and documents: what matters, no more than a page can bear, and nothing that runs."""

from __future__ import annotations

import base64
import html.parser
import json
import re
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given

from deepnote_async import AsyncDeepnote, RunResult
from deepnote_async.snapshot import Block, Snapshot
from deepnote_async.snapshot.display import blocks, media, outputs, page, tables
from deepnote_emulator import Emulator
from tests.support.hostile import MEDIA_TYPES, SNIPPETS, TYPES, documents, many
from tests.support.service import RUN_ID, client_of, run_json

TAGS = {
    "style", "div", "p", "span", "pre", "code", "strong", "details", "summary", "table", "thead", "tbody", "tr", "th",
    "td", "iframe", "img",
}  # fmt: skip
ATTRIBUTES = {
    "iframe": {"sandbox", "title", "height", "srcdoc"}, "img": {"alt", "src"}, "details": {"open"},
}  # fmt: skip
IMAGE = re.compile(r"data:image/(png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/]+={0,2}")
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
REACHING_OUT = re.compile(r"<(link|meta|base|i?frame|frameset|object|embed)\b", re.IGNORECASE)
DATAFRAME = "application/vnd.deepnote.dataframe.v3+json"


class Parsed(html.parser.HTMLParser):
    """A page as a browser takes it: its tags, the text of its elements, and the documents of its frames."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs)
        self.tags.append((tag, dict(attrs)))
        if tag != "img":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def parsed(shown: Snapshot | RunResult) -> Parsed:
    return checked(shown._repr_html_())


def checked(text: str) -> Parsed:
    """Read a page and hold it to what a page may be made of."""
    whole = Parsed(text)
    assert whole.open == []
    for tag, attributes in whole.tags:
        assert tag in TAGS
        assert set(attributes) <= ATTRIBUTES.get(tag, set()) | {"class"}
        if tag == "img":
            assert IMAGE.fullmatch(attributes["src"] or "")
        if tag == "iframe":
            assert attributes["sandbox"] == ""
            inside = attributes["srcdoc"] or ""
            assert inside.startswith(media._HEAD)
            assert not REACHING_OUT.search(inside, len(media._HEAD))
    text.encode()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", text)
    return whole


def snapshot(*blocks_: dict[str, Any], **fields: Any) -> Snapshot:
    notebook = {"id": "nb", "name": "Report", "blocks": list(blocks_)}
    return Snapshot.from_dict({"project": {"id": "p", "name": "Sales", "notebooks": [notebook]}} | fields)


def code(*outputs_: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"id": "b", "type": "code", "content": "x", "executionCount": 1, "outputs": list(outputs_)} | fields


def value(**data: Any) -> dict[str, Any]:
    forms = {name.replace("__", "/"): form for name, form in data.items()}
    return {"output_type": "display_data", "data": forms, "metadata": {}}


def frame(columns: list[Any], rows: list[Any]) -> dict[str, Any]:
    return value(**{DATAFRAME: {"columns": columns, "rows": rows}})


def stream(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


@many
@given(documents)
def test_no_document_gets_more_onto_a_page_than_it_is_made_of(document: dict[str, Any]) -> None:
    parsed(Snapshot.from_dict(document))


@pytest.mark.parametrize("snippet", SNIPPETS, ids=range(len(SNIPPETS)))
def test_no_snippet_gets_out_of_its_place(snippet: str) -> None:
    table = frame([{"name": snippet, "dtype": snippet}], [{snippet: snippet, "_deepnote_index_column": snippet}])
    forms = [value(**{form: snippet}) for form in (*MEDIA_TYPES, f"{snippet}x")]
    bare = [{"output_type": kind, "name": snippet, "text": snippet} for kind in ("stream", snippet)]
    error = {"output_type": "error", "ename": snippet, "evalue": snippet, "traceback": [snippet]}
    settings = {"deepnote_variable_name": snippet, "deepnote_variable_value": snippet, "deepnote_input_label": snippet}
    some = [
        {"id": snippet, "type": kind, "content": content, "url": snippet, "metadata": settings}
        for kind in (*TYPES, snippet)
        for content in (snippet, f"# {snippet}\n\n**{snippet}** `{snippet}`", "")
    ]
    execution = {
        "triggeredBy": snippet, "inputs": {snippet: snippet},
        "error": {"name": snippet, "message": snippet, "traceback": [snippet]},
    }  # fmt: skip
    for outputs_ in ([table, *forms], [*bare, error]):
        notebook = {"id": "nb", "name": snippet, "blocks": [*some, code(*outputs_)]}
        project = {"name": snippet, "notebooks": [notebook]}
        parsed(Snapshot.from_dict({"project": project, "execution": execution}))


async def result_of(document: dict[str, Any] | None, status: str = "success", **fields: Any) -> RunResult:
    if document is not None:
        fields |= {"snapshotStatus": "available", "snapshotContent": json.dumps(document)}
    answer = run_json(status, **fields)
    async with client_of(lambda _: httpx.Response(200, json=answer)) as client:
        return await client.runs.handle(RUN_ID, "nb").result(check=False)


async def test_a_result_of_a_real_run_that_succeeded(client: AsyncDeepnote, emulator: Emulator) -> None:
    notebook_id = emulator.notebook_id("score.deepnote")
    result = await client.runs.run(notebook_id, inputs={"region": "US", "n": 4}, timeout=60)
    whole = parsed(result)
    assert f"Score success run {result.run.run_id} took" in whole.text
    assert "Scores n items for one region ." in whole.text
    assert "region = 'US' Region n = 4 Number of items show_table = True Table" in whole.text  # not the saved values
    assert "code [4] block 4" in whole.text
    assert "succeeded · " in whole.text
    assert "region=US n=4 total=" in whole.text
    (shut,) = whole.all("iframe")
    assert "<th>points</th>" in (shut["srcdoc"] or "")
    assert all("open" not in attributes for attributes in whole.all("details"))


async def test_a_result_of_a_real_run_that_failed(client: AsyncDeepnote, emulator: Emulator) -> None:
    handle = await client.runs.create(emulator.notebook_id("fails.ipynb"))
    result = await handle.result(timeout=60, check=False)
    whole = parsed(result)
    assert result.failure is not None
    assert f"failed in code block 1 ({result.failure.block_id}) ValueError: bad region ValueError" in whole.text
    assert whole.text.count("raise ValueError('bad region')") >= 3  # in both tracebacks, and the source is open
    assert [attributes for attributes in whole.all("details") if "open" in attributes] != []
    assert 'not run print("never reached")' in whole.text
    assert "\x1b" not in result._repr_html_()


@pytest.mark.parametrize(
    ("status", "kind"),
    [("success", "dn-good"), ("error", "dn-bad"), ("stopped", "dn-bad"), ("internal_error", "dn-bad")],
)
async def test_a_result_without_a_document(status: str, kind: str) -> None:
    result = await result_of(None, status, error="the machine is gone" if status == "error" else None)
    whole = parsed(result)
    assert f"Run {status} run {RUN_ID} took 2.5 s no document was left" in whole.text
    assert {"class": f"dn-badge {kind}"} in whole.all("span")
    assert ("the machine is gone" in whole.text) == (status == "error")
    assert ("it gave no reason" in whole.text) == (status in {"stopped", "internal_error"})


async def test_only_the_notebook_that_ran_is_in_a_result() -> None:
    both = [{"id": "nb", "name": "Mine", "blocks": []}, {"id": "o", "name": "Other", "blocks": []}]
    result = await result_of({"project": {"notebooks": both}})
    assert "Mine" in parsed(result).text
    assert "Other" not in parsed(result).text


def test_a_document_says_what_it_knows_of_its_execution() -> None:
    whole = parsed(
        snapshot(
            code(),
            execution={
                "startedAt": "2026-01-01T10:00:00Z", "finishedAt": "2026-01-01T10:03:05Z", "triggeredBy": "schedule",
                "inputs": {"region": "EU"}, "summary": {"blocksExecuted": 3, "blocksSucceeded": 2, "blocksFailed": 1},
                "error": {"name": "ValueError", "message": "bad", "traceback": ["\x1b[31mred\x1b[0m"]},
            },
        )
    )  # fmt: skip
    assert whole.text.startswith(
        "Sales failed started 2026-01-01 10:00:00 UTC took 3 min 5 s triggered by schedule blocks succeeded 2 of 3 "
        'started with region = "EU" ValueError: bad red Report code [1] block 0 b succeeded'
    )


def test_every_notebook_of_a_document_is_shown() -> None:
    some = [
        {"id": f"n{number}", "name": f"Part {number}", "blocks": [code(stream(f"out {number}"))]} for number in (1, 2)
    ]
    whole = parsed(Snapshot.from_dict({"project": {"notebooks": some}}))
    assert re.findall(r"Part \d|out \d", whole.text) == ["Part 1", "out 1", "Part 2", "out 2"]


def test_a_document_that_does_not_tell_what_was_executed_calls_nothing_not_run() -> None:
    told = parsed(snapshot(code(executionCount=None), code(id="c"))).text
    silent = parsed(snapshot(code(stream("out"), executionCount=None), code(executionCount=None))).text
    assert ("not run" in told, "not run" in silent) == (True, False)


def test_text_is_shown_as_a_terminal_leaves_it() -> None:
    text = "\x1b[1;31mred\x1b[0m \x1b]8;;http://e.test\x1b\\link\x1b]8;;\x1b\\\r\n 10%\r 50%\r100%\nend\x07\n"
    (pre,) = re.findall(
        r'<pre class="dn-text">(.*?)</pre>', snapshot(code(stream(text), content=""))._repr_html_(), re.DOTALL
    )
    assert pre == "red link\n100%\nend\ufffd\n"


def test_the_form_that_says_most_is_shown() -> None:
    held = {
        "row_count": 100_000, "columns": [{"name": "a<b", "dtype": "int64"}, {"name": "c", "dtype": "object"}],
        "rows": [{"a<b": 1, "c": "x", "_deepnote_index_column": 7}, {"a<b": None, "c": ["y"]}],
    }  # fmt: skip
    forms = value(text__plain="PLAIN", text__html="<b>HTML</b>", image__png=PNG, **{DATAFRAME: held})
    order = []
    for key in (DATAFRAME, "image/png", "text/html", "text/plain"):
        whole = parsed(snapshot(code(forms)))
        has_rows = 'a<b int64 c object 7 1 x [ "y" ] 2 of 100,000 rows are shown.' in whole.text
        order.append((has_rows, len(whole.all("img")), len(whole.all("iframe")), "PLAIN" in whole.text))
        del forms["data"][key]
    assert order == [(True, 0, 0, False), (False, 1, 0, False), (False, 0, 1, False), (False, 0, 0, True)]


def test_images_stand_in_the_page() -> None:
    svg = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    whole = parsed(
        snapshot(code(value(image__png=f"{PNG[:40]}\n{PNG[40:]}\n"), value(**{"image/svg+xml": [svg[:5], svg[5:]]})))
    )
    png, drawing = (attributes["src"] or "" for attributes in whole.all("img"))
    assert png == f"data:image/png;base64,{PNG}"
    assert base64.b64decode(drawing.removeprefix("data:image/svg+xml;base64,")).decode() == svg


def test_what_is_no_image_is_said_to_be_none_and_the_next_form_is_shown() -> None:
    whole = parsed(snapshot(code(value(image__png='AA" onerror="alert(1)', text__plain="<Figure>"))))
    assert "image/png cannot be shown. <Figure>" in whole.text
    assert whole.all("img") == []


def test_scripts_in_html_are_said_not_to_run() -> None:
    whole = parsed(snapshot(code(value(text__html="<p>chart</p><SCRIPT>draw()</SCRIPT>"))))
    assert "Scripts in this HTML are not run." in whole.text


def test_a_chart_is_said_not_to_be_drawn() -> None:
    spec = {"application/vnd.vega.v5+json": {"on": 1}}
    assert (
        "application/vnd.vega.v5+json is not drawn here. <Chart>"
        in parsed(snapshot(code(value(text__plain="<Chart>", **spec)))).text
    )
    assert 'application/vnd.vega.v5+json { "on": 1 }' in parsed(snapshot(code(value(**spec)))).text


def test_text_cells_and_markdown() -> None:
    kinds = {"h1": "Top", "p": "Words <b>", "bullet": "Item", "callout": "Mind"}
    cells = [{"id": kind, "type": f"text-cell-{kind}", "content": text} for kind, text in kinds.items()]
    done = {"id": "t", "type": "text-cell-todo", "content": "Done", "metadata": {"checked": True}}
    markdown = {"id": "m", "type": "markdown", "content": "## Plan\nsee **this** and `that`\n\n[x](http://e.test)"}
    picture = {"id": "i", "type": "image", "url": "http://e.test/x.png"}
    whole = parsed(snapshot(*cells, done, {"id": "s", "type": "separator"}, markdown, picture))
    assert whole.text.endswith(
        "Top Words <b> • Item Mind ☑ Done Plan see this and that [x](http://e.test) image http://e.test/x.png"
    )
    assert (len(whole.all("strong")), whole.all("img")) == (1, [])


MILLIONS = 3_000_000


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: code(stream("out\n" * MILLIONS)), "characters are not shown …"),
        (lambda: code(content='"' * 4 * MILLIONS), "characters are not shown …"),
        (lambda: code({"output_type": "error", "traceback": ["<line>\n" * MILLIONS]}), "lines are not shown …"),
        (lambda: code({"output_type": "error", "traceback": ["<" * MILLIONS]}), "characters are not shown …"),
        (lambda: code(value(image__png="A" * 4 * MILLIONS)), "image/png of 12.0 MB is not shown."),
        (lambda: code(value(text__html="<b>" * MILLIONS)), "text/html of 9.0 MB is not shown."),
        (lambda: code(value(text__markdown="<" * 4 * MILLIONS)), "characters are not shown …"),
        (lambda: code(value(application__json=["<"] * 500_000)), "characters are not shown …"),
        (lambda: code(value(application__json="<" * 4 * MILLIONS)), "characters are not shown …"),
        (lambda: code(*[stream("out")] * 100_000), "99,970 more outputs are not shown."),
        (lambda: code(*[value(image__png="A" * 900_000)] * 9), "image/png of 900 kB is not shown."),
        (lambda: code(*[value(text__html='"' * 190_000)] * 9), "An output of 1.1 MB is not shown"),
        (lambda: code(frame([{"name": "a"}], [{"a": "<" * 900}] * 9000)), "20 of 9,000 rows are shown."),
        (lambda: code(frame([{"name": f"{n}"} for n in range(9000)], [{}])), "30 of 9,000 columns are shown."),
        (lambda: {"id": "m", "type": "markdown", "content": "<\n\n" * MILLIONS}, "characters are not shown."),
        (lambda: {"id": "m", "type": "input-text", "metadata": {"deepnote_variable_value": "<" * 4 * MILLIONS}}, "…"),
        (lambda: {"id": "<" * 4 * MILLIONS, "type": "<" * MILLIONS}, "…"),
    ],
)  # fmt: skip
def test_a_large_part_leaves_a_small_page_and_says_what_is_left_out(
    make: Callable[[], dict[str, Any]], said: str
) -> None:
    text = page.page(page.Heading(title="T"), [page.Section(blocks=[Block.from_dict(make(), 0)])])
    assert said in checked(text).text
    assert len(text) < 2_500_000


def test_many_large_parts_leave_a_page_of_a_few_megabytes() -> None:
    large = [code(value(image__png="A" * 900_000), id=f"b{number}") for number in range(40)]
    began = time.process_time()
    text = snapshot(*large)._repr_html_()
    assert len(text) < page.PAGE + 20_000
    assert time.process_time() - began < 10
    whole = checked(text)
    assert len(whole.all("img")) == 4
    assert whole.text.count("image/png of 900 kB is not shown.") == 36

    short = [code(id=f"b{number}") for number in range(page.MOST_BLOCKS + 7)]
    assert "7 more blocks are not shown." in parsed(snapshot(*short)).text
    notebooks = [{"id": f"n{number}", "name": "N", "blocks": []} for number in range(page.MOST_NOTEBOOKS + 3)]
    assert "3 more notebooks are not shown." in parsed(Snapshot.from_dict({"project": {"notebooks": notebooks}})).text
    given_ = {f"x{number}": "v" * 1000 for number in range(100)}
    assert "and 80 more" in parsed(snapshot(execution={"inputs": given_})).text


def test_aliases_that_multiply_are_not_written_out() -> None:
    level: Any = ["x" * 50] * 50
    for _ in range(12):
        level = [level] * 50
    block = Block.from_dict(code(value(application__json=level), value(text__plain=level)), 0)
    text = page.page(page.Heading(title="T"), [page.Section(blocks=[block])])
    assert len(text) < 200_000


def test_the_limits_fit_into_each_other() -> None:
    assert outputs.TEXT < outputs.HTML < outputs.IMAGE < blocks.BLOCK < page.PAGE
    assert tables.MOST_ROWS > 0


def test_the_samples(samples: Any) -> None:
    files = sorted(samples.glob("*/*.deepnote"))
    assert files
    for file in files:
        whole = parsed(Snapshot.read(file))
        assert whole.text
    (integrations,) = samples.glob("snapshots/integrations*latest*")
    whole = parsed(Snapshot.read(integrations))
    assert "10 of 100,000 rows are shown." in whole.text
    assert len(whole.all("img")) == 1
