"""The contract itself: what every operation must say."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.support.contract import operations


@pytest.mark.parametrize(("method", "path", "operation"), operations(), ids=lambda value: str(value)[:40])
def test_every_operation_is_complete(method: str, path: str, operation: dict[str, Any]) -> None:
    assert path.startswith(("/v1/", "/v2/"))
    assert operation["security"] == [{"bearer": []}]
    assert operation["x-evidence"]["level"] in {"documented", "vendor-client", "inferred"}
    assert operation["x-evidence"]["source"]
    assert operation["externalDocs"]["url"].startswith("https://deepnote.com/docs/")
    assert {"401", "429"} <= set(operation["responses"])
    assert {"Retry-After", "RateLimit-Reset"} == set(operation["responses"]["429"]["headers"])
    successes = [status for status in operation["responses"] if status.startswith("2")]
    assert len(successes) == 1, f"{method} {path}"


def test_the_core_of_the_first_issue_is_there() -> None:
    assert {operation["operationId"] for _, _, operation in operations()} >= {
        "createRun", "getRun", "createNotebook", "getNotebook", "deleteNotebook", "listNotebookRuns", "getMe",
        "listProjects", "getProject",
    }  # fmt: skip


def test_the_preparation_takes_out_only_what_the_generator_misreads() -> None:
    from tools.generate import prepare

    document: Any = {
        "parameters": [{"name": "default", "schema": {"type": "integer", "default": 20}}],
        "properties": {"default": {"type": "string", "format": "uuid"}, "format": {"type": "string", "format": "date"}},
    }
    before = copy.deepcopy(document)
    assert prepare(document) == {
        "parameters": [{"name": "default", "schema": {"type": "integer"}}],
        "properties": {"default": {"type": "string"}, "format": {"type": "string", "format": "date"}},
    }
    assert document == before


@pytest.mark.parametrize(
    "document",
    [
        {"properties": {"d": {"type": "string"}}},
        {"paths": {"/x": {"get": {"parameters": [{"in": "query", "name": "params"}]}}}},
    ],
)
def test_names_that_the_generator_breaks_are_refused(document: Any) -> None:
    from tools.generate import refuse_reserved_names

    with pytest.raises(SystemExit, match="the generator cannot take the names"):
        refuse_reserved_names(document)
