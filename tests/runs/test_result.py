"""Results: when the snapshot comes, what is read from it, and why a run failed."""

from __future__ import annotations

import copy
import json
import pickle
import threading
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest

from deepnote_async import Failure, Outcome, RunFailedError, RunResult, RunTimeoutError, Snapshot, SnapshotError
from deepnote_async.runs import result as result_module
from tests.support.service import RUN_ID, client_of, run_json
from tests.support.virtual_time import run_virtually


def document(*blocks: dict[str, Any], notebook_id: str = "nb") -> str:
    """Make a snapshot; JSON is YAML."""
    other = {"id": "other", "name": "Other", "blocks": [{"id": "x", "type": "code", "outputs": [stream("other")]}]}
    notebooks = [other, {"id": notebook_id, "name": "N", "blocks": list(blocks)}]
    return json.dumps({"version": "1.0.0", "project": {"id": "p", "name": "P", "notebooks": notebooks}})


def stream(text: Any, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


def code(block_id: str, *outputs: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"id": block_id, "type": "code", "content": "", "executionCount": 1, "outputs": list(outputs)} | fields


ERROR = {
    "output_type": "error",
    "ename": "ValueError",
    "evalue": "bad",
    "traceback": ["\x1b[31mline 1\x1b[0m", "line 2"],
}


def result_of(look: Callable[[float], dict[str, Any]], *, check: bool = False) -> tuple[RunResult, float, int]:
    """Read a result in virtual time; gives it with the seconds and the requests it took."""

    async def main() -> tuple[RunResult, float, int]:
        began, requests = anyio.current_time(), 0

        def answer(_request: httpx.Request) -> httpx.Response:
            nonlocal requests
            requests += 1
            return httpx.Response(200, json=look(anyio.current_time() - began))

        async with client_of(answer) as client:
            result = await client.runs.handle(RUN_ID).result(check=check)
            return result, anyio.current_time() - began, requests

    return run_virtually(main())


def available(content: str | None, status: str = "success", **fields: Any) -> dict[str, Any]:
    return run_json(status, snapshotStatus="available", snapshotContent=content, **fields)


def test_the_notebook_that_ran_is_read() -> None:
    value = {"output_type": "execute_result", "data": {"text/plain": ["4", "2"]}, "metadata": {}, "execution_count": 1}
    content = document(code("a", stream(["one\n", "two\n"]), stream("oops", "stderr")), code("b", value))
    result, _seconds, requests = result_of(lambda _: available(content))
    assert result.text == "one\ntwo\n42\n"
    assert [block.id for block in result.blocks] == ["a", "b"]
    assert requests == 2  # one look at the status, one for the snapshot


def test_the_snapshot_may_come_after_the_status() -> None:
    def look(age: float) -> dict[str, Any]:
        return available(document(code("a", stream("late")))) if age >= 8 else run_json(snapshotStatus="pending")

    result, seconds, _requests = result_of(look)
    assert result.text == "late"
    assert 8 <= seconds <= 9


def test_a_snapshot_that_never_comes_is_given_up() -> None:
    result, seconds, _requests = result_of(lambda _: run_json(snapshotStatus="pending"))
    assert (result.status, result.snapshot, result.text) == ("success", None, "")
    assert 30 <= seconds <= 31


def test_an_unavailable_snapshot_is_not_waited_for() -> None:
    result, seconds, requests = result_of(lambda _: run_json(snapshotStatus="unavailable"))
    assert (result.snapshot, seconds, requests) == (None, 0, 2)


@pytest.mark.parametrize("content", [None, ""])
def test_a_server_that_does_not_tell_is_asked_for_a_few_seconds(content: str | None) -> None:
    result, seconds, _requests = result_of(lambda _: run_json(snapshotStatus=None, snapshotContent=content))
    assert result.snapshot is None
    assert 5 <= seconds <= 6
    nested = run_json(snapshotStatus=None, snapshot={"snapshotContent": document(code("a", stream("nested")))})
    assert result_of(lambda _: nested)[0].text == "nested"


def test_a_broken_snapshot_is_an_error_and_not_an_empty_result() -> None:
    with pytest.raises(SnapshotError, match="not YAML") as caught:
        result_of(lambda _: available("a: [unclosed"))
    assert caught.value.run_id == RUN_ID
    with pytest.raises(SnapshotError, match=r"no project\.notebooks"):
        result_of(lambda _: available("a: 1"))


@pytest.mark.parametrize(
    ("blocks", "error", "expected"),
    [
        (
            [code("a", stream("ok")), code("b", ERROR)],
            None,
            Failure(
                message="ValueError: bad", block_id="b", block_type="code", position=1,
                ename="ValueError", evalue="bad", traceback="line 1\nline 2",
            ),
        ),
        (
            [{"id": "g", "type": "agent", "metadata": {"deepnote_agent_status": "failed"}}],
            None,
            Failure(message="the agent block failed", block_id="g", block_type="agent", position=0),
        ),
        ([code("a")], "the machine is gone", Failure(message="the machine is gone")),
        ([code("a")], None, None),
    ],
)  # fmt: skip
def test_the_reason_of_a_failure_is_found(
    blocks: list[dict[str, Any]], error: str | None, expected: Failure | None
) -> None:
    result, _seconds, _requests = result_of(lambda _: available(document(*blocks), "error", error=error))
    assert result.failure == expected
    with pytest.raises(RunFailedError) as caught:
        result.raise_for_status()
    assert RUN_ID in str(caught.value)
    assert (expected.message if expected else "gave no reason") in str(caught.value)


def test_a_success_has_no_failure() -> None:
    result, _seconds, _requests = result_of(lambda _: available(document(code("a"))), check=True)
    assert result.failure is None
    result.raise_for_status()


def test_a_lost_snapshot_of_a_failed_run_still_fails() -> None:
    with pytest.raises(RunFailedError, match="ended as stopped") as caught:
        result_of(lambda _: run_json("stopped"), check=True)
    assert caught.value.run_id == RUN_ID
    assert caught.value.result.blocks == ()


def test_a_failure_can_be_sent_to_another_process() -> None:
    with pytest.raises(RunFailedError) as caught:
        result_of(lambda _: available(document(code("b", ERROR)), "error"), check=True)
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301  (made right here)
    assert again.failure == caught.value.failure
    assert (again.run_id, str(again), again.result.text) == (RUN_ID, str(caught.value), "")
    assert again.result.handle.to_dict() == caught.value.result.handle.to_dict()
    with pytest.raises(RuntimeError, match=r"client\.runs\.from_dict"):
        run_virtually(again.result.handle.refresh())


def test_a_passing_trouble_does_not_cost_the_result() -> None:
    looks = 0

    async def main() -> str:
        def answer(_request: httpx.Request) -> httpx.Response:
            nonlocal looks
            looks += 1
            if looks in {2, 3}:
                return httpx.Response(503)
            if looks == 4:
                return httpx.Response(200, html="<html>a proxy</html>")
            return httpx.Response(200, json=available(document(code("a", stream("there")))))

        async with client_of(answer) as client:
            return (await client.runs.handle(RUN_ID).result()).text

    assert run_virtually(main()) == "there"


@pytest.mark.parametrize("timeout", [0.0, 1.0])
def test_the_time_for_a_snapshot_is_kept(timeout: float) -> None:
    async def main() -> float:
        async def hang(_request: httpx.Request) -> httpx.Response:
            await anyio.sleep(3600)
            raise AssertionError("unreachable")

        async with client_of(hang, timeout=None) as client:
            began = anyio.current_time()
            with pytest.raises(RunTimeoutError, match="told nothing of the snapshot"):
                await client.runs.handle(RUN_ID).snapshot(timeout=timeout)
            return anyio.current_time() - began

    assert run_virtually(main()) == pytest.approx(timeout)


def test_a_copy_within_this_process_keeps_its_client() -> None:
    async def main() -> None:
        async with client_of(lambda _request: httpx.Response(200, json=run_json())) as client:
            handle = client.runs.handle(RUN_ID)
            outcome = Outcome(index=0, inputs={"n": [1]}, handle=handle)
            copied = copy.deepcopy(outcome)
            assert copied.inputs is not outcome.inputs
            for other in (copy.copy(handle), copied.handle):
                assert other is not None
                assert (await other.wait()).status == "success"

    run_virtually(main())


def test_a_run_known_to_have_ended_is_not_waited_for() -> None:
    requests = 0

    async def main() -> None:
        def answer(_request: httpx.Request) -> httpx.Response:
            nonlocal requests
            requests += 1
            return httpx.Response(200, json=run_json())

        async with client_of(answer) as client:
            handle = client.runs.handle(RUN_ID)
            await handle.refresh()
            assert (await handle.wait(timeout=0)).status == "success"

    run_virtually(main())
    assert requests == 1


def unmarked(block_id: str, *outputs: dict[str, Any], kind: str = "code") -> dict[str, Any]:
    return {"id": block_id, "type": kind, "content": "", "outputs": list(outputs)}


@pytest.mark.parametrize(
    ("status", "executed", "blocks", "reached"),
    [
        ("success", None, [unmarked("a"), unmarked("t", kind="markdown"), unmarked("b")], "yes no yes"),
        ("success", 1, [unmarked("a", stream("x")), unmarked("b")], "yes no"),
        ("success", 3, [unmarked("a", stream("x")), unmarked("b")], "yes yes"),
        ("success", 2, [unmarked("i", kind="input-text"), unmarked("a", stream("x")), unmarked("b")], "yes yes yes"),
        ("success", 1, [unmarked("i", kind="input-text"), unmarked("a", stream("x")), unmarked("b")], "yes yes no"),
        ("success", 0, [unmarked("i", kind="input-text")], "yes"),
        ("stopped", 2, [unmarked("a"), unmarked("b")], "yes yes"),
        ("stopped", 1, [unmarked("i", kind="input-text"), unmarked("a")], "no no"),
        ("stopped", None, [unmarked("a"), unmarked("b", stream("x")), unmarked("c")], "yes yes no"),
        ("stopped", None, [unmarked("a"), unmarked("b")], "no no"),
        ("error", 3, [unmarked("a"), unmarked("b", ERROR), unmarked("c")], "yes failed no"),
        ("success", None, [code("a"), unmarked("b")], "yes no"),  # a document that has marks is taken at its word
    ],
)
def test_where_the_document_has_no_marks_the_run_tells_what_was_reached(
    status: str, executed: int | None, blocks: list[dict[str, Any]], reached: str
) -> None:
    content = json.loads(document(*blocks))
    content["execution"] = {} if executed is None else {"summary": {"blocksExecuted": executed}}
    result, _seconds, _requests = result_of(lambda _: available(json.dumps(content), status))
    words = {"succeeded": "yes", "not_reached": "no", "failed": "failed"}
    assert " ".join(words[block.status] for block in result.blocks) == reached


@pytest.mark.parametrize(("executed", "reached"), [(3, "yes yes"), (2, "yes no"), (4, "yes yes")])
def test_the_blocks_of_the_init_notebook_are_taken_off_the_count(executed: int, reached: str) -> None:
    content = json.loads(document(unmarked("a", stream("x")), unmarked("b")))
    init = {"id": "init", "name": "I", "blocks": [unmarked("i"), unmarked("t", kind="markdown")]}
    content["project"]["notebooks"].append(init)
    content["project"]["initNotebookId"] = "init"
    content["execution"] = {"summary": {"blocksExecuted": executed}}
    result, _seconds, _requests = result_of(lambda _: available(json.dumps(content)))
    words = {"succeeded": "yes", "not_reached": "no"}
    assert " ".join(words[block.status] for block in result.blocks) == reached


BEGAN = {"executionStartedAt": "2026-01-01T00:00:01Z"}
ENDED = BEGAN | {"executionFinishedAt": "2026-01-01T00:00:02Z"}


@pytest.mark.parametrize(
    ("status", "error", "marks", "statuses"),
    [
        ("error", "Kernel died", [ENDED, BEGAN, {}], "succeeded failed not_reached"),
        ("error", "Kernel died", [ENDED, {"metadata": {"execution_start": 5}}, {}], "succeeded failed not_reached"),
        ("error", "Kernel died", [ENDED, ENDED, {}], "succeeded failed not_reached"),  # its end was noted
        ("error", "Kernel died", [{}, {"outputs": [stream("x")]}, {}], "succeeded failed not_reached"),
        ("error", "Kernel died", [{}, {}, {}], "not_reached not_reached not_reached"),
        ("stopped", None, [ENDED, BEGAN, {}], "succeeded failed not_reached"),
        ("stopped", None, [BEGAN, ENDED, {}], "succeeded succeeded not_reached"),
        ("success", None, [ENDED, BEGAN, BEGAN], "succeeded succeeded succeeded"),
    ],
)
def test_the_block_in_which_a_run_broke_off_has_failed(
    status: str, error: str | None, marks: list[dict[str, Any]], statuses: str
) -> None:
    content = document(*(unmarked(f"b{number}") | mark for number, mark in enumerate(marks)))
    result, _seconds, _requests = result_of(lambda _: available(content, status, error=error))
    assert " ".join(block.status for block in result.blocks) == statuses
    if error is not None and "failed" in statuses:
        assert result.failure is not None
        assert result.failure.block_id == "b1"
    assert result._repr_html_().count("dn-block dn-failed") == statuses.count("failed")


def test_a_kernel_that_was_lost_in_the_init_notebook_fails_no_block_of_the_one_that_ran() -> None:
    content = json.loads(document(unmarked("a"), unmarked("b")))
    content["project"]["notebooks"].append({"id": "init", "name": "I", "blocks": [unmarked("i") | BEGAN]})
    content["project"]["initNotebookId"] = "init"
    result, _seconds, _requests = result_of(lambda _: available(json.dumps(content), "error", error="Kernel died"))
    assert result.failure is not None
    assert (result.failure.block_id, result.failure.init_notebook) == ("i", "I")
    assert [block.status for block in result.blocks] == ["not_reached", "not_reached"]


@pytest.mark.parametrize("status", ["success", "error"])
def test_all_that_is_read_of_a_document_is_read_in_one_other_thread(
    status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []

    def noted(work: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            threads.append(threading.get_ident())
            return work(*arguments, **options)

        return call

    for name in ("with_reach", "diagnose"):
        monkeypatch.setattr(result_module, name, noted(getattr(result_module, name)))
    monkeypatch.setattr(Snapshot, "parse", noted(Snapshot.parse))
    result_of(lambda _: available(document(unmarked("a")), status))
    assert len(threads) == 3
    assert len(set(threads)) == 1
    assert threading.get_ident() not in threads
