"""What docs/datalore.md shows is run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from deepnote_async import RunFailedError
from deepnote_async.datalore import AsyncDatalore
from deepnote_emulator import Emulator

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "datalore.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)


def define(number: int) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(BLOCKS[number], f"docs/datalore.md block {number}", "exec"), names)  # noqa: S102  (that is the test)
    return names


async def test_the_first_example(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATALORE_API_TOKEN", emulator.token)
    monkeypatch.setenv("DATALORE_URL", emulator.url)
    await define(0)["main"](f"{emulator.url}/notebook/somebody/{emulator.notebook_id('score.deepnote')}/")
    assert capsys.readouterr().out.startswith("region=EU n=3 total=66\n")


async def test_a_run(
    datalore: AsyncDatalore, emulator: Emulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = define(1)
    saved = await names["start"](datalore, f"somebody/{emulator.notebook_id('score.deepnote')}")
    assert await names["finish"](datalore, saved, tmp_path) == [tmp_path / "Score.ipynb"]
    saved = await names["start"](datalore, f"somebody/{emulator.notebook_id('fails.ipynb')}")
    with pytest.raises(RunFailedError):
        await names["finish"](datalore, saved, tmp_path)
    assert "ValueError: bad region" in capsys.readouterr().out


async def test_in_place(datalore: AsyncDatalore, emulator: Emulator) -> None:
    await define(2)["refresh"](datalore, f"somebody/{emulator.notebook_id('score.ipynb')}")


async def test_the_generated_client(datalore: AsyncDatalore, emulator: Emulator) -> None:
    handle = await datalore.runs.create(f"somebody/{emulator.notebook_id('score.ipynb')}")
    assert (await define(3)["raw"](datalore, handle.id)).run_id == handle.id


def test_every_block_is_covered_and_every_link_leads_somewhere() -> None:
    assert len(BLOCKS) == 4
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", PAGE):
        assert (ROOT / "docs" / target).exists()
