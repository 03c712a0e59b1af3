"""No operation of the contract is forgotten: a call, a test, and a line in the docs for each."""

from __future__ import annotations

import importlib
from pathlib import Path

import httpx
import pytest

from deepnote_async import AsyncDeepnote, Session
from deepnote_async_api.api.machines import list_machine_types
from tests.resources.calls import CALLS
from tests.support.contract import operations
from tests.support.service import client_of
from tools.operations import FACADE, PAGE, generated_function, page

NAMES = [operation["operationId"] for _, _, operation in operations()]


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_can_be_called_and_is_documented(name: str) -> None:
    module = importlib.import_module(f"deepnote_async_api.{generated_function(name)}")
    assert callable(module.asyncio_detailed)
    assert f"| {name} |" in PAGE.read_text(encoding="utf-8")
    if name in FACADE:
        root, *path = FACADE[name].split(".")
        found: object = Session if root == "Session" else AsyncDeepnote("tok")
        for part in path:
            found = getattr(found, part)
        assert callable(found)
        assert (found.__doc__ or "").strip()


def test_every_typed_call_is_tested_and_the_page_is_current() -> None:
    tested = {call.operation for call in CALLS}
    streamed = {"downloadFile", "exportProject", "importProject"}  # in test_transfers.py
    assert tested == set(FACADE) - streamed
    assert PAGE.read_text(encoding="utf-8") == page()
    assert Path(PAGE).name == "operations.md"


async def test_the_example_of_the_page() -> None:
    body = {"machineTypes": [{"id": "m", "vCpus": 2, "memoryGiB": 5}]}

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Bearer tok"
        return httpx.Response(200, json=body)

    source = PAGE.read_text(encoding="utf-8").partition("```python\n")[2].partition("```")[0]
    names: dict[str, object] = {}
    exec(compile(source, "docs/operations.md", "exec"), names)  # noqa: S102  (that is the test)
    async with client_of(answer) as client:
        machine_types = names["machine_types"]
        assert callable(machine_types)
        assert (await machine_types(client)).to_dict() == body
        assert (await list_machine_types.asyncio(client=client.generated)) is not None
