"""Learn from httpx's `trace` extension how far a request came.

https://www.encode.io/httpcore/extensions/#trace
"""

from __future__ import annotations

from typing import Any

import httpx

from deepnote_async.transport.options import CONTEXT_KEY, CallContext
from deepnote_async.transport.progress import SendRecord

_TRANSPORT = httpx.AsyncHTTPTransport


def record_of(request: httpx.Request) -> SendRecord:
    """Give the record of the call a request belongs to, or one that nobody reads."""
    context = request.extensions.get(CONTEXT_KEY)
    return context.record if isinstance(context, CallContext) else SendRecord()


def is_patched() -> bool:
    """Whether a test has put itself in the place of httpx's own transport; what it sends is not traced."""
    method = _TRANSPORT.handle_async_request
    return not getattr(method, "__module__", "").startswith("httpx.")


def traced(request: httpx.Request) -> httpx.Request:
    """Let a sender that follows the extension note in the call's SendRecord when the first bytes leave."""
    context = request.extensions.get(CONTEXT_KEY)
    if isinstance(context, CallContext):

        async def trace(event: str, info: dict[str, Any]) -> None:
            context.record.traced = True
            # A proxy is asked to CONNECT with a request of its own; that one is not ours.
            is_connect = getattr(info.get("request"), "method", b"") == b"CONNECT"
            if event.endswith("send_request_headers.started") and not is_connect:
                context.record.noted = "maybe"

        request.extensions["trace"] = trace
    return request
