"""Put both applications on loopback ports, and take them down again."""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from deepnote_emulator.errors import EmulatorError
from deepnote_emulator.server.app import api_app
from deepnote_emulator.server.downloads import download_app
from deepnote_emulator.server.faults import register_downloads
from deepnote_emulator.state import State

HOST = "127.0.0.1"
CLOSE_SECONDS = 1.0


@asynccontextmanager
async def open_sites(state: State, port: int) -> AsyncIterator[str]:
    """Serve until the block is left, then end every run and session; gives the address of the API.

    Args:
        state: what to serve.
        port: port of the API, 0 for a free one. Snapshots always get a free port.

    Raises:
        EmulatorError: the port cannot be had.
    """
    api = web.AppRunner(api_app(state), handle_signals=False, access_log=None, shutdown_timeout=CLOSE_SECONDS)
    snapshots = download_app(state)
    register_downloads(snapshots)
    downloads = web.AppRunner(snapshots, handle_signals=False, access_log=None, shutdown_timeout=CLOSE_SECONDS)
    try:
        state.download_url = await _listen(downloads, 0)
        yield await _listen(api, port)
    finally:
        await state.close()  # first, since requests wait for runs and kernels
        await api.cleanup()
        await downloads.cleanup()
        await state.close()  # again, for what the last requests started


async def _listen(runner: web.AppRunner, port: int) -> str:
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port).start()
    except OSError as error:
        reason = "is already in use" if error.errno == errno.EADDRINUSE else f"cannot be used: {error.strerror}"
        raise EmulatorError(f"port {port} on {HOST} {reason}; choose another one, or 0 for any free one") from error
    host, bound = runner.addresses[0][:2]
    return f"http://{host}:{bound}"
