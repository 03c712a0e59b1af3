"""The wheel: what is in it, and that it works where the source tree is not."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def test_all_packages_stand_at_top_level_with_their_types(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    tops = {name.partition("/")[0] for name in names if ".dist-info" not in name}
    assert tops == {"datalore_async_api", "deepnote_async", "deepnote_async_api", "deepnote_emulator"}
    for package in tops:
        assert f"{package}/py.typed" in names
    metadata = next(name for name in names if name.endswith("METADATA"))
    text = zipfile.ZipFile(wheel).read(metadata).decode()
    assert "Requires-Dist: ipykernel<8,>=7; extra == 'emulator'" in text
    assert text.count("Requires-Dist") <= 12


def test_it_works_without_the_source_tree(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--target",
        str(site),
        str(wheel),
    ]
    subprocess.run(pip, check=True, capture_output=True)
    script = (
        "import deepnote_async, deepnote_async_api, deepnote_emulator\n"
        "from deepnote_async import AsyncDeepnote\n"
        "AsyncDeepnote('tok')\n"
        "from deepnote_async.datalore import AsyncDatalore\n"
        "AsyncDatalore('tok')\n"
        "print(*{module.__file__ for module in (deepnote_async, deepnote_async_api, deepnote_emulator)}, sep='\\n')\n"
    )
    environment = os.environ | {"PYTHONPATH": str(site)}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert all(line.startswith(str(site)) for line in done.stdout.splitlines())


@pytest.mark.long
def test_users_type_check_by_package_name(tmp_path: Path) -> None:
    (tmp_path / "use.py").write_text(
        "from deepnote_async import AsyncDeepnote, RunResult\n"
        "from deepnote_async_api.models import Run\n"
        "async def main(client: AsyncDeepnote) -> RunResult:\n"
        "    status: str = Run.from_dict({}).status\n"
        "    return await client.runs.run('id', inputs={'a': 'x', 'n': 3, 'on': True, 'l': ['y']}, timeout=5)\n"
    )
    (tmp_path / "misuse.py").write_text(
        "from deepnote_async import AsyncDeepnote\n"
        "async def main(client: AsyncDeepnote) -> None:\n"
        "    await client.runs.run('id', inputs={'a': b'x'})\n"
        "    await client.runs.get('id', timeuot=5)\n"
        "    await client.runs.create('id', storage_mode='rw')\n"
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "use.py", "misuse.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    lines = [line.partition(": error")[0] for line in done.stdout.splitlines() if ": error" in line]
    assert lines == ["misuse.py:3", "misuse.py:4", "misuse.py:5"], done.stdout
