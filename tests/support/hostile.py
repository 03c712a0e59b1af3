"""Documents that mean harm, or are merely odd: what pages and notebooks are made of in tests."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

SNIPPETS = [
    "", "a", "b-1", "é😀", "one\ntwo\r\n", "50%\r100%", "\x1b[31mred\x1b[0m", "\x1b]8;;http://e.test\x07link\x1b]8;;\x07",
    '"', "'", "<", "&", "`", "](", "\\", "# h", "**b**", "$x$", "{{ x }}", "{% x %}", "</pre>", "</iframe>", "</style>",
    "</textarea>", "</title>", "<!--", "<![CDATA[", "]]>", "<plaintext>",
    "<script>alert(1)</script>", "<SCRIPT\n>alert(1)</SCRIPT\t>", '"><script>alert(1)</script>', "' onerror='alert(1)",
    '" onerror="alert(1)', "1 onerror=alert(1)", "<img src=x onerror=alert(1)>", '<img src="http://e.test/x.png">',
    "<svg onload=alert(1)><script>1</script></svg>", '<a href="javascript:alert(1)">x</a>', "javascript:alert(1)",
    '<a href="da\nta:text/html,1">x</a>', "[x](data:text/html,1)",
    "[x](javascript:alert(1))", "![x](http://e.test/x.png)", '<iframe src="http://e.test"></iframe>',
    '<link rel=preconnect href="http://e.test">', '<meta http-equiv=refresh content="0;url=http://e.test">',
    '<base href="http://e.test">', '<style>@import "http://e.test";</style>', "<form action=http://e.test><input>",
    "data:text/html,<script>alert(1)</script>", "AAAA", "iVBORw0KGgo=", "AA\nAA", "=AA=", "../../etc/passwd", "CON",
    "x" * 300, "\u202e", "\x00", "\x85", "\u2028",
]  # fmt: skip
MEDIA_TYPES = [
    "text/plain", "text/html", "text/markdown", "text/latex", "image/png", "image/jpeg", "image/gif", "image/webp",
    "image/svg+xml", "application/json", "application/javascript", "text/vnd.mermaid", "application/pdf",
    "application/vnd.jupyter.widget-view+json", "application/vnd.vega.v5+json", "application/geo+json",
    "application/vnd.deepnote.dataframe.v3+json", "application/vnd.deepnote.sql-output-metadata+json", "text/plain\n",
]  # fmt: skip
TYPES = [
    "code", "markdown", "sql", "agent", "visualization", "button", "big-number", "notebook-function", "pivot-table",
    "image", "separator", "raw", "hologram", "text-cell-h1", "text-cell-h3", "text-cell-p", "text-cell-bullet",
    "text-cell-todo", "text-cell-callout", "text-cell-", "input-text", "input-textarea", "input-checkbox",
    "input-select", "input-slider", "input-date", "input-date-range", "input-file", "input-hologram",
]  # fmt: skip
VALUES = [
    "5", "5.5", "-0", "1e3", "nan", "9" * 5000, True, False, None, "", [], ["a", "b"], ["2026-01-01", ""],
    ["2026-01-01", None], "2026-01-01", "2026-01-01T10:00:00.000Z", "2026-02-31", "past7days", 5, 5.5,
    {"a": [1]}, [[]],
]  # fmt: skip

texts = st.one_of(st.sampled_from(SNIPPETS), st.text(max_size=20), st.lists(st.sampled_from(SNIPPETS)).map("".join))
plain = st.one_of(texts, st.integers(), st.floats(), st.booleans(), st.none())
keys = st.one_of(texts, st.integers(), st.floats(allow_nan=False), st.booleans(), st.none())
values = st.recursive(
    plain,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)),
    max_leaves=8,
)
lines = st.one_of(texts, st.lists(texts, max_size=3), values)
frames = st.fixed_dictionaries(
    {
        "rows": st.lists(st.dictionaries(st.one_of(texts, st.just("_deepnote_index_column")), values, max_size=3)),
        "columns": st.lists(st.one_of(values, st.fixed_dictionaries({"name": values, "dtype": values})), max_size=3),
    },
    optional={"row_count": values},
)
bundles = st.dictionaries(
    st.one_of(st.sampled_from(MEDIA_TYPES), texts, keys), st.one_of(lines, frames), min_size=1, max_size=3
)
outputs = st.one_of(
    values,
    st.fixed_dictionaries(
        {
            "output_type": st.one_of(
                st.sampled_from(["stream", "error", "display_data", "execute_result", "update_display_data"]), texts
            )
        },
        optional={
            "name": st.one_of(st.sampled_from(["stdout", "stderr"]), values), "text": lines,
            "data": st.one_of(bundles, bundles, values), "metadata": values, "execution_count": values,
            "ename": values, "evalue": values, "traceback": st.one_of(st.lists(texts, max_size=3), values),
            "later": values,
        },
    ),
)  # fmt: skip
settings_of_blocks = st.fixed_dictionaries(
    {},
    optional={
        "deepnote_variable_name": st.one_of(st.sampled_from(["x", "class", "a b"]), texts, values),
        "deepnote_variable_value": st.one_of(st.sampled_from(VALUES), values),
        "deepnote_input_date_version": st.sampled_from([1, 2, None]), "deepnote_input_label": values,
        "deepnote_button_title": values, "checked": values, "execution_millis": values, "later": values,
        "deepnote_agent_status": st.sampled_from(["failed", "done"]),
    },
)  # fmt: skip
blocks = st.fixed_dictionaries(
    {"id": st.one_of(texts, values), "type": st.one_of(st.sampled_from(TYPES), texts)},
    optional={
        "content": lines, "metadata": st.one_of(settings_of_blocks, settings_of_blocks, values), "url": values,
        "outputs": st.one_of(st.lists(outputs, max_size=4), values), "executionCount": st.one_of(st.integers(), values),
        "executionStartedAt": values, "executionFinishedAt": values, "later": values, "cell_type": values,
    },
)  # fmt: skip
executions = st.fixed_dictionaries(
    {},
    optional={
        "inputs": st.dictionaries(st.one_of(st.just("x"), texts), st.one_of(st.sampled_from(VALUES), values)),
        "triggeredBy": values, "summary": st.fixed_dictionaries({"blocksExecuted": values, "totalDurationMs": values}),
        "startedAt": values, "error": st.fixed_dictionaries({"name": values, "message": values, "traceback": values}),
    },
)  # fmt: skip
documents: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "project": st.fixed_dictionaries(
            {
                "notebooks": st.lists(
                    st.fixed_dictionaries(
                        {"id": texts, "name": texts, "blocks": st.lists(blocks, max_size=4)}, optional={"later": values}
                    ),
                    min_size=1,
                    max_size=2,
                )
            },
            optional={"id": values, "name": values},
        )
    },
    optional={"execution": executions},
)
"""Documents with at least one notebook."""

many = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
