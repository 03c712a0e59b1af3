"""Files that are written whole, or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path


def replace_file(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file under a hidden name beside its place, then put it there, over whatever is there.

    Raises:
        OSError: it cannot be written; what was there is as it was.
    """
    target = Path(path)
    with hidden_file(target, content) as part:
        part.replace(target)


@contextlib.contextmanager
def hidden_file(target: Path, content: bytes) -> Iterator[Path]:
    """Write a file in the folder of another one, for as long as it takes to give it its name."""
    part = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield part
    finally:
        part.unlink(missing_ok=True)
