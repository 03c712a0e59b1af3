"""A service that hands out the address of a snapshot where the document itself was asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from deepnote_async import AsyncDeepnote, RunHandle, SnapshotError
from tests.support.service import RUN_ID, client_of, run_json

DOCUMENT = """\
version: 1.0.0
project:
  id: p
  name: P
  notebooks:
    - id: nb
      name: N
      blocks: []
"""
ADDRESS = "https://storage.example.com/{}?signature=s3cret"


@asynccontextmanager
async def run_over(storage: Callable[[httpx.Request], httpx.Response], address: str) -> AsyncIterator[RunHandle]:
    looks = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal looks
        if request.url.host == "storage.example.com":
            assert "authorization" not in request.headers
            return storage(request)
        looks += 1
        fields: dict[str, Any] = {"snapshotStatus": "available", "snapshotDownloadUrl": address.format(looks)}
        return httpx.Response(200, json=run_json(**fields))

    async with client_of(answer) as client:
        assert isinstance(client, AsyncDeepnote)
        yield client.runs.handle(RUN_ID)


async def test_the_document_is_fetched_from_there() -> None:
    async with run_over(lambda _: httpx.Response(200, text="\ufeff" + DOCUMENT), ADDRESS) as run:
        snapshot = await run.snapshot()
    assert snapshot is not None
    assert [notebook.id for notebook in snapshot.notebooks] == ["nb"]


async def test_an_address_that_has_expired_is_asked_for_anew() -> None:
    seen: list[str] = []

    def storage(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.path)
        return httpx.Response(403 if request.url.path == "/1" else 200, text=DOCUMENT)

    async with run_over(storage, ADDRESS) as run:
        assert await run.snapshot() is not None
    assert seen == ["/1", "/2"]


async def test_an_address_that_is_always_refused_is_told() -> None:
    async with run_over(lambda _: httpx.Response(403, text=ADDRESS), ADDRESS) as run:
        with pytest.raises(SnapshotError, match="The snapshot cannot be fetched: 403") as caught:
            await run.snapshot()
    assert "s3cret" not in f"{caught.value} {caught.value.__cause__}"
    assert caught.value.run_id == RUN_ID


async def test_a_document_that_is_gone_is_none() -> None:
    async with run_over(lambda _: httpx.Response(404), ADDRESS) as run:
        assert await run.snapshot() is None


async def test_an_address_that_leads_nowhere_good_is_not_followed() -> None:
    async with run_over(lambda _: httpx.Response(200), "http://169.254.169.254/{}?signature=s3cret") as run:
        with pytest.raises(
            SnapshotError, match=r"http://169.254.169.254, and downloads come over https only"
        ) as caught:
            await run.snapshot()
    assert "s3cret" not in str(caught.value)
