"""The one room that touches the network.

A call flows through `Transport.call` to the policy (`policy.py`: deadline, rate gate, retry), which sends each attempt
(`sender.py`: token by origin, limits, errors) through a backend (`backend.py`: aiohttp on asyncio, httpx elsewhere).
"""

from deepnote_async.transport.auth import (
    TokenSource,
    base_url_from,
    origin_of,
    tidy_url,
    token_source,
    warn_of_stranger,
)
from deepnote_async.transport.call import Operation, Transport
from deepnote_async.transport.deadline import Deadline, check_timeout
from deepnote_async.transport.files import safe_name, save
from deepnote_async.transport.loops import OTHER_LOOP, running_loop
from deepnote_async.transport.options import CallOptions
from deepnote_async.transport.path import path_id
from deepnote_async.transport.progress import SendRecord
from deepnote_async.transport.retry import DEFAULT_RETRY, Retry, may_have_been_applied
from deepnote_async.transport.stream import Streamed

__all__ = [
    "DEFAULT_RETRY",
    "OTHER_LOOP",
    "CallOptions",
    "Deadline",
    "Operation",
    "Retry",
    "SendRecord",
    "Streamed",
    "TokenSource",
    "Transport",
    "base_url_from",
    "check_timeout",
    "may_have_been_applied",
    "origin_of",
    "path_id",
    "running_loop",
    "safe_name",
    "save",
    "tidy_url",
    "token_source",
    "warn_of_stranger",
]
