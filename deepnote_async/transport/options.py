"""What every method of a resource takes beside its own arguments, and what a call carries to the policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from attrs import field, frozen

from deepnote_async.errors import Sent
from deepnote_async.transport.deadline import Deadline

CONTEXT_KEY = "deepnote"
"""Under this key of httpx's request extensions the CallContext travels to the policy transport."""


class CallOptions(TypedDict, total=False):
    """Options of one call.

    Keys:
        timeout: total seconds for the call, whatever it does; None for no limit. Default: the client's.
        extra_headers: headers to send with it; they cannot replace Authorization.
    """

    timeout: float | None
    extra_headers: Mapping[str, str]


class SendRecord:
    """How far a request came, written by the backend while it works; mutable, since it outlives a failed attempt.

    Attributes:
        noted: what the backend's tracing has said; "no" until it says otherwise.
        traced: whether the backend traces at all. Without tracing, silence proves nothing.
    """

    __slots__ = ("noted", "traced")

    def __init__(self) -> None:
        self.noted: Sent = "no"
        self.traced = False

    @property
    def sent(self) -> Sent:
        """Whether the request reached the service, as far as is known."""
        return "maybe" if self.noted == "no" and not self.traced else self.noted


@frozen
class CallContext:
    """What the policy needs to know of a call.

    Attributes:
        method: HTTP method.
        path: path template, for messages: ids never stand in it.
        deadline: when the whole call has to be over.
        started: reading of the event loop's clock at the start, in seconds.
        streaming: a success goes to the caller with its body unread; whoever asks for that closes it.
    """

    method: str
    path: str
    deadline: Deadline
    started: float
    streaming: bool = False
    record: SendRecord = field(factory=SendRecord, eq=False)
