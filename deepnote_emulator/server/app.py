"""The API's application: who may come in, and how everything that goes wrong is answered."""

from __future__ import annotations

import logging

from aiohttp import web

from deepnote_emulator.limits import ParallelLimitError
from deepnote_emulator.server import datalore, faults
from deepnote_emulator.server.answers import STATE, Refused
from deepnote_emulator.server.guard import refusal
from deepnote_emulator.server.limits import hold_to_rate
from deepnote_emulator.server.names import operation_of
from deepnote_emulator.server.operations import Handler, add_routes
from deepnote_emulator.state import State
from deepnote_emulator.store import ConflictError

log = logging.getLogger("deepnote_emulator")

MAX_BODY_BYTES = 16 << 20
"""For JSON; files and archives are read in pieces and have limits of their own."""


def api_app(state: State) -> web.Application:
    """Make the application that serves the contract's operations under /v2."""
    app = web.Application(middlewares=[_explain, _guard, hold_to_rate], client_max_size=MAX_BODY_BYTES)
    app[STATE] = state
    add_routes(app)
    datalore.register(app)
    faults.register(app)
    return app


@web.middleware
async def _explain(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give every refusal and accident the contract's error body."""
    try:
        return await handler(request)
    except Refused as refused:
        return web.json_response({"message": refused.message}, status=refused.status, headers=refused.headers)
    except ParallelLimitError as error:
        request.app[STATE].limited[operation_of(request) or ""] += 1
        return web.json_response({"message": error.limit.message}, status=error.limit.status)
    except ConflictError as error:
        return web.json_response({"message": str(error)}, status=409)
    except web.HTTPException as error:
        return web.json_response({"message": error.reason}, status=error.status, headers=_allow(error))
    except Exception:
        log.exception("%s %s failed in the emulator", request.method, request.path)
        return web.json_response({"message": "The emulator failed; its log says why"}, status=500)


@web.middleware
async def _guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let in only who names this machine and knows the token."""
    if (refused := refusal(request)) is not None:
        raise refused
    return await handler(request)


def _allow(error: web.HTTPException) -> dict[str, str]:
    return {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
