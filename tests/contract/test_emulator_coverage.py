"""The emulator's own list of operations against the contract's."""

from __future__ import annotations

import re

import httpx
import pytest

from deepnote_emulator import Emulator
from tests.support.contract import operations


@pytest.fixture
def http(emulator: Emulator) -> httpx.Client:
    return httpx.Client(base_url=emulator.url, headers={"authorization": f"Bearer {emulator.token}"})


def test_it_lists_every_operation_of_the_contract_and_no_other(http: httpx.Client) -> None:
    with http:
        rows = http.get("/_emulator/coverage").json()["operations"]
        assert http.get("/_emulator/coverage", headers={"authorization": "Bearer x"}).status_code == 401
    listed = [(row["method"], row["path"], row["operationId"]) for row in rows]
    assert sorted(listed) == sorted((method, path, row["operationId"]) for method, path, row in operations())
    assert {row["coverage"] for row in rows} == {"real", "stored", "absent"}


def test_what_is_absent_answers_501_and_nothing_else_does(http: httpx.Client) -> None:
    with http:
        for row in http.get("/_emulator/coverage").json()["operations"]:
            response = http.request(row["method"], re.sub(r"\{\w+\}", "nope", row["path"]))
            assert (response.status_code == 501) == (row["coverage"] == "absent"), row
            assert response.status_code != 405
            if row["coverage"] == "absent":
                assert response.json() == {"message": f"The emulator does not serve {row['operationId']}"}
