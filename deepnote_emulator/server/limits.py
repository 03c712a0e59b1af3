"""The middleware that holds clients to the rate limit."""

from __future__ import annotations

import asyncio
import math

from aiohttp import web

from deepnote_emulator.limits import Scope
from deepnote_emulator.server.answers import STATE, Refused
from deepnote_emulator.server.names import STARTS, operation_of
from deepnote_emulator.server.operations import Handler

TOO_MANY = "Rate limit exceeded"


@web.middleware
async def hold_to_rate(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer 429 where the bucket has no token left."""
    state = request.app[STATE]
    operation = operation_of(request)
    if (bucket := state.bucket) is None or operation is None or not _counts(request, operation, bucket.limit.scope):
        return await handler(request)
    seconds = bucket.take(asyncio.get_running_loop().time())
    if seconds == 0:
        return await handler(request)
    state.limited[operation] += 1
    headers = {"Retry-After": str(math.ceil(seconds))} if bucket.limit.retry_after else {}
    raise Refused(429, TOO_MANY, headers)


def _counts(request: web.Request, operation: str, scope: Scope) -> bool:
    if scope == "all":
        return True
    return request.method == "GET" if scope == "reads" else operation in STARTS
