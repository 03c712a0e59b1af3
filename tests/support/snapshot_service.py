"""A service that holds one ended run and hands out what it left in three ways, or refuses to."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from typing import Any

import anyio
import httpx
import pytest

from deepnote_async import RunResult
from deepnote_async.resources.deliveries import SnapshotDelivery
from tests.support.farm import said
from tests.support.service import RUN_ID, client_of, run_json
from tests.support.virtual_time import run_virtually

ADDRESS = "https://storage.example.com/snapshot?signature=s3cret"
STREAM = {"output_type": "stream", "name": "stdout", "text": "hello\n"}
ERROR = {"output_type": "error", "ename": "ValueError", "evalue": "bad", "traceback": ["line 1", "ValueError: bad"]}
ROWS: list[dict[str, Any]] = [
    {"id": "a", "type": "code", "outputs": [STREAM], "metadata": {"execution_millis": 5}},
    {"id": "b", "type": "code", "outputs": [ERROR], "metadata": {"execution_millis": 5}},
    {"id": "c", "type": "code", "outputs": [], "metadata": {}},
]
BLOCKS = [row | {"content": "code()"} for row in ROWS]
DOCUMENT = json.dumps({"version": "1.0.0", "project": {"id": "p", "notebooks": [{"id": "nb", "blocks": BLOCKS}]}})

Trouble = Callable[[], httpx.Response | None]


class Service:
    """A run that has ended, on a service that refuses some deliveries, and its storage.

    Attributes:
        asked: what each look asked for; None where it left that to the service.
        downloads: how often the storage was asked.
    """

    def __init__(self, *refused: SnapshotDelivery, storage: Trouble = lambda: None, **fields: Any) -> None:
        self._refused: Collection[str] = refused
        self._storage = storage
        self._fields = fields
        self.asked: list[str | None] = []
        self.downloads = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "storage.example.com":
            assert "authorization" not in request.headers
            self.downloads += 1
            return self._storage() or httpx.Response(200, text=DOCUMENT)
        asked = request.url.params.get("snapshotDelivery")
        self.asked.append(asked)
        if asked in self._refused:
            return said(400, f"snapshotDelivery cannot be {asked}")
        left: dict[str, Any] = {"snapshotStatus": "available"}
        left |= {"snapshotContent": None, "snapshotDownloadUrl": None, "snapshotBlocks": None}
        found: dict[str, dict[str, Any]] = {
            "inline": {"snapshotContent": DOCUMENT},
            "blocks": {"snapshotBlocks": ROWS},
            "downloadUrl": {"snapshotDownloadUrl": ADDRESS},
        }
        left |= found[asked or "downloadUrl"]
        return httpx.Response(200, json=run_json("error", **(left | self._fields)))


def result_of(service: Service, delivery: SnapshotDelivery = "inline", **options: Any) -> tuple[RunResult, float]:
    """Read a result; gives it with the seconds that it took."""

    async def main() -> tuple[RunResult, float]:
        async with client_of(service, snapshot_delivery=delivery, **options) as client:
            return await client.runs.handle(RUN_ID).result(check=False), anyio.current_time()

    return run_virtually(main())


def error_of(service: Service, expected: type[Exception], **options: Any) -> tuple[Any, float]:
    """Ask for a result that cannot be had; gives the error, and the seconds it took."""

    async def main() -> tuple[Any, float]:
        async with client_of(service, **options) as client:
            with pytest.raises(expected) as caught:
                await client.runs.handle(RUN_ID).result(check=False)
            return caught.value, anyio.current_time()

    return run_virtually(main())
