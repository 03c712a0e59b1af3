"""Which event loop runs. A client belongs to the one it was opened in, for its connections do."""

from __future__ import annotations

import asyncio

OTHER_LOOP = "this client was opened in another event loop; make one client per loop, inside asyncio.run(...)"


def running_loop() -> asyncio.AbstractEventLoop | None:
    """Give the event loop of asyncio that runs here, None if another library's does."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
