"""What is logged, what is not, and that no secret is in it."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
import traceback
from pathlib import Path

import httpx
import pytest

from deepnote_async import AsyncDeepnote, CallError, DeepnoteError, RateLimitError, Retry, RunStartUnknownError
from deepnote_emulator import Emulator
from tests.support.service import RUN_ID, client_of, run_json

TOKEN = "tok-" + "0123456789" * 2
ROOT = Path(__file__).resolve().parent.parent.parent


async def test_requests_are_logged_at_debug(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "deepnote_async")
    answer = httpx.Response(200, json=run_json(), headers={"x-request-id": "r-1"})
    async with client_of(lambda _: answer) as client:
        await client.runs.get(RUN_ID)
    (line,) = [record.getMessage() for record in caplog.records if record.name == "deepnote_async"]
    assert line.startswith("GET /v2/runs/{run_id} attempt 1: 200 in ")
    assert line.endswith("request id r-1")


async def test_retries_and_rate_changes_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "deepnote_async")
    answers = [httpx.Response(429, headers={"retry-after": "0"}), httpx.Response(200, json=run_json())]
    async with client_of(lambda _: answers.pop(0), retry=Retry()) as client:
        await client.runs.get(RUN_ID)
    levels = {record.levelname: record.getMessage() for record in caplog.records if record.name == "deepnote_async"}
    assert levels["WARNING"].startswith("rate limit hit: nothing is sent for 0.0 s, then at most ")
    assert "attempt 1 failed (429 Too Many Requests); again in " in levels["INFO"]


async def test_no_log_of_any_library_holds_the_token_or_a_body(
    emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with AsyncDeepnote(emulator.token, emulator.url, retry=None) as client:
        with pytest.raises(DeepnoteError):
            await client.runs.create("no-such-notebook", inputs={"password": "hunter-two"})
        await client.me.get()
    text = "\n".join(f"{record.getMessage()} {record.args!r}" for record in caplog.records)
    assert "POST /v2/runs attempt 1: 400" in text
    assert emulator.token not in text
    assert "hunter-two" not in text


async def test_httpx_logs_no_address_of_a_call(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "httpx")
    async with AsyncDeepnote("tok", "http://127.0.0.1:9", retry=None) as client:
        with pytest.raises(CallError):
            await client.runs.get(RUN_ID)
    assert [record for record in caplog.records if record.name == "httpx"] == []


def run_python(code: str, level: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "DEEPNOTE_LOG": level,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "generated")]),
    }
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)


CALL = """
import asyncio, httpx
from deepnote_async import AsyncDeepnote
async def main():
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(200, json={"a": 1}))) as http:
        for _ in range(2):
            async with AsyncDeepnote("tok", "https://api.deepnote.com", http_client=http) as client:
                await client.request("GET", "/v2/anything")
