"""Count what must not be left behind."""

from __future__ import annotations

import psutil


def kernels_of(pid: int | None = None) -> list[psutil.Process]:
    """List the Jupyter kernels below a process, by default this one."""
    found = []
    for child in psutil.Process(pid).children(recursive=True):
        try:
            if "ipykernel_launcher" in " ".join(child.cmdline()):
                found.append(child)
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
    return found
