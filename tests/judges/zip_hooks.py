"""What schemathesis needs to know to send archives: it has no serializer for them, so the bytes go as they are."""

from __future__ import annotations

import schemathesis  # type: ignore[import-not-found]  # pyright: ignore[reportMissingImports]  # stands in its own venv


@schemathesis.serializer("application/zip")  # type: ignore[untyped-decorator]
def zip_serializer(_context: object, value: object) -> bytes:
    """Give the body for a made-up archive."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
