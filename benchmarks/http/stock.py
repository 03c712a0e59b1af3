"""The client that openapi-python-client makes of the project's contract with its own templates, as shipped."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import yaml
from attrs import frozen

from tools.generate import PACKAGES, ROOT, prepare

_NAME = "stock_deepnote_client"


@frozen
class StockPackage:
    """The modules of the generated package that a call needs.

    Attributes:
        root: the package itself, with its `AuthenticatedClient`.
        get_run: the module of the operation.
        models: its models.
    """

    root: ModuleType
    get_run: ModuleType
    models: ModuleType


@contextmanager
def stock_package() -> Iterator[StockPackage]:
    """Generate the package into a temporary folder and import it from there, under a name of its own.

    Raises:
        RuntimeError: the generator failed.
    """
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        _generate(folder)
        sys.path.insert(0, temporary)
        try:
            yield StockPackage(
                importlib.import_module(_NAME),
                importlib.import_module(f"{_NAME}.api.runs.get_run"),
                importlib.import_module(f"{_NAME}.models"),
            )
        finally:
            sys.path.remove(temporary)


def _generate(folder: Path) -> None:
    package = PACKAGES[0]
    document = prepare(yaml.safe_load((ROOT / package.document).read_text(encoding="utf-8")))
    (folder / "openapi.json").write_text(json.dumps(document), encoding="utf-8")
    settings = yaml.safe_load((ROOT / package.config).read_text(encoding="utf-8"))
    settings |= {"project_name_override": _NAME, "package_name_override": _NAME}
    settings["post_hooks"] = []  # they only change how the code looks
    (folder / "config.json").write_text(json.dumps(settings), encoding="utf-8")
    command = [
        sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none",
        "--path", str(folder / "openapi.json"), "--config", str(folder / "config.json"),
        "--output-path", str(folder / _NAME),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"the generator failed:\n{done.stdout}{done.stderr}")
