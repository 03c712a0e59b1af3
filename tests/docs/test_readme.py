"""What the README shows is run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from deepnote_async import AsyncDeepnote
from deepnote_emulator import Emulator

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def define(number: int) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(blocks("python")[number], f"README block {number}", "exec"), names)  # noqa: S102  (that is the test)
    return names


async def test_the_first_example(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DEEPNOTE_TOKEN", emulator.token)
    monkeypatch.setenv("DEEPNOTE_API_URL", emulator.url)
    main = define(0)["main"]
    await main(emulator.notebook_id("score.deepnote"))
    assert capsys.readouterr().out.startswith("region=EU n=3 total=66\n")


async def test_handles(client: AsyncDeepnote, emulator: Emulator) -> None:
    names = define(1)
    saved = await names["start"](client, emulator.notebook_id("score.deepnote"))
    assert (await names["finish"](client, saved)).startswith("region=US n=3")


async def test_results(client: AsyncDeepnote, emulator: Emulator, tmp_path: Path) -> None:
    names = await define(2)["report"](client, emulator.notebook_id("score.deepnote"), tmp_path)
    assert [Path(name).suffix for name in names] == [".txt", ".html"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*names, "run.snapshot.deepnote"])


async def test_many_runs(client: AsyncDeepnote, emulator: Emulator) -> None:
    texts = await define(3)["score_all"](client, emulator.notebook_id("score.deepnote"), ["EU", "US"])
    assert {region: text.split()[0] for region, text in texts.items()} == {"EU": "region=EU", "US": "region=US"}


async def test_a_session(client: AsyncDeepnote, emulator: Emulator) -> None:
    assert await define(4)["explore"](client, emulator.notebook_id("score.deepnote")) == "US 126\n"
    assert emulator.sessions == ()


async def test_the_other_calls(client: AsyncDeepnote, emulator: Emulator) -> None:
    declared = await define(5)["look_around"](client, emulator.notebook_id("score.deepnote"))
    assert declared == ["region: input-text", "n: input-slider", "show_table: input-checkbox"]


async def test_lists_and_archives(client: AsyncDeepnote, tmp_path: Path) -> None:
    newest = await define(6)["back_up"](client, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["Score demo.zip"]
    assert set(newest) <= {"Score"}


async def test_the_emulator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    await define(7)["test_scores"]()


def test_every_block_is_covered_and_every_command_exists() -> None:
    assert len(blocks("python")) == 8
    commands = [line.removeprefix("$ ").partition("#")[0].split() for line in "".join(blocks("console")).splitlines()]
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    for command in commands:
        assert command[0] in {"make", "deepnote-emulator"}
        assert command[0] != "make" or command[1] in targets
    for path in re.findall(r"`((?:docs|examples)/[^`]*)`|`([A-Z]+\.md)`", README):
        assert (ROOT / (path[0] or path[1])).exists()