asyncio.run(main())
"""


def test_it_is_quiet_unless_the_variable_says_otherwise() -> None:
    quiet = run_python(CALL, "")
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")
    loud = run_python(CALL, "Debug")
    assert loud.returncode == 0
    lines = loud.stderr.splitlines()
    assert len(lines) == 2  # each once, although two clients were made
    assert "deepnote_async DEBUG: GET /v2/anything attempt 1: 200" in lines[0]


def test_a_level_that_is_none_is_refused() -> None:
    wrong = run_python(CALL, "chatty")
    assert wrong.returncode == 1
    assert "DEEPNOTE_LOG takes debug, info, warning, not 'chatty'" in wrong.stderr


@pytest.mark.parametrize(
    "fault",
    [
        httpx.Response(401, json={"message": f"bad token {TOKEN}"}),
        httpx.Response(429, json={}, headers={"retry-after": "0"}),
        httpx.Response(200, content=b"{"),
        httpx.Response(302, headers={"location": f"https://else.test/?token={TOKEN}"}),
        httpx.ReadError(f"Authorization: Bearer {TOKEN}"),
        httpx.LocalProtocolError(f"Illegal header value b'Bearer {TOKEN}'"),
        ValueError("a bug in a hook"),
    ],
    ids=lambda fault: type(fault).__name__ if isinstance(fault, Exception) else str(fault.status_code),
)
async def test_a_traceback_with_its_locals_does_not_hold_the_token(fault: httpx.Response | Exception) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        if isinstance(fault, Exception):
            raise fault
        return fault

    retry = Retry(attempts=2, backoff=0, throttled_backoff=0)
    async with client_of(answer, token=TOKEN, retry=retry, rate=1000) as client:
        for call in (client.runs.get(RUN_ID), client.runs.create("nb"), client.notebooks.get("nb")):
            with pytest.raises((DeepnoteError, ValueError)) as caught:
                await call
            frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True).stack
            shown = [f"{frame.locals}" for frame in frames if Path(frame.filename) != Path(__file__)]
            assert any("deepnote_async" in frame.filename for frame in frames)
            assert TOKEN not in f"{shown} {caught.value} {caught.value!r}"


async def test_the_errors_that_a_start_is_made_of_hold_no_token() -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError(f"Bearer {TOKEN}")

    async with client_of(answer, token=TOKEN) as client:
        with pytest.raises(RunStartUnknownError) as caught:
            await client.runs.create("nb")
        with pytest.raises(CallError) as lost:
            await client.runs.get(RUN_ID)
    for error in (caught.value, caught.value.__cause__, lost.value):
        assert TOKEN not in f"{error} {error!r}"
    assert not isinstance(lost.value, RateLimitError)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_token_that_was_replaced_meanwhile_is_hidden_too(method: str) -> None:
    """The service repeats the key that it refuses; by then the client may have another one."""
    tokens = iter([TOKEN, "tok-" + "9876543210" * 2, "tok-" + "1111111111" * 2])

    def refuse(request: httpx.Request) -> httpx.Response:
        return httpx.Response(401, json={"message": f"invalid key {request.headers['authorization'][7:]}"})

    async with client_of(refuse, token=lambda: next(tokens)) as client:
        with pytest.raises(CallError, match=r"invalid key \*\*\*"):
            await client.request(method, "/v2/anything")


async def test_a_long_message_takes_no_time_and_no_token_is_cut_in_half() -> None:
    answers = [
        httpx.Response(400, json={"message": "?" * 100_000}),
        httpx.Response(400, json={"message": "?key" * 100_000}),
        httpx.Response(400, text="&" + "keysig" * 100_000),
        httpx.Response(400, json={"message": "x" * 490 + TOKEN}),
    ]
    began = time.process_time()
    async with client_of(lambda _: answers.pop(0), token=TOKEN) as client:
        for _ in range(4):
            with pytest.raises(CallError) as caught:
                await client.runs.get(RUN_ID)
            assert len(str(caught.value)) < 700
            assert TOKEN[:10] not in str(caught.value)
    assert time.process_time() - began < 5  # it used to be minutes


async def test_what_a_body_says_is_in_no_event(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    answers = [httpx.Response(503, text="failed for {'region': 'PRIVATE'}"), httpx.Response(200, json=run_json())]
    events: list[object] = []
    async with client_of(lambda _: answers.pop(0), retry=Retry(throttled_backoff=0), on_event=events.append) as client:
        await client.runs.get(RUN_ID)
    assert len(events) > 2
    assert "PRIVATE" not in f"{events} {caplog.text}"


async def test_the_query_of_a_path_is_in_no_event() -> None:
    events: list[object] = []
    async with client_of(lambda _: httpx.Response(200, json={}), on_event=events.append) as client:
        answer = await client.request("GET", "/v2/x?downloadKey=s3cret&next=https://a.test/b")
    assert answer.url.query == b"downloadKey=s3cret&next=https://a.test/b"
    assert "s3cret" not in repr(events)
