"""`runs.map` of Datalore: the same engine over the other contract."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from deepnote_async import BadRequestError, RunStartUnknownError
from deepnote_async.datalore import AsyncDatalore
from deepnote_emulator import Emulator
from tests.datalore.service import client_of, run_json
from tests.support.service import body_of


async def test_each_run_gets_its_parameters() -> None:
    bodies: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method != "POST":
            return httpx.Response(200, json=run_json(runId=request.url.path.rpartition("/")[2]))
        bodies.append(body_of(request))
        value = bodies[-1]["parameters"][0]["value"]
        if value == "bad":
            return httpx.Response(400, json={"error": "no"})
        if value == "lost":
            raise httpx.ReadError("reset")
        return httpx.Response(200, json={"runId": f"run-{value}"})

    many: list[Any] = [{"Region": "EU"}, {"Region": "bad"}, {"Region": "lost"}, {"Region": object()}]
    async with (
        client_of(answer) as client,
        client.runs.map("u/n", many, ordered=True, update_report="on success") as outcomes,
    ):
        good, refused, lost, bad = [outcome async for outcome in outcomes]
    assert good.unwrap().run.run_id == "run-EU"
    assert isinstance(refused.error, BadRequestError)
    assert isinstance(lost.error, RunStartUnknownError)
    assert str(bad.error).startswith("many_parameters[3]: parameter 'Region': JSON cannot hold a object")
    assert len(bodies) == 3
    assert bodies[0] == {
        "notebookId": "u/n",
        "updateReport": "on success",
        "parameters": [{"name": "Region", "value": "EU"}],
    }


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"notebook_id": "u"}, "must be 'user/notebook'"),
        ({"update_report": "on_success"}, "with a space"),
        ({"concurrency": 0}, "at least 1"),
        ({"many_parameters": {"Region": "EU"}}, "many_parameters takes an iterable of mappings"),
    ],
)
async def test_what_makes_no_sense_is_refused_before_anything_starts(arguments: dict[str, Any], reason: str) -> None:
    given: dict[str, Any] = {"notebook_id": "u/n", "many_parameters": []} | arguments
    async with client_of(lambda _: httpx.Response(500)) as client:
        with pytest.raises((ValueError, TypeError), match=reason):
            client.runs.map(**given)


async def test_on_the_emulator(datalore: AsyncDatalore, emulator: Emulator) -> None:
    notebook = f"somebody/{emulator.notebook_id('score.deepnote')}"
    many = [{"region": region} for region in ("EU", "US")]
    async with datalore.runs.map(notebook, many, ordered=True) as outcomes:
        texts = [outcome.unwrap().text.split(" ")[0] async for outcome in outcomes]
    assert texts == ["region=EU", "region=US"]
