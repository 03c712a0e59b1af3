"""What docs/calls.md shows is run, and its figures are those of the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from deepnote_async import Retry
from deepnote_async.errors import RetryStopped
from deepnote_async.transport import limits
from deepnote_async.transport.download import MAX_HOPS
from deepnote_async.transport.gate import CUT, LONGEST_SECONDS, UNHINTED_SECONDS, RateGate
from deepnote_async.transport.retry import FOR_GOOD, REPEATABLE, Budget
from deepnote_emulator import Emulator, Fault, FaultStep

PAGE = (Path(__file__).resolve().parent.parent.parent / "docs" / "calls.md").read_text(encoding="utf-8")
TEXT = " ".join(PAGE.split())


@pytest.fixture
def look(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("DEEPNOTE_TOKEN", emulator.token)
    monkeypatch.setenv("DEEPNOTE_API_URL", emulator.url)
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    names: dict[str, Any] = {}
    block = block.replace("timeout=5)", "timeout=0.5)")
    exec(compile(block, "docs/calls.md", "exec"), names)  # noqa: S102  (that is the test)
    return names["look"]


async def test_the_example_shows_retries(look: Any, emulator: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    from deepnote_async import AsyncDeepnote

    async with AsyncDeepnote(emulator.token, emulator.url) as client:
        run = await client.runs.create(emulator.notebook_id("score.deepnote"))
        await run.wait()
    emulator.faults.set([FaultStep("getRun", Fault("status", status=500))])
    assert await look(run.id) == "success"
    assert capsys.readouterr().out.startswith("/v2/runs/{run_id}: 500 Internal Server Error; again in ")


async def test_the_example_tells_where_the_time_went(look: Any, emulator: Emulator) -> None:
    emulator.faults.set([FaultStep("getRun", Fault("hang"), count=9)])
    told = await look("00000000-0000-4000-8000-000000000001")
    emulator.faults.clear()
    stages = [part.split(" ")[0] for part in told.split(", ")]
    assert stages[0] == "gate"  # ten requests a second are let through one by one
    assert {"connect", "attempt"} <= set(stages)


def test_the_figures_are_those_of_the_code() -> None:
    retry = Retry()
    assert f'"Repeated" means four attempts in all (`Retry(attempts={retry.attempts})`)' in TEXT
    assert retry.backoff == 0.25
    assert "drawn from zero to 0.25, 0.5, 1, ... seconds (1, 2, 4, ... after a 429 or 503), at most 20" in TEXT
    assert (retry.throttled_backoff, retry.longest_pause, retry.longest_hint) == (1, 20, 60)
    assert f"a retry takes {Budget.COST}," in TEXT
    assert f"a bucket of {Budget.CAPACITY}:" in TEXT
    assert f"can send {Budget.CAPACITY // Budget.COST} retries" in TEXT
    assert f"({UNHINTED_SECONDS:g} s if it does not say, at most {LONGEST_SECONDS:g} s)" in TEXT
    assert f"through at {CUT} of the rate" in TEXT
    assert f"Connecting may take {limits.CONNECT_SECONDS:g} s, and waiting for a free connection another " in TEXT
    assert limits.POOL_SECONDS == 10
    assert f"when less than {limits.LEAST_SECONDS:g} s are left, or a quarter of the call's time" in TEXT
    assert f"{limits.MAX_BODY_BYTES >> 20} MiB after decompression, and {limits.MAX_JSON_DEPTH} levels deep" in TEXT
    assert MAX_HOPS == 3
    assert all(f"{status}" in TEXT for status in FOR_GOOD)
    assert "GET, HEAD, OPTIONS, DELETE" in TEXT
    assert {"GET", "HEAD", "OPTIONS", "DELETE"} == REPEATABLE


def test_the_rate_is_back_when_the_page_says() -> None:
    gate = RateGate(None, lambda _event: None)
    for _ in range(100):
        gate.passed(0.0)
    gate.throttled(0.0, 0.0, 0.0)
    assert "it is back after about 40 s" in TEXT
    assert (gate.rate(34) or 0) < 100 < (gate.rate(40) or 0)


def test_every_reason_to_stop_is_told() -> None:
    from typing import get_args

    assert set(re.findall(r'^\| `"(\w+)"` \|', PAGE, flags=re.MULTILINE)) == set(get_args(RetryStopped))
