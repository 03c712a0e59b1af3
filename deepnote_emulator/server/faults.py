"""The middleware that makes the plan's faults happen, and the routes that set the plan."""

from __future__ import annotations

import asyncio
import json

from aiohttp import web

from deepnote_emulator.faults import Consumed
from deepnote_emulator.faults.answers import SPOILERS, Answer, plausible, spoiled, status_answer
from deepnote_emulator.faults.reading import read_plan, write_book
from deepnote_emulator.faults.wire import WITHOUT_STATUS, Sent, Wire, break_on
from deepnote_emulator.server import datalore, downloads
from deepnote_emulator.server.answers import STATE, answer, bad_request, check_query, no_content
from deepnote_emulator.server.guard import refusal
from deepnote_emulator.server.names import NAMES, operation_of
from deepnote_emulator.server.operations import STREAMED, Handler

PATH = "/_emulator/faults"

_REFUSED = 400


def register(app: web.Application) -> None:
    """Add the routes, and the middleware around all others: what it breaks is the finished answer."""
    book = app[STATE].faults
    book.operations, book.streamed = NAMES, STREAMED
    app.middlewares.insert(0, _break)
    app.router.add_post(PATH, _set)
    app.router.add_get(PATH, _show, allow_head=False)
    app.router.add_delete(PATH, _clear)


def register_downloads(app: web.Application) -> None:
    """Let faults happen on the second site too."""
    app.middlewares.insert(0, _break)


@web.middleware
async def _break(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count the calls of every operation, and let the plan's faults happen to those that may come in."""
    operation = operation_of(request)
    if operation is None:
        return await handler(request)
    book = request.app[STATE].faults
    book.calls[operation] += 1
    consumed = book.take(operation) if _may_come_in(request) else None
    if consumed is None:
        return await handler(request)
    if consumed.fault.kind == "delay":
        return await _delayed(request, handler, consumed)
    return await _faulty(request, handler, consumed)


def _may_come_in(request: web.Request) -> bool:
    if request.path.startswith(downloads.ROOM):
        return "Authorization" not in request.headers
    return refusal(request) is None


async def _delayed(request: web.Request, handler: Handler, consumed: Consumed) -> web.StreamResponse:
    book, fault = request.app[STATE].faults, consumed.fault
    if fault.phase == "before":
        await book.pause(fault.seconds or 0)
    response = await handler(request)
    consumed.applied = response.status < _REFUSED
    if fault.phase == "after":
        await book.pause(fault.seconds or 0)
    consumed.status = response.status
    return response


async def _faulty(request: web.Request, handler: Handler, consumed: Consumed) -> web.StreamResponse:
    fault = consumed.fault
    original = plausible(consumed.operation)
    if fault.phase == "after" and consumed.operation not in STREAMED:
        response = await handler(request)
        consumed.applied = response.status < _REFUSED
        original = Answer.of(response)
    await _read_to_the_end(request)
    if fault.kind == "status":
        said = status_answer(fault, "error" if request.path.startswith(datalore.ROOMS) else "message")
    elif fault.kind in SPOILERS:
        said = await asyncio.to_thread(spoiled, fault, original)
    else:
        return await _broken(request, consumed, original)
    consumed.status = said.status
    return said.response()


async def _broken(request: web.Request, consumed: Consumed, original: Answer) -> web.StreamResponse:
    if request.transport is None:
        return Sent()
    consumed.status = None if consumed.fault.kind in WITHOUT_STATUS else original.status
    wire = Wire(request, request.transport)
    with request.app[STATE].faults.holding(wire):
        await break_on(wire, consumed.fault, original)
    return Sent()


async def _read_to_the_end(request: web.Request) -> None:
    """Read what the client still sends: a connection that is closed before would be reset instead."""
    try:
        async for _chunk in request.content.iter_any():
            pass
    except (ConnectionError, web.RequestPayloadError):
        return  # the client left


async def _set(request: web.Request) -> web.StreamResponse:
    check_query(request)
    book = request.app[STATE].faults
    try:
        steps, seed = read_plan(json.loads(await request.read()))
        book.set(steps, seed)
    except (ValueError, RecursionError) as error:
        bad_request(f"Not a plan of faults: {error}")
    return answer(write_book(book))


async def _show(request: web.Request) -> web.StreamResponse:
    check_query(request)
    return answer(write_book(request.app[STATE].faults))


async def _clear(request: web.Request) -> web.StreamResponse:
    check_query(request)
    request.app[STATE].faults.clear()
    return no_content()
