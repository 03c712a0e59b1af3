"""The facade's requests judged by prism (npm: @stoplight/prism-cli), which validates them against openapi.yaml."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from deepnote_async import AsyncDeepnote, DecodeError
from tests.resources.calls import CALLS, UUID, Call
from tests.resources.low_level import LOW_LEVEL

pytestmark = pytest.mark.interop

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def prism() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "tools/node.py", "prism", "mock", "-h", "127.0.0.1", "-p", str(port), "openapi.yaml"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline and process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        assert process.poll() is None, "prism did not start"
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


STREAMED = (
    Call(operation="downloadFile", make=lambda c: c.files.download(UUID, "a.csv")),
    Call(operation="exportProject", make=lambda c: c.projects.export(UUID)),
    Call(
        operation="importProject",
        make=lambda c: c.projects.import_(UUID, b"PK", base_content_hash="sha256:0", force=True),
    ),
)


@pytest.mark.parametrize("call", [*CALLS, *LOW_LEVEL, *STREAMED], ids=lambda call: call.operation)
async def test_no_request_violates_the_contract(
    prism: str, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # downloads go there
    answers: list[httpx.Response] = []

    async def keep(response: httpx.Response) -> None:
        answers.append(response)

    async with (
        httpx.AsyncClient(event_hooks={"response": [keep]}) as backend,
        AsyncDeepnote("tok", prism, http_client=backend) as client,
    ):
        with contextlib.suppress(DecodeError):  # prism makes its answers up; here only the requests are judged
            await call.make(client)
    assert answers
    assert "sl-violations" not in answers[0].headers, answers[0].headers.get("sl-violations")
    assert answers[0].status_code == call.status


async def test_prism_does_judge(prism: str) -> None:
    async with httpx.AsyncClient(headers={"authorization": "Bearer tok"}) as http:
        response = await http.get(f"{prism}/v2/projects", params={"pageSize": 500})
    assert "sl-violations" in response.headers
