"""What every method of a resource takes beside its own arguments, and what a call carries to the policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from attrs import field, frozen

from deepnote_async.transport.deadline import Deadline
from deepnote_async.transport.gate import Lane
from deepnote_async.transport.progress import SendRecord
from deepnote_async.transport.retry import Retry

CONTEXT_KEY = "deepnote"
"""Under this key of httpx's request extensions the CallContext travels to the policy transport."""


class CallOptions(TypedDict, total=False):
    """Options of one call.

    Keys:
        timeout: total seconds for the call, whatever it does; None for no limit. Default: the client's.
        retry: how failed attempts are repeated; None sends once. Default: the client's.
        extra_headers: headers to send with it; they cannot replace Authorization.
    """

    timeout: float | None
    retry: Retry | None
    extra_headers: Mapping[str, str]


@frozen
class CallContext:
    """What the policy needs to know of a call.

    Attributes:
        method: HTTP method.
        path: path template, for messages: ids never stand in it.
        deadline: when the whole call has to be over.
        started: reading of the event loop's clock at the start, in seconds.
        retry: how failed attempts are repeated; None sends once.
        streaming: a success goes to the caller with its body unread; whoever asks for that closes it.
        follows: a redirect is handed over like a success; whoever asks for that follows it.
        lane: with whom it takes turns at the rate gate.
        record: how far it came.
        least: seconds that must be left for an attempt to be sent; None for what suits the method.
    """

    method: str
    path: str
    deadline: Deadline
    started: float
    retry: Retry | None = None
    streaming: bool = False
    follows: bool = False
    lane: Lane = "look"
    record: SendRecord = field(factory=SendRecord, eq=False)
    least: float | None = None


def lane_of(method: str, *, streaming: bool) -> Lane:
    """Tell with whom a call takes turns at the rate gate."""
    if streaming:
        return "download"
    return "look" if method in {"GET", "HEAD", "OPTIONS"} else "start"
