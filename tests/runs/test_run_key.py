"""A run key: an input that marks one start, so that its run is told from all others."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from deepnote_async import AsyncDeepnote, RunHandle, RunStartUnknownError, Snapshot
from deepnote_async.runs.runkey import Evidence, RunKey, Verdict, evidence_of
from tests.support.lost_starts import without_threads
from tests.support.notebook import OLD, Notebook, Outcome, lost, ok, started
from tests.support.service import client_of
from tests.support.virtual_time import run_virtually

OURS, THEIRS = "0" * 32, "1" * 32


def given(key: object, name: str = "key") -> str:
    """Make the snapshot of a run that was started with a value."""
    return json.dumps({"execution": {"inputs": {name: key}}, "project": {"notebooks": []}})


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"on_unknown": "retry"}, "'raise' or 'reconcile', not 'retry'"),
        ({"run_key_input": ""}, "run_key_input is empty"),
        ({"run_key_input": 5}, "not int"),
        ({"run_key_input": "key", "inputs": {"key": "mine"}}, "input 'key' is the run_key_input"),
    ],
)
def test_options_that_cannot_be(options: dict[str, Any], reason: str) -> None:
    notebook = Notebook()
    error, _seconds = started(notebook, **options)
    assert isinstance(error, ValueError | TypeError)
    assert reason in str(error)
    assert (notebook.posts, notebook.lists) == ([], 0)


@pytest.fixture
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    without_threads(monkeypatch)


def marked(*run_ids: str, another: str = "another") -> Outcome:
    """Lose the answer; the first of these runs was started with the key, the others with something else."""

    def outcome(notebook: Notebook) -> httpx.Response:
        key = notebook.posts[-1]["inputs"]["key"]
        for run_id in run_ids:
            notebook.documents[run_id] = given(key if run_id == run_ids[0] else another)
        return lost(*run_ids)(notebook)  # type: ignore[no-any-return]

    return outcome


@pytest.mark.usefixtures("_at_once")
def test_a_run_key_tells_the_lost_run_from_others() -> None:
    notebook = Notebook(marked("new", "other-1", "other-2"))
    handle, _seconds = started(notebook, inputs={"a": "x"}, run_key_input="key")
    assert isinstance(handle, RunHandle)
    assert (handle.id, handle.adopted, len(notebook.posts)) == ("new", True, 1)
    assert notebook.posts[0]["inputs"]["a"] == "x"
    assert notebook.reads == 3


@pytest.mark.usefixtures("_at_once")
def test_a_run_that_goes_on_is_waited_for_since_only_its_snapshot_tells_the_key() -> None:
    def outcome(notebook: Notebook) -> httpx.Response:
        notebook.statuses["new"] = "running"
        notebook.later(60, lambda: notebook.statuses.pop("new"))
        return marked("new")(notebook)  # type: ignore[no-any-return]

    notebook = Notebook(outcome)
    handle, seconds = started(notebook, run_key_input="key")
    assert isinstance(handle, RunHandle)
    assert (handle.id, handle.status, notebook.reads) == ("new", "success", 1)
    assert 60 <= seconds <= 62
    assert started(Notebook(outcome), run_key_input="key", timeout=49)[1] == 59


@pytest.mark.usefixtures("_at_once")
def test_with_a_key_a_start_of_which_no_run_came_is_sent_once_more_with_the_same_key() -> None:
    def outcome(notebook: Notebook) -> httpx.Response:
        notebook.documents["other"] = given("another")
        return lost("other")(notebook)  # type: ignore[no-any-return]

    notebook = Notebook(outcome, ok("new"))
    handle, seconds = started(notebook, run_key_input="key")
    assert isinstance(handle, RunHandle)
    assert (handle.id, handle.adopted, seconds) == ("new", False, 10)
    assert notebook.posts[0] == notebook.posts[1]
    assert notebook.reads == 1  # what is known not to match is not read again


@pytest.mark.usefixtures("_at_once")
@pytest.mark.parametrize("document", [None, "a: [", "project: {notebooks: []}", given("x").replace("inputs", "values")])
def test_a_snapshot_that_does_not_tell_the_inputs_proves_nothing(document: str | None) -> None:
    def outcome(notebook: Notebook) -> httpx.Response:
        notebook.documents["silent"] = document
        return lost("silent")(notebook)  # type: ignore[no-any-return]

    notebook = Notebook(outcome, ok("double"))
    error, seconds = started(notebook, run_key_input="key", timeout=5)
    assert isinstance(error, RunStartUnknownError)
    assert (len(notebook.posts), seconds) == (1, 20)
    assert (error.run_key_input, error.run_key) == ("key", notebook.posts[0]["inputs"]["key"])


@pytest.mark.usefixtures("_at_once")
def test_lost_starts_of_one_client_read_each_run_once() -> None:
    notebook = Notebook(marked("one", "other"), lost(), ok("two"))

    async def main() -> int:
        async with client_of(notebook.answer) as client:
            await client.runs.create("nb", run_key_input="key")
            before = notebook.reads
            await client.runs.create("nb", run_key_input="key")
            return notebook.reads - before

    assert run_virtually(main()) == len(OLD)  # "other" is known from the first search, and the old ones have nothing


@pytest.mark.usefixtures("_at_once")
def test_an_old_run_that_tells_nothing_does_not_stand_in_the_way() -> None:
    notebook = Notebook(ok("one"), lost(), ok("two"))

    async def main() -> str:
        async with client_of(notebook.answer) as client:
            await client.runs.create("nb", run_key_input="key")
            return (await client.runs.create("nb", run_key_input="key")).id

    assert run_virtually(main()) == "two"


@pytest.mark.usefixtures("_at_once")
def test_others_that_come_after_the_time_to_appear_are_not_waited_for() -> None:
    def outcome(notebook: Notebook) -> httpx.Response:
        notebook.statuses |= {"slow": "running", "endless": "running"}
        notebook.documents["slow"] = given("another")
        notebook.later(11, lambda: notebook.runs.insert(0, "endless"))
        notebook.later(20, lambda: notebook.statuses.pop("slow"))
        return lost("slow")(notebook)  # type: ignore[no-any-return]

    notebook = Notebook(outcome, ok("new"))
    handle, seconds = started(notebook, run_key_input="key")
    assert isinstance(handle, RunHandle)
    assert handle.id == "new"
    assert 20 <= seconds <= 22


@pytest.mark.usefixtures("_at_once")
def test_only_the_first_start_with_a_key_lists_the_runs_before() -> None:
    notebook = Notebook(ok("one"), ok("two"), marked("three"))

    async def main() -> list[str]:
        async with client_of(notebook.answer) as client:
            handles = [await client.runs.create("nb", run_key_input="key") for _ in range(2)]
            assert notebook.lists == 1
            handles.append(await client.runs.create("nb", run_key_input="key"))
            return [handle.id for handle in handles]

    assert run_virtually(main()) == ["one", "two", "three"]
    assert len({post["inputs"]["key"] for post in notebook.posts}) == 3
    assert notebook.reads == 1


def block(value: Any, name: str = "key") -> dict[str, Any]:
    return {
        "id": "b",
        "type": "input-text",
        "metadata": {"deepnote_variable_name": name, "deepnote_variable_value": value},
    }


@pytest.mark.parametrize(
    ("document", "verdict"),
    [
        ({"execution": {"inputs": {"key": OURS}}}, Verdict.OURS),
        ({"execution": {"inputs": {"key": THEIRS}}}, Verdict.ANOTHER),
        ({"execution": {"inputs": {}}}, Verdict.ANOTHER),
        ({"execution": {}}, Verdict.SILENT),
        ({"execution": {"inputs": None}}, Verdict.SILENT),
        ({"execution": [], "blocks": [block(OURS)]}, Verdict.OURS),
        ({"execution": {"inputs": {}}, "blocks": [block(OURS)]}, Verdict.OURS),
        ({"blocks": [block(THEIRS)]}, Verdict.SILENT),  # it may be what is saved in the notebook
        ({"blocks": [block("saved in the notebook")]}, Verdict.SILENT),
        ({"blocks": [block(["a"])]}, Verdict.SILENT),
        ({"blocks": [block(THEIRS, name="other")]}, Verdict.SILENT),
    ],
)
def test_what_a_snapshot_says_of_a_key(document: dict[str, Any], verdict: Verdict) -> None:
    blocks = document.pop("blocks", [])
    notebooks = [{"id": "nb", "name": "N", "blocks": blocks}]
    snapshot = Snapshot.parse(json.dumps(document | {"project": {"notebooks": notebooks}}))
    assert evidence_of(snapshot, "key").verdict(RunKey(name="key", value=OURS)) is verdict


def test_an_unreadable_document_says_nothing() -> None:
    assert Evidence().verdict(RunKey.fresh("key")) is Verdict.SILENT


@pytest.mark.parametrize("address", ["https://169.254.169.254/x", "https://storage.example.com/x"])
def test_a_snapshot_that_cannot_be_fetched_leaves_the_start_unknown(address: str) -> None:
    """It must not take the place of what is known of the start."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            sent.append(request)
            raise httpx.ReadError("reset")
        if request.url.host != "api.example.test":
            return httpx.Response(403)
        if request.url.path.endswith("/runs"):
            rows = [{"runId": "r-lost", "status": "success"}] if sent else []
            return httpx.Response(
                200, json={"runs": rows, "pagination": {"hasMore": False, "pageSize": 100, "nextPageToken": None}}
            )
        run = {"runId": "r-lost", "status": "success", "snapshotStatus": "available", "snapshotDownloadUrl": address}
        return httpx.Response(200, json={"run": run})

    sent: list[httpx.Request] = []

    async def main() -> None:
        async with client_of(answer) as client:
            with pytest.raises(RunStartUnknownError) as caught:
                await client.runs.create("nb", run_key_input="run_key", timeout=5)
            assert caught.value.run_key_input == "run_key"

    run_virtually(main())
    assert len(sent) == 1


def test_a_client_that_is_closed_during_the_search_still_tells_of_the_start() -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            loop = asyncio.get_running_loop()
            loop.call_later(1, lambda: closing.append(asyncio.ensure_future(clients[0].aclose())))
            raise httpx.ReadError("reset")
        pagination = {"hasMore": False, "pageSize": 100, "nextPageToken": None}
        return httpx.Response(200, json={"runs": [], "pagination": pagination})

    clients: list[AsyncDeepnote] = []
    closing: list[asyncio.Future[None]] = []

    async def main() -> None:
        async with client_of(answer) as client:
            clients.append(client)
            with pytest.raises(RunStartUnknownError) as caught:
                await client.runs.create("nb", on_unknown="reconcile")
            assert any("The search for the run ended early: RuntimeError" in note for note in caught.value.__notes__)

    run_virtually(main())
