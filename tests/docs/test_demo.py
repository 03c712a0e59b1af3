"""The demo prints what it says it does, from a folder with a space in its path, and leaves nothing behind."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_demo(tmp_path: Path) -> None:
    folder = tmp_path / "a folder"
    shutil.copytree(ROOT / "examples", folder)
    done = subprocess.run(
        [sys.executable, str(folder / "demo.py")], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=True
    )
    for line in (
        "region=EU n=3 total=66",
        "region=US n=4 total=104",
        "region=APAC n=2 total=30",
        "ValueError: bad region",
        "The emulator and its kernels are gone.",
    ):
        assert line in done.stdout
    assert len(re.findall(r"run \d  success  after \d+\.\d s", done.stdout)) == 3
    assert done.stderr == ""
