"""Whatever can be in a document: it is written and read back equal. Whatever is read: a document or a SnapshotError."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from deepnote_async import SnapshotError
from deepnote_async.snapshot import Snapshot, yaml12

TRAPS = [
    "", " ", "\n", "\n\n", " \n", "\n a", "\ta\n", "a\n ", "a\n\n\n", "a\r\nb", "a\rb", "yes",
    "On", "n", "~", "null",
    "True", "2024-05-02", "12:30:00", "017", "0x1F", "1_000", "1e3",
    ".5", ".inf", "-.INF", ".NaN", "+1", "=", "<<",
    "<<:", "<<: x\ny", "&a", "*a", "!a", "- *a*\n- b", "a:\n\n  *b*\n", "#", "a #b", "a: b",
    "a:", "- a", "? a", "{", "]",
    "@", "`", "%YAML", "---", "...", "--- a\n---\n", "|", ">", "'", '"', "\\", "a\tb", "\x00",
    "\x1b[31m", "\x7f", "\x85",
    "a\u2028b", "a\u2029\nb", "\ufeff", "\ufeffa\n",
    "\ufdd0", "\ue000", "\ufffe", "😀", "é", "x" * 2000,
    "é\n" * 600, "a " * 300,
]  # fmt: skip
texts = st.one_of(
    st.sampled_from(TRAPS),
    st.text(),
    st.text(alphabet="ab01 \t\n\r-:#&*!|>'\"\\[]{},?%@`<=.~\x85\u2028\ufeff"),
    st.lists(st.sampled_from(TRAPS), max_size=3).map("\n".join),
)
plain = st.one_of(texts, st.integers(), st.floats(), st.booleans(), st.none())
values = st.recursive(
    plain,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(plain, inner, max_size=4)),
    max_leaves=20,
)
outputs = st.one_of(
    values,
    st.fixed_dictionaries(
        {"output_type": st.sampled_from(["stream", "error", "display_data", "execute_result", "hologram"])},
        optional={"text": values, "data": values, "traceback": values, "ename": values, "evalue": values},
    ),
)
blocks = st.one_of(
    values,
    st.fixed_dictionaries(
        {"id": texts, "type": st.one_of(st.sampled_from(["code", "markdown", "input-slider", "pivot-table"]), texts)},
        optional={
            "blockGroup": texts, "sortingKey": texts, "contentHash": values, "version": values, "content": values,
            "metadata": values, "outputs": st.one_of(values, st.lists(outputs, max_size=3)), "executionCount": values,
            "executionStartedAt": values, "executionFinishedAt": values, "later": values,
        },
    ),
)  # fmt: skip
notebooks = st.one_of(
    values,
    st.fixed_dictionaries(
        {"id": texts, "name": texts, "blocks": st.lists(blocks, max_size=3)},
        optional={"executionMode": values, "isModule": values, "workingDirectory": values, "later": values},
    ),
)
documents = st.fixed_dictionaries(
    {
        "project": st.fixed_dictionaries(
            {"notebooks": st.lists(notebooks, max_size=3)},
            optional={"id": values, "name": values, "initNotebookId": values, "integrations": values, "later": values},
        )
    },
    optional={"version": values, "metadata": values, "environment": values, "execution": values, "later": values},
)
plenty = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@plenty
@given(documents)
@example({"project": {"notebooks": [TRAPS, {trap: trap for trap in TRAPS}, [[trap] for trap in TRAPS], [[TRAPS]]]}})
def test_what_the_model_holds_is_written_and_read_back_equal(document: dict[str, Any]) -> None:
    snapshot = Snapshot.from_dict(document)
    written = snapshot.to_yaml()
    for form in (written, written.encode()):
        again = Snapshot.parse(form)
        # The representation tells 1 from 1.0 and True, and one order from another; not-a-number equals itself in it.
        assert repr(again.raw) == repr(document)
        assert repr(again) == repr(snapshot)
        assert again.to_yaml() == written


@pytest.mark.parametrize("trap", TRAPS)
def test_the_parser_written_in_python_reads_what_is_written(trap: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml12, "_Parser", yaml.SafeLoader)
    document = {"project": {"notebooks": [trap, {trap: trap}, [[trap], {"a": trap, "b": [trap]}]]}}
    assert Snapshot.parse(Snapshot.from_dict(document).to_yaml()).to_dict() == document


SEEDS = [
    "a: &x [*x]", "{<<: {a: 1}}", "!!python/object:os.system x", "%YAML 1.1\n---\na", "--- a\n--- b", "\ufeffa: b",
    "a:\tb",
    "? [a]\n: b", "!<tag:yaml.org,2002:str> a", "project: {notebooks: []}", "project:\n  notebooks: &n [{id: *n}]",
    "\x85",
    "!!float 0x1", "!!int 1.5", "!!float " + "9" * 500, "1e999", "-", "[", "{",
    "'", '"\\ud800"', '"\\UFFFFFFFF"',
    "&a", "*a",
]  # fmt: skip
letters = st.text(alphabet="ab1.:-?&*!|>%@`'\"#{}[],\\<~ \t\n\r\x00\x85\u2028\ufeff\ud800😀", max_size=60)
somehow = st.one_of(letters, st.lists(st.one_of(letters, st.sampled_from(SEEDS)), max_size=4).map("\n".join), st.text())


@plenty
@given(somehow)
def test_any_text_is_a_document_or_an_error(text: str) -> None:
    with contextlib.suppress(SnapshotError):
        _is_whole(Snapshot.parse(text))
    with contextlib.suppress(SnapshotError):
        _is_whole(Snapshot.parse(f"project:\n  notebooks:\n    - {text}"))
    with contextlib.suppress(SnapshotError):
        yaml12.load(text)


@plenty
@given(
    st.one_of(
        st.binary(),
        st.tuples(somehow, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])).map(
            lambda pair: pair[0].encode(pair[1], "surrogatepass")
        ),
        st.tuples(
            st.sampled_from([b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"project: {notebooks: ["]), st.binary()
        ).map(b"".join),
    )
)
def test_any_bytes_are_a_document_or_an_error(data: bytes) -> None:
    with contextlib.suppress(SnapshotError):
        _is_whole(Snapshot.parse(data))
    with contextlib.suppress(SnapshotError):
        yaml12.load(data)


def _is_whole(snapshot: Snapshot) -> None:
    """All that is derived from what was read can be had, and it is written and read back equal."""
    for notebook in snapshot.notebooks:
        for block in notebook.blocks:
            _ = (block.status, block.started_at, block.finished_at, block.duration, block.value, block.variable_name)
    assert repr(Snapshot.parse(snapshot.to_yaml()).raw) == repr(snapshot.raw)
