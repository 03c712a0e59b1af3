"""The emulator judged by schemathesis, which makes up requests from the contracts: no server error, no undocumented
status, no answer that violates its schema."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from pathlib import Path

import pytest

from deepnote_emulator import Emulator

pytestmark = pytest.mark.interop

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def schemathesis() -> str:
    cli = os.environ.get("DEEPNOTE_CLI")
    tool = Path(cli).with_name("schemathesis") if cli else None
    if tool is None or not tool.exists():
        missing = "schemathesis is not installed: `make interop` installs it"
        if os.environ.get("DEEPNOTE_REQUIRE_INTEROP"):
            pytest.fail(missing)
        pytest.skip(missing)
    return str(tool)


def absent_operations(emulator: Emulator) -> list[str]:
    request = urllib.request.Request(  # noqa: S310  (the emulator's own address)
        f"{emulator.url}/_emulator/coverage", headers={"Authorization": f"Bearer {emulator.token}"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        listed = json.loads(answer.read())["operations"]
    return [row["operationId"] for row in listed if row["coverage"] == "absent"]


def judge(tool: str, emulator: Emulator, document: str, folder: Path, *arguments: str) -> str:
    command = [
        tool, "run", str(ROOT / document), "--url", emulator.url, "--header", f"Authorization: Bearer {emulator.token}",
        "--max-examples", "15", "--seed", "1", "--no-color", "--exclude-checks", "positive_data_acceptance", *arguments,
    ]  # fmt: skip
    environment = os.environ | {"SCHEMATHESIS_HOOKS": "zip_hooks", "PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return done.stdout


def test_deepnotes_contract(schemathesis: str, notebooks: Path, tmp_path: Path) -> None:
    with Emulator(notebooks, max_kernels=40) as emulator:
        absent = absent_operations(emulator)
        assert absent
        excluded = [part for name in absent for part in ("--exclude-operation-id", name)]
        said = judge(schemathesis, emulator, "openapi.yaml", tmp_path, *excluded)
    assert "passed" in said


def test_datalores_contract(schemathesis: str, notebooks: Path, tmp_path: Path) -> None:
    with Emulator(notebooks, max_kernels=40) as emulator:
        assert "passed" in judge(schemathesis, emulator, "datalore/openapi.yaml", tmp_path)
