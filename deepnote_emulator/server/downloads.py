"""The second site: hands out snapshots by short-lived signed addresses, as a storage service does.

It is another origin than the API on purpose: a client that sends its token here would send it to a stranger.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from urllib.parse import urlencode

from aiohttp import web

from deepnote_emulator.execution import RunRecord, snapshot_of
from deepnote_emulator.server.answers import STATE
from deepnote_emulator.state import State

LIFETIME_SECONDS = 300
ROOM = "/snapshots/"
OPERATIONS = {("GET", "/snapshots/{run_id}"): "downloadSnapshot"}
"""The name of its one operation in a plan of faults; the contract has none for it."""


def download_app(state: State) -> web.Application:
    """Make the application that serves signed addresses."""
    app = web.Application()
    app[STATE] = state
    app.router.add_get("/snapshots/{run_id}", _download)
    return app


def download_address(request: web.Request, run: RunRecord) -> str:
    """Sign an address for the snapshot of a run."""
    state = request.app[STATE]
    expires = int(time.time()) + LIFETIME_SECONDS
    query = urlencode({"expires": expires, "signature": _signature(state, run.run_id, str(expires))})
    return f"{state.download_url}/snapshots/{run.run_id}?{query}"


async def _download(request: web.Request) -> web.Response:
    state = request.app[STATE]
    run_id = request.match_info["run_id"]
    if "Authorization" in request.headers:
        state.violations.append(f"a client sent its token along with the download of the snapshot of run {run_id}")
        return web.Response(status=400, text="Only one authentication mechanism is allowed")
    expires, signature = request.query.get("expires", ""), request.query.get("signature", "")
    run = state.runs.get(run_id)
    genuine = hmac.compare_digest(signature.encode(), _signature(state, run_id, expires).encode())
    if not genuine or float(expires) < time.time() or run is None or run.snapshot_status != "available":
        return web.Response(status=403, text="Request has expired or is not signed")
    return web.Response(text=await snapshot_of(run), content_type="application/yaml")


def _signature(state: State, run_id: str, expires: str) -> str:
    return hmac.new(state.signing_key, f"{run_id}\n{expires}".encode(), hashlib.sha256).hexdigest()
