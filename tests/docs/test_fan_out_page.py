"""What docs/fan-out.md shows is run, and its figures are those of the code."""

from __future__ import annotations

from deepnote_async import AsyncDeepnote
from deepnote_async.runs.fan_out.brake import FIRST_PAUSE, LONGEST_HINT, LONGEST_PAUSE
from deepnote_async.runs.fan_out.fanout import LEARN_SECONDS
from deepnote_async.runs.fan_out.many import ORDERED_WINDOW
from deepnote_async.runs.fan_out.refusals import LIMIT_STATUSES
from deepnote_async.runs.fan_out.shelf import MOST_NAMED
from deepnote_emulator import Emulator
from tests.support.pages import DocsPage

PAGE = DocsPage("fan-out.md")
TEXT = PAGE.text


async def test_the_report(client: AsyncDeepnote, emulator: Emulator) -> None:
    lines = await PAGE.define()["report"](client, emulator.notebook_id("score.deepnote"), ["EU", "US"])
    assert lines["EU"].startswith("region=EU n=3")
    assert lines["US"].startswith("region=US n=3")


async def test_the_report_of_a_notebook_that_fails(client: AsyncDeepnote, emulator: Emulator) -> None:
    lines = await PAGE.define()["report"](client, emulator.notebook_id("fails.ipynb"), ["EU"])
    assert lines["EU"].startswith("ValueError: many_inputs[0]: 2 inputs cannot be sent")


async def test_the_stream(client: AsyncDeepnote, emulator: Emulator) -> None:
    rows = PAGE.define()["serve"](client, emulator.notebook_id("score.deepnote"), ["EU", "US"])
    assert [row async for row in rows] == ["0 success\n", "1 success\n"]


async def test_runs_without_outputs(client: AsyncDeepnote, emulator: Emulator) -> None:
    saved = await PAGE.define()["only_start_and_wait"](client, emulator.notebook_id("score.deepnote"), 2)
    results = [await client.runs.from_dict(one).result() for one in saved]
    assert [result.status for result in results] == ["success", "success"]


def test_the_figures_are_those_of_the_code() -> None:
    assert ORDERED_WINDOW == 4
    assert "With `ordered=True` up to four times `concurrency`" in TEXT
    assert (FIRST_PAUSE, LONGEST_PAUSE, LONGEST_HINT, LEARN_SECONDS, MOST_NAMED) == (1, 30, 60, 5, 100)
    assert TEXT.count("1, 2, 4, ... 30 seconds") == 3
    assert "what the service asks for, at most 60;" in TEXT
    assert TEXT.count("up to 5 seconds") == 2
    assert "(the first 100)" in TEXT
    *most, last = sorted(LIMIT_STATUSES)
    assert f"so {', '.join(map(str, most))} and {last} are taken by their words" in TEXT
