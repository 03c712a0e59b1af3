"""pytest-httpx patches httpx's own transport; a default-constructed client must notice."""

from __future__ import annotations

import httpx
import pytest
from pytest_httpx import HTTPXMock

from deepnote_async import AsyncDeepnote, ConnectionLostError, RateLimitError, RunStartUnknownError
from deepnote_emulator import Emulator
from tests.support.service import RUN_ID, run_json, started_json


async def test_a_default_client_is_intercepted(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(method="POST", url="https://api.deepnote.com/v2/runs", status_code=202, json=started_json())
    httpx_mock.add_response(method="GET", url=f"https://api.deepnote.com/v2/runs/{RUN_ID}", json=run_json())
    async with AsyncDeepnote("tok") as client:
        await client.runs.create("nb")
        assert (await client.runs.get(RUN_ID)).status == "success"
    assert [request.headers["authorization"] for request in httpx_mock.get_requests()] == ["Bearer tok"] * 2


async def test_intercepted_errors_and_faults_are_mapped(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(status_code=429, json={"message": "slow"}, headers={"retry-after": "0.25"})
    httpx_mock.add_exception(httpx.ReadTimeout("silent"))
    httpx_mock.add_exception(httpx.ReadTimeout("silent"))
    async with AsyncDeepnote("tok", retry=None) as client:
        with pytest.raises(RateLimitError) as caught:
            await client.runs.create("nb")
        assert caught.value.retry_after == 0.25
        with pytest.raises(ConnectionLostError):
            await client.runs.get(RUN_ID)
        with pytest.raises(RunStartUnknownError):
            await client.runs.create("nb")


@pytest.mark.httpx_mock(should_mock=lambda request: request.url.host != "127.0.0.1")
async def test_unmocked_hosts_reach_the_network(httpx_mock: HTTPXMock, emulator: Emulator) -> None:
    assert httpx_mock.get_requests() == []
    async with AsyncDeepnote(emulator.token, emulator.url) as client:
        assert (await client.me.get()).access_level == "editor"
