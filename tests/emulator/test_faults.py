"""Plans of faults in a running emulator: whom they meet, what is told of them, and how they end."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from pathlib import Path
from typing import Any, get_args

import anyio
import anyio.to_thread
import httpx
import pytest
import yaml

from deepnote_emulator import Emulator, EmulatorError, Fault, FaultStep
from deepnote_emulator.faults import FaultBook
from deepnote_emulator.faults.model import Kind
from deepnote_emulator.faults.reading import read_plan
from deepnote_emulator.server import datalore, sites
from tests.emulator.bare_client import Client, until

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.usefixtures("silent_server")


async def test_what_is_refused_afterwards_was_not_applied(bare: Client) -> None:
    bare.emulator.faults.set([FaultStep("createRun", Fault("wrong_length", phase="after"))])
    seen = await bare.ask("POST", "/v2/runs", b"{}")
    assert json.loads(seen.body) == {"message": "The body lacks notebookId"}
    (entry,) = bare.emulator.faults.journal
    assert (entry.applied, entry.status) == (False, 400)


async def test_calls_are_counted_and_strangers_meet_no_fault(bare: Client) -> None:
    before = bare.emulator.calls
    bare.emulator.faults.set([FaultStep("*", Fault("status", status=503), nth=2)])
    assert (await bare.ask("GET", "/v2/me", token="wrong")).status == 401
    assert (await bare.ask("GET", "/v2/nothing")).status == 404
    assert [(await bare.ask("GET", "/v2/me")).status for _ in range(3)] == [200, 503, 200]
    assert bare.emulator.calls - before == {"getMe": 4}
    assert bare.emulator.calls["createNotebook"] == 0
    assert (bare.emulator.faults.matched, bare.emulator.faults.consumed) == ((3,), (1,))


async def test_faults_never_happen_to_the_emulators_own_routes(bare: Client) -> None:
    bare.emulator.faults.set([FaultStep("*", Fault("reset"), probability=1)])
    assert (await bare.ask("GET", "/_emulator/coverage")).status == 200
    assert (await bare.ask("GET", "/_emulator/faults")).status == 200
    assert (await bare.ask("GET", "/v2/me")).end == "RST"


async def test_datalore_has_faults_of_its_own(bare: Client) -> None:
    bare.emulator.faults.set(
        [
            FaultStep("datalore.runNotebook", Fault("truncated_json", phase="after")),
            FaultStep("datalore.getRun", Fault("status", status=429)),
        ]
    )
    body = json.dumps({"notebookId": f"me/{bare.notebook_id}"}).encode()
    seen = await bare.ask("POST", "/api/run/v1/notebook", body)
    assert seen.body.startswith(b'{"runId')
    assert not seen.body.endswith(b"}")
    assert json.loads((await bare.ask("GET", "/api/run/v1/x")).body) == {"error": "Too Many Requests"}
    assert bare.emulator.faults.left == (0, 0)


async def test_the_download_of_a_snapshot_can_go_wrong_too(bare: Client) -> None:
    url = (await ended(bare))["snapshotDownloadUrl"]
    before = bare.emulator.calls["downloadSnapshot"]
    bare.emulator.faults.set(
        [
            FaultStep("downloadSnapshot", Fault("status", status=403, body="expired")),
            FaultStep("downloadSnapshot", Fault("close_in_body", phase="after"), nth=2),
        ]
    )
    async with httpx.AsyncClient() as http:
        assert (await http.get(url)).text == "expired"
        with pytest.raises(httpx.RemoteProtocolError, match="complete message body"):
            await http.get(url)
        assert (await http.get(url)).text.startswith("metadata:")
    assert bare.emulator.calls["downloadSnapshot"] - before == 3
    assert [entry.applied for entry in bare.emulator.faults.journal] == [False, True]


async def test_a_token_in_the_wrong_place_meets_no_fault_but_is_held_against_the_client(notebooks: Path) -> None:
    emulator = Emulator(notebooks, engine="simulated")
    emulator.start()
    try:
        run = await ended(Client(emulator))
        emulator.faults.set([FaultStep("downloadSnapshot", Fault("status", status=503))])
        async with httpx.AsyncClient() as http:
            refused = await http.get(run["snapshotDownloadUrl"], headers={"authorization": "Bearer x"})
        assert refused.status_code == 400
        assert emulator.faults.matched == (0,)
    finally:
        with pytest.raises(EmulatorError, match="a client sent its token along"):
            emulator.__exit__(None, None, None)


async def ended(bare: Client) -> Any:
    """Run a notebook until its snapshot is there."""
    run = json.loads((await bare.start()).body)
    with anyio.fail_after(30):
        while run.get("snapshotDownloadUrl") is None:
            run = json.loads((await bare.ask("GET", f"/v2/runs/{run['runId']}")).body)["run"]
    return run


def test_datalores_operations_are_named_as_in_its_contract() -> None:
    document = yaml.safe_load((ROOT / "datalore" / "openapi.yaml").read_text())
    told = {
        (method.upper(), path.replace("runId", "run_id")): f"datalore.{operation['operationId']}"
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if isinstance(operation, dict)
    }
    assert told.items() <= datalore.OPERATIONS.items()


async def test_a_plan_is_set_read_and_cleared_over_http(simulated: Emulator) -> None:
    steps: list[dict[str, Any]] = [
        {"operation": "createRun", "fault": {"kind": "reset", "phase": "after"}},
        {"operation": "getMe", "fault": {"kind": "status", "phase": "before", "status": 429}, "count": 2},
    ]
    headers = {"authorization": f"Bearer {simulated.token}"}
    async with httpx.AsyncClient(base_url=simulated.url, headers=headers) as http:
        put = await http.post("/_emulator/faults", json={"seed": 7, "steps": steps})
        assert put.status_code == 200
        assert (put.json()["seed"], put.json()["journal"]) == (7, [])
        assert (await http.get("/v2/me")).status_code == 429
        told = (await http.get("/_emulator/faults")).json()
        refused = await http.post("/_emulator/faults", json={"steps": [steps[0] | {"operation": "x"}]})
        unread = await http.post("/_emulator/faults", content=b"{")
        kept = (await http.get("/_emulator/faults")).json()
        cleared = await http.delete("/_emulator/faults")
        empty = (await http.get("/_emulator/faults")).json()
        stranger = await http.get("/_emulator/faults", headers={"authorization": "Bearer x"})
    assert told["steps"] == [
        steps[0] | {"matched": 0, "consumed": 0, "left": 1},
        steps[1] | {"matched": 1, "consumed": 1, "left": 1},
    ]
    assert told["journal"] == [
        {
            "number": 1, "operation": "getMe", "step": 1, "fault": steps[1]["fault"], "phase": "before",
            "applied": False, "status": 429,
        }
    ]  # fmt: skip
    assert told["calls"]["getMe"] >= 1
    assert refused.status_code == 400
    assert refused.json() == {"message": "Not a plan of faults: steps[0].operation 'x' is no operation of the emulator"}
    assert unread.status_code == 400
    assert unread.json()["message"].startswith("Not a plan of faults: Expecting property name")
    assert kept == told
    assert cleared.status_code == 204
    assert (empty["steps"], empty["journal"]) == ([], [])
    assert stranger.status_code == 401


@pytest.mark.parametrize(
    "fault", [Fault("hang"), Fault("drip", seconds=3600), Fault("delay", seconds=3600), Fault("hang", phase="after")]
)
async def test_the_end_of_the_emulator_waits_for_no_fault(
    notebooks: Path, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sites, "CLOSE_SECONDS", 40.0)  # how long the server waits for answers that are going on
    emulator = Emulator(notebooks, engine="simulated")
    threads = threading.active_count()
    emulator.start()
    try:
        bare = Client(emulator)
        emulator.faults.set([FaultStep("getMe", fault)])
        asked = asyncio.create_task(bare.ask("GET", "/v2/me"))
        await until(lambda: emulator.faults.consumed == (1,))
    finally:
        with anyio.fail_after(20):
            await anyio.to_thread.run_sync(emulator.stop, abandon_on_cancel=True)
    seen = await asked
    assert seen.end in {"RST", "FIN"} or fault.kind == "delay"
    assert threading.active_count() <= threads + 1  # the worker that stopped it
    with pytest.raises(RuntimeError, match="not running"):
        _ = emulator.faults.journal


def test_a_fault_that_begins_after_the_end_is_cut_at_once() -> None:
    class Line:
        def __init__(self, name: str) -> None:
            self.name = name

        def cut(self) -> None:
            cut.append(self.name)

    cut: list[str] = []
    book = FaultBook()
    with book.holding(Line("early")):
        assert cut == []
        book.close()
        assert cut == ["early"]
        with book.holding(Line("late")):
            assert cut == ["early", "late"]


def test_the_plan_can_be_changed_from_many_threads(simulated: Emulator) -> None:
    def change(number: int) -> None:
        simulated.faults.set([FaultStep("getMe", Fault("reset"), nth=number)] * number)

    threads = [threading.Thread(target=change, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {step.nth for step in simulated.faults.steps} == {len(simulated.faults.steps)}
    simulated.faults.clear()
    assert simulated.faults.steps == ()


def test_the_plan_of_the_documentation_is_one_in_both_forms(simulated: Emulator) -> None:
    page = (ROOT / "docs" / "emulator.md").read_text().partition("## Faults by plan")[2]
    python, written = (re.search(rf"```{name}\n(.+?)```", page, re.DOTALL) for name in ("python", "json"))
    assert python
    assert written
    steps, seed = read_plan(json.loads(written[1]))
    simulated.faults.set(steps, seed=seed)
    assert len(steps) == 3
    assert simulated.faults.steps == steps
    for step in steps:
        assert repr(step.operation).replace("'", '"') in python[1]
        assert f'Fault("{step.fault.kind}"' in python[1]
    kinds = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.+?) (?:with .+?)?\|", page, re.MULTILINE))))
    assert set(get_args(Kind)) <= kinds
    simulated.faults.clear()
