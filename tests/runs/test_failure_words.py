"""A failed run says what a person needs: what only a service can say, with the whole of the message."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from deepnote_async import Run, RunFailedError, RunStatus
from deepnote_async.runs.explain import explain
from deepnote_async.runs.failure import LONGEST_LINE, LONGEST_MESSAGE, TRACEBACK_LINES
from tests.support.service import RUN_ID, client_of, run_json
from tests.support.virtual_time import run_virtually


def told(status: str, *blocks: dict[str, Any], execution: dict[str, Any] | None = None, **fields: Any) -> str:
    """Read the result of a run that failed so; gives the message, with ID for the run's id."""
    notebooks = [{"id": "nb", "name": "N", "blocks": blocks}]
    document = {"version": "1.0.0", "project": {"id": "p", "name": "P", "notebooks": notebooks}}
    saved = {"snapshotStatus": "available", "snapshotContent": json.dumps(document | {"execution": execution or {}})}
    answer = run_json(status, **((saved if blocks else {}) | fields))

    async def main() -> str:
        async with client_of(lambda _request: httpx.Response(200, text=json.dumps(answer))) as client:
            with pytest.raises(RunFailedError) as caught:
                await client.runs.handle(RUN_ID).result()
            return str(caught.value).replace(RUN_ID, "ID")

    return run_virtually(main())


def block(number: int, *outputs: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"id": f"b{number}", "type": "code", "executionCount": number + 1, "outputs": list(outputs)} | fields


UNREACHED = block(2, executionCount=None)


def test_a_platform_fault_that_nobody_explains() -> None:
    assert (
        told("internal_error")
        == """\
Run ID ended as internal_error: the platform failed, not the notebook; starting it again may help
No document was read that would tell more."""
    )
    assert (
        told("internal_error", block(0), block(1), UNREACHED, error="no machine")
        == """\
Run ID ended as internal_error: no machine
It had reached 2 of its 3 blocks that can be executed; the last one was code block 1 (b1).
The platform failed, not the notebook; starting it again may help."""
    )


def test_a_run_that_was_stopped_between_blocks() -> None:
    assert (
        told("stopped", block(0), block(1, type="markdown"), UNREACHED)
        == """\
Run ID ended as stopped: it was interrupted by somebody, or by a call of the API
It had reached 1 of its 2 blocks that can be executed; the last one was code block 0 (b0)."""
    )
    assert (
        told("stopped")
        == """\
Run ID ended as stopped: it was interrupted by somebody, or by a call of the API
No document was read that would tell more."""
    )


def test_a_run_that_gives_no_reason_and_leaves_nothing() -> None:
    assert (
        told("error", viewUrl="https://deepnote.com/run/1")
        == """\
Run ID ended as error, and gave no reason
No document was read that would tell more.
See https://deepnote.com/run/1"""
    )
    assert (
        told("error", snapshotStatus="pending")
        == """\
Run ID ended as error, and gave no reason
What it left was still being saved; handle.result() may tell more later."""
    )


def test_a_run_whose_blocks_show_no_error() -> None:
    assert (
        told("error", block(0), UNREACHED)
        == """\
Run ID ended as error, and gave no reason
None of its blocks shows an error.
It had reached 1 of its 2 blocks that can be executed; the last one was code block 0 (b0)."""
    )


def test_a_reason_that_only_the_execution_section_tells() -> None:
    reason = {"name": "InitError", "message": "no such package", "traceback": ["line 1", "line 2"]}
    assert (
        told("error", block(0, executionCount=None), execution={"error": reason})
        == """\
Run ID ended as error: InitError: no such package
line 1
line 2
It had reached none of its 1 blocks that can be executed."""
    )
    assert (
        told("error", block(0), execution={"error": {"message": "DeadKernelError"}})
        == """\
Run ID ended as error: code block 0 (b0): DeadKernelError
It had reached 1 of its 1 blocks that can be executed.
The kernel was lost: it may have run out of memory, or native code in it may have crashed."""
    )


LOST = "The kernel was lost: it may have run out of memory, or native code in it may have crashed."
PLATFORM = "The platform failed, not the notebook; starting it again may help."


