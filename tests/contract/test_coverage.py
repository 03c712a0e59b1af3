"""No operation of the contract is forgotten: a call, a test, and a line in the docs for each."""

from __future__ import annotations

import importlib
from typing import Any

import httpx
import pytest

from deepnote_async import AsyncDeepnote, Session
from deepnote_async.datalore import AsyncDatalore
from deepnote_async_api.api.machines import list_machine_types
from deepnote_emulator import Emulator
from tests.resources.calls import CALLS
from tests.resources.low_level import LOW_LEVEL
from tests.support.service import client_of
from tools.operations import CONTRACTS, FACADE, PAGE, Contract, generated_function, operations, page

EVERY = [(contract, row[2]["operationId"]) for contract in CONTRACTS for row in operations(contract)]
ROOTS: dict[str, Any] = {
    "Session": Session, "deepnote_async_api": AsyncDeepnote("tok"),
    "datalore_async_api": AsyncDatalore("tok", "https://datalore.example.test"),
}  # fmt: skip


@pytest.mark.parametrize(("contract", "name"), EVERY, ids=lambda part: part if isinstance(part, str) else part.title)
def test_every_operation_can_be_called_and_is_documented(contract: Contract, name: str) -> None:
    module = importlib.import_module(f"{contract.package}.{generated_function(contract, name)}")
    assert callable(module.asyncio_detailed)
    assert f"| {name} |" in PAGE.read_text(encoding="utf-8")
    if name in contract.facade:
        root, *path = contract.facade[name].split(".")
        found = ROOTS[root if root in ROOTS else contract.package]
        for part in path:
            found = getattr(found, part)
        assert callable(found)
        assert (found.__doc__ or "").strip()


async def test_every_operation_is_served_or_named_as_absent(emulator: Emulator, client: AsyncDeepnote) -> None:
    rows = (await client.request("GET", "/_emulator/coverage")).json()["operations"]
    coverage = {row["operationId"]: row["coverage"] for row in rows}
    assert set(coverage) == {row[2]["operationId"] for row in operations(CONTRACTS[0])}
    assert set(coverage.values()) <= {"real", "stored", "absent"}
    for method, path, operation in operations(CONTRACTS[1]):
        # Datalore's are real, all of them: without a body or with an unknown id they refuse as the contract says.
        url = emulator.url + path.replace("{runId}", "unknown")
        async with httpx.AsyncClient(headers={"authorization": f"Bearer {emulator.token}"}) as http:
            answer = await http.request(method, url)
        assert str(answer.status_code) in operation["responses"]
        assert answer.status_code in {400, 404}


def test_every_operation_is_tested_and_the_page_is_current() -> None:
    streamed = {"downloadFile", "exportProject", "importProject"}  # in test_transfers.py
    assert {call.operation for call in CALLS} == set(FACADE) - streamed
    everything = {row[2]["operationId"] for row in operations(CONTRACTS[0])}
    assert {call.operation for call in LOW_LEVEL} == everything - set(FACADE)
    assert PAGE.read_text(encoding="utf-8") == page()


async def test_the_example_of_the_page() -> None:
    body = {"machineTypes": [{"id": "m", "vCpus": 2, "memoryGiB": 5}]}

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Bearer tok"
        return httpx.Response(200, json=body)

    source = PAGE.read_text(encoding="utf-8").partition("```python\n")[2].partition("```")[0]
    names: dict[str, Any] = {}
    exec(compile(source, "docs/operations.md", "exec"), names)  # noqa: S102  (that is the test)
    async with client_of(answer) as client:
        assert (await names["machine_types"](client)).to_dict() == body
        assert (await list_machine_types.asyncio(client=client.generated)) is not None
