"""Generate the low-level clients from their OpenAPI documents, or check that they are what the documents say.

    python tools/generate.py             write generated/
    python tools/generate.py --check     generate beside it and fail on any difference

The document is prepared before the generator sees it: what the generator would misread is taken out (see `prepare`),
and names that it would silently break are refused (see `refuse_reserved_names`). Nothing edits its output afterwards.
"""

from __future__ import annotations

import argparse
import difflib
import filecmp
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import yaml

ROOT = Path(__file__).resolve().parent.parent

# Names that collide with a local of the generated code, without an error.
RESERVED_PARAMETERS = frozenset({"params", "headers", "cookies", "client", "url"})
RESERVED_PROPERTIES = frozenset({"d", "additional_properties", "field_dict", "src_dict", "cls"})

Node = dict[str, object] | list[object] | str | int | float | bool | None


class Package(NamedTuple):
    """A document and the package that is generated from it."""

    document: Path
    config: Path
    output: Path


PACKAGES = (
    Package(Path("openapi.yaml"), Path("generator-config.yaml"), Path("generated/deepnote_async_api")),
    Package(
        Path("datalore/openapi.yaml"), Path("datalore/generator-config.yaml"), Path("generated/datalore_async_api")
    ),
)


def prepare(node: Node) -> Node:
    """Return the document without what the generator would turn into wrong behaviour.

    - `default`: generated calls would send it although the caller said nothing.
    - `format: uuid`: an id that is not a UUID would fail a whole answer, and with it lose a started run.
    """
    if isinstance(node, list):
        return [prepare(item) for item in node]  # type: ignore[arg-type]
    if not isinstance(node, dict):
        return node
    schema = isinstance(node.get("type"), str | list) or "$ref" in node or "oneOf" in node
    return {
        key: prepare(value)  # type: ignore[arg-type]
        for key, value in node.items()
        if not (schema and (key == "default" or (key == "format" and value == "uuid")))
    }


def refuse_reserved_names(node: Node, where: str = "#") -> None:
    """Raise SystemExit for a parameter or property whose name the generated code uses for itself."""
    if isinstance(node, list):
        for index, item in enumerate(node):
            refuse_reserved_names(item, f"{where}/{index}")  # type: ignore[arg-type]
    if not isinstance(node, dict):
        return
    properties = node.get("properties")
    bad = sorted(RESERVED_PROPERTIES & set(properties)) if isinstance(properties, dict) else []
    if "in" in node and node.get("name") in RESERVED_PARAMETERS:
        bad.append(str(node["name"]))
    if bad:
        raise SystemExit(f"{where}: the generator cannot take the names {', '.join(bad)}; see RESERVED_* here")
    for key, item in node.items():
        refuse_reserved_names(item, f"{where}/{key}")  # type: ignore[arg-type]


def generate(package: Package, output: Path, workspace: Path) -> None:
    """Run the generator for one package into `output`; any warning of its is an error."""
    document = yaml.safe_load((ROOT / package.document).read_text(encoding="utf-8"))
    refuse_reserved_names(document)
    prepared = workspace / f"{package.output.name}.yaml"
    prepared.write_text(yaml.safe_dump(prepare(document), sort_keys=False, allow_unicode=True), encoding="utf-8")
    output.mkdir(parents=True, exist_ok=True)
    bin_directory = str(Path(sys.executable).parent)
    command = [
        sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--overwrite", "--fail-on-warning",
        "--path", str(prepared), "--config", str(ROOT / package.config),
        "--custom-template-path", str(ROOT / "generator-templates"), "--output-path", str(output),
    ]  # fmt: skip
    environment = os.environ | {"PATH": bin_directory + os.pathsep + os.environ.get("PATH", "")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{package.document}: the generator refused it:\n{done.stdout}{done.stderr}")


def differences(left: Path, right: Path) -> list[str]:
    """List the files that differ between two folders, each with the first lines of its difference."""
    found: list[str] = []
    files = {path.relative_to(side) for side in (left, right) for path in side.rglob("*") if path.is_file()}
    for name in sorted(file for file in files if "__pycache__" not in file.parts):
        if not (left / name).exists() or not (right / name).exists():
            found.append(f"only in {left if (left / name).exists() else 'a fresh generation'}: {name}")
        elif not filecmp.cmp(left / name, right / name, shallow=False):
            old, new = ((side / name).read_text(encoding="utf-8").splitlines() for side in (left, right))
            lines = list(difflib.unified_diff(old, new, f"{left}/{name}", "fresh", lineterm="", n=0))
            found.append("\n".join(lines[:12]))
    return found


def main() -> int:
    """Parse the command line, generate or check every package, and tell what was done."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="fail if generated/ is not what the documents give")
    check = parser.parse_args().check
    status = 0
    with tempfile.TemporaryDirectory() as temporary:
        for package in PACKAGES:
            output = Path(temporary) / package.output.name if check else ROOT / package.output
            generate(package, output, Path(temporary))
            if not check:
                print(f"{package.document} -> {package.output}")
            elif found := differences(ROOT / package.output, output):
                status = 1
                print(f"{package.output} is not what {package.document} gives; run `make generate`:", *found, sep="\n")
            else:
                print(f"{package.output} is what {package.document} gives")
    return status


if __name__ == "__main__":
    sys.exit(main())
