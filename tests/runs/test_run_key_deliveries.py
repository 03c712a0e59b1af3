"""A run key is found whichever delivery of a snapshot a client prefers."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from deepnote_async import (
    RunStartUnknownError,
)
from deepnote_async.resources.deliveries import ALL, SnapshotDelivery
from tests.support.lost_starts import without_threads
from tests.support.service import client_of
from tests.support.snapshot_service import ROWS
from tests.support.virtual_time import run_virtually


class LostStart:
    """A start whose answer is lost; the one new run shows its key where `shows` says."""

    def __init__(self, shows: str) -> None:
        self._shows = shows
        self._key = ""
        self.posts = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.posts += 1
            self._key = json.loads(request.content)["inputs"]["key"]
            raise httpx.ReadError("reset")
        row = {"runId": "new", "status": "success", "createdAt": "2026-01-01T00:00:00Z"}
        if request.url.path.endswith("/runs"):
            pagination = {"hasMore": False, "pageSize": 100, "nextPageToken": None}
            return httpx.Response(200, json={"runs": [row] if self._key else [], "pagination": pagination})
        return httpx.Response(200, json={"run": row | {"snapshotStatus": "available"} | self._left(request)})

    def _left(self, request: httpx.Request) -> dict[str, Any]:
        inputs = {"execution": {"inputs": {"key": self._key}}, "project": {"notebooks": []}}
        if self._shows == "document":
            is_inline = request.url.params.get("snapshotDelivery") == "inline"
            return {"snapshotContent": json.dumps(inputs)} if is_inline else {"snapshotBlocks": ROWS}
        value = self._key if self._shows == "block" else self._shows
        metadata = {"deepnote_variable_name": "key", "deepnote_variable_value": value}
        return {"snapshotBlocks": [{"id": "i", "type": "input-text", "outputs": [], "metadata": metadata}]}


@pytest.mark.parametrize("delivery", ALL)
@pytest.mark.parametrize("shows", ["document", "block"])
def test_a_run_key_is_found_in_every_delivery(
    shows: str, delivery: SnapshotDelivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_threads(monkeypatch)

    async def main() -> tuple[str, bool]:
        async with client_of(LostStart(shows), snapshot_delivery=delivery) as client:
            handle = await client.runs.create("nb", run_key_input="key", check_inputs=False)
            return handle.id, handle.adopted

    assert run_virtually(main()) == ("new", True)


@pytest.mark.parametrize("saved", ["saved in the notebook", "0" * 32])
def test_blocks_that_only_show_what_is_saved_exclude_no_run(saved: str, monkeypatch: pytest.MonkeyPatch) -> None:
    without_threads(monkeypatch)

    async def main() -> None:
        async with client_of(service, snapshot_delivery="blocks") as client:
            with pytest.raises(RunStartUnknownError):
                await client.runs.create("nb", run_key_input="key", check_inputs=False, timeout=5)

    service = LostStart(saved)
    run_virtually(main())
    assert service.posts == 1
