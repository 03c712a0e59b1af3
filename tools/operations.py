"""Write docs/operations.md: every operation of both contracts, its evidence, and how to call it.

    python tools/operations.py            write the page
    python tools/operations.py --check    fail if the page is not what it would write

An operation that is named neither in FACADE nor generated makes this fail, as does a name in FACADE that the contract
does not have.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "operations.md"

FACADE = {
    "createRun": "client.runs.create",
    "getRun": "client.runs.get",
    "createNotebook": "client.notebooks.create",
    "getNotebook": "client.notebooks.get",
    "updateNotebook": "client.notebooks.rename",
    "deleteNotebook": "client.notebooks.delete",
    "listNotebookRuns": "client.notebooks.runs",
    "reorderBlocks": "client.notebooks.reorder_blocks",
    "upsertNotebookSchedule": "client.notebooks.schedule",
    "listProjects": "client.projects.list",
    "createProject": "client.projects.create",
    "getProject": "client.projects.get",
    "deleteProject": "client.projects.delete",
    "exportProject": "client.projects.export",
    "importProject": "client.projects.import_",
    "createSession": "client.sessions.open",
    "executeSessionCode": "Session.execute",
    "interruptSession": "Session.interrupt",
    "getSessionStatus": "Session.status",
    "stopSession": "Session.stop",
    "createSessionRun": "Session.run",
    "createBlock": "client.blocks.create",
    "getBlock": "client.blocks.get",
    "updateBlock": "client.blocks.update",
    "deleteBlock": "client.blocks.delete",
    "uploadFile": "client.files.upload",
    "downloadFile": "client.files.download",
    "copyFile": "client.files.copy",
    "deleteFile": "client.files.delete",
    "getMe": "client.me.get",
    "executeNotebookV1": "client.legacy.execute",
}

DATALORE_FACADE = {
    "runNotebook": "client.runs.create",
    "getRun": "client.runs.get",
    "runInteractive": "client.runs.run_interactive",
}


class Contract(NamedTuple):
    """A document, the package generated from it, and its typed calls."""

    title: str
    document: Path
    package: str
    facade: dict[str, str]


CONTRACTS = (
    Contract("Deepnote", Path("openapi.yaml"), "deepnote_async_api", FACADE),
    Contract("Datalore", Path("datalore/openapi.yaml"), "datalore_async_api", DATALORE_FACADE),
)

HEAD = """# Operations

Every operation of both contracts. Written by `make docs` from `openapi.yaml` and `datalore/openapi.yaml`; do not edit.

*Evidence*: `documented` on a page of the vendor, seen in a `vendor-client`, or `inferred`; inferred operations are
experimental, and a 404 or 405 from the typed call of one says so. What has no typed call is called through the
generated function with `client=client.generated`, under the same policy:

```python
from deepnote_async_api.api.machines import list_machine_types


async def machine_types(client):
    return await list_machine_types.asyncio(client=client.generated)
```
"""

TABLE = """
| operation | | typed call | generated function | evidence | source |
|---|---|---|---|---|---|
"""


def operations(contract: Contract) -> list[tuple[str, str, dict[str, Any]]]:
    """List method, path and operation object of every operation, in the document's order."""
    document = yaml.safe_load((ROOT / contract.document).read_text(encoding="utf-8"))
    return [
        (method.upper(), path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in {"get", "post", "put", "patch", "delete"}
    ]


def generated_function(contract: Contract, operation_id: str) -> str:
    """Find the generated module of an operation by its name; gives its import path within the package."""
    wanted = operation_id.replace("_", "").lower()
    for module in sorted((ROOT / "generated" / contract.package / "api").rglob("*.py")):
        if module.stem.replace("_", "") == wanted:
            return f"api.{module.parent.name}.{module.stem}"
    raise SystemExit(f"{operation_id} has no generated function; run `make generate`")


def page() -> str:
    """Write the page."""
    return HEAD + "".join(f"\n## {contract.title}\n{_table(contract)}" for contract in CONTRACTS)


def _table(contract: Contract) -> str:
    rows = []
    known = set()
    for method, path, operation in operations(contract):
        name = operation["operationId"]
        known.add(name)
        typed = f"`{contract.facade[name]}`" if name in contract.facade else ""
        evidence = operation["x-evidence"]
        rows.append(
            f"| {name} | `{method} {path}` | {typed} | `{generated_function(contract, name)}` "
            f"| {evidence['level']} | {evidence['source']} |\n"
        )
    if unknown := sorted(set(contract.facade) - known):
        raise SystemExit(f"{contract.document} does not have the operations {', '.join(unknown)}")
    return TABLE + "".join(rows)


def main() -> int:
    """Write the page, or check that it is current."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="fail if docs/operations.md is not current")
    text = page()
    if not parser.parse_args().check:
        PAGE.write_text(text, encoding="utf-8")
        print(f"wrote {PAGE.relative_to(ROOT)}")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
        print("docs/operations.md is not what openapi.yaml says; run `make docs`")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