@pytest.mark.parametrize(
    ("reason", "is_lost"),
    [
        ("Kernel died", True),
        ("The kernel appears to have died. It will restart automatically.", True),
        ("DeadKernelError", True),
        ("kernel ran out of memory", True),
        ("Out of memory: killed process 17", True),
        ("the container was OOMKilled", True),
        ("killed (OOM)", True),
        ("SIGKILL", True),
        ("The kernel could not be started: the machine is gone", False),
        ("The kernel failed to start: its machine crashed", False),
        ("The kernel is alive but deadlocked; nothing is lost", False),
        ("no contact with the kernel was lost, it is still alive", False),
        ("the kernel was not lost", False),
        ("Query failed: Snowflake warehouse out of memory", False),
        ("OOM", False),
        ("a room is gone", False),
    ],
)
def test_which_reasons_tell_of_a_lost_kernel(reason: str, is_lost: bool) -> None:  # noqa: FBT001  (a parameter)
    assert (LOST in told("error", block(0), UNREACHED, error=reason)) is is_lost
    message = told("internal_error", block(0), UNREACHED, error=reason)
    assert (LOST in message, PLATFORM in message) == (is_lost, not is_lost)


@pytest.mark.parametrize(("status", "advice"), [("internal_error", "Look at"), ("stopped", "It was interrupted by")])
def test_one_advice_is_enough(status: str, advice: str) -> None:
    error = {"output_type": "error", "ename": "ValueError", "evalue": "", "traceback": []}
    field = block(0, error, type="input-text", metadata={"deepnote_variable_name": "n"})
    message = told(status, field, UNREACHED)
    assert [start for start in ("Look at", "The platform", "It was interrupted by") if f"\n{start}" in message] == [
        advice
    ]


def test_an_agent_block_that_failed() -> None:
    said = {"output_type": "stream", "name": "stdout", "text": "I looked at the table.\nIt has no rows.\n"}
    agent = block(1, said, type="agent", metadata={"deepnote_agent_status": "failed"})
    assert (
        told("error", block(0), agent, UNREACHED)
        == """\
Run ID ended as error: agent block 1 (b1): the agent block failed
I looked at the table.
It has no rows."""
    )
    assert told("error", agent, error="the model is gone").splitlines()[0] == (
        "Run ID ended as error: agent block 0 (b1): the model is gone"
    )


def test_what_the_service_says_beside_an_exception_is_told_too() -> None:
    error = {"output_type": "error", "ename": "MemoryError", "evalue": "", "traceback": ["MemoryError"]}
    assert (
        told("error", block(0, error), error="the machine has 5 GB")
        == """\
Run ID ended as error: code block 0 (b0): MemoryError
MemoryError
The service says: the machine has 5 GB"""
    )
    assert "The service says" not in told("error", block(0, error), error="MemoryError")


def test_an_exception_that_is_only_a_traceback() -> None:
    error = {"output_type": "error", "ename": "", "evalue": "", "traceback": ["Traceback:", "  x", "Oops: no"]}
    assert (
        told("error", block(0, error))
        == """\
Run ID ended as error: code block 0 (b0): Oops: no
Traceback:
  x
Oops: no"""
    )
    bare = told("error", block(0, {"output_type": "error"}))
    assert bare == "Run ID ended as error: code block 0 (b0): an error without a name"


def test_no_text_of_a_run_makes_a_message_that_cannot_be_shown() -> None:
    long = "\x1b[31m\ud800y" * 150_000
    error = {"output_type": "error", "ename": long, "evalue": long, "traceback": [long] * 15}
    row = block(0, error, id=long, type=long)
    message = told("error", snapshotStatus="available", snapshotBlocks=[row], error=long, viewUrl=long)
    message.encode()
    assert "\x1b" not in message
    assert len(message) < 3 * LONGEST_MESSAGE + (TRACEBACK_LINES + 4) * LONGEST_LINE + 200


@pytest.mark.parametrize("error", [5, ["a"], {"code": 1}])
def test_a_reason_that_is_no_text(error: object) -> None:
    assert told("error", error=error).splitlines()[0] == f"Run ID ended as error: {error}"


def test_an_address_that_is_no_text_is_left_out() -> None:
    assert "See" not in told("error", viewUrl=5)


def test_a_run_alone_is_enough() -> None:
    run = Run(run_id="r", status=RunStatus.ERROR)
    assert explain(run, None, ()).startswith("Run r ended as error, and gave no reason")
