"""The emulator judged by the vendor's own command line (PyPI: deepnote-cli), which we did not write.

`make interop` installs it; DEEPNOTE_CLI names its executable.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from deepnote_async.snapshot import Snapshot
from deepnote_emulator import Emulator

pytestmark = pytest.mark.interop


@pytest.fixture(scope="module")
def cli() -> str:
    found = os.environ.get("DEEPNOTE_CLI") or shutil.which("deepnote")
    if found is None:
        missing = "the vendor's command line is not installed: `make interop` installs it, or set DEEPNOTE_CLI"
        if os.environ.get("DEEPNOTE_REQUIRE_INTEROP"):
            pytest.fail(missing)
        pytest.skip(missing)
    return str(Path(found).resolve())


def run(cli: str, emulator: Emulator, out: Path, *arguments: str, token: str | None = None) -> tuple[int, Any]:
    """Run a notebook of the emulator through the vendor's command; gives its exit code and what it reported."""
    command = [
        cli, "run", *arguments, "--cloud", "--url", emulator.url, "--token", token or emulator.token,
        "--timeout", "120", "--out", str(out), "--output", "json",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd=out.parent)
    return done.returncode, json.loads(done.stdout)


def validate(cli: str, path: Path) -> tuple[int, str]:
    done = subprocess.run([cli, "validate", str(path)], capture_output=True, text=True, timeout=300, check=False)
    return done.returncode, done.stdout + done.stderr


def test_it_runs_a_good_notebook(cli: str, emulator: Emulator, tmp_path: Path) -> None:
    out = tmp_path / "good.snapshot.deepnote"
    code, report = run(cli, emulator, out, "--notebook-id", emulator.notebook_id("score.deepnote"))
    assert (code, report["status"], report["artifactStatus"]) == (0, "success", "saved")
    assert validate(cli, out)[0] == 0, validate(cli, out)[1]
    assert "region=EU n=3 total=66" in out.read_text(encoding="utf-8")


def test_it_sets_inputs(cli: str, emulator: Emulator, notebooks: Path, tmp_path: Path) -> None:
    out = tmp_path / "inputs.snapshot.deepnote"
    inputs = ("--input", "region=US", "--input", "n=4", "--input", "show_table=false")
    code, report = run(cli, emulator, out, str(notebooks / "score.deepnote"), *inputs)
    assert (code, report["status"]) == (0, "success")
    snapshot = Snapshot.parse(out.read_text(encoding="utf-8"))
    texts = [output.text for block in snapshot.notebooks[0].blocks for output in block.outputs]
    assert texts == ["region=US n=4 total=104\n", "table hidden\n"]


@pytest.mark.parametrize("file", ["fails.ipynb"])
def test_it_saves_what_a_failing_notebook_left(cli: str, emulator: Emulator, tmp_path: Path, file: str) -> None:
    out = tmp_path / "bad.snapshot.deepnote"
    code, report = run(cli, emulator, out, "--notebook-id", emulator.notebook_id(file))
    assert (code, report["status"], report["artifactStatus"]) == (1, "error", "saved")
    assert validate(cli, out)[0] == 0, validate(cli, out)[1]
    assert "ValueError" in out.read_text(encoding="utf-8")


def test_a_wrong_token_and_an_unknown_notebook_fail(cli: str, emulator: Emulator, tmp_path: Path) -> None:
    out = tmp_path / "none.snapshot.deepnote"
    code, report = run(cli, emulator, out, "--notebook-id", emulator.notebook_id("score.deepnote"), token="wrong")
    assert (code != 0, report["success"]) == (True, False)
    code, report = run(cli, emulator, out, "--notebook-id", "00000000-0000-4000-8000-000000000000")
    assert (code != 0, report["success"]) == (True, False)
    assert "not found" in json.dumps(report).lower()
    assert not out.exists()


def test_the_demo_notebook_is_valid(cli: str, notebooks: Path) -> None:
    assert validate(cli, notebooks / "score.deepnote")[0] == 0
