"""The steps of a fault plan. They check themselves; their names are the same in Python and in JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal, get_args

from attrs import field, fields, frozen

from deepnote_emulator.checks import check_choice, check_number, check_whole
from deepnote_emulator.documents.plain import check_plain

Phase = Literal["before", "after"]
"""before: the operation is not carried out. after: it is, and then its answer goes wrong."""
Part = Literal["headers", "body"]
Kind = Literal[
    "status", "delay", "reset", "close", "hang", "half_status_line", "garbage", "drip", "reset_in_body",
    "close_in_body", "wrong_length", "broken_chunk", "truncated_json", "empty", "null", "list", "html", "gzip_bomb",
    "stacked_gzip",
]  # fmt: skip

ANY = "*"
BOMB_BYTES = 200_000_000
MAX_BOMB_BYTES = 1_000_000_000
MAX_SECONDS = 86_400.0

_NEEDS: dict[Kind, frozenset[str]] = {
    "status": frozenset({"status"}),
    "delay": frozenset({"seconds"}),
    "drip": frozenset({"seconds"}),
}
_TAKES: dict[Kind, frozenset[str]] = {
    "status": frozenset({"status", "headers", "body"}),
    "delay": frozenset({"seconds"}),
    "drip": frozenset({"seconds", "part"}),
    "gzip_bomb": frozenset({"size"}),
}
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t -~]*")
_FRAMING = frozenset({"content-length", "transfer-encoding", "connection"})


@frozen
class Fault:
    """Something that goes wrong with one call.

    Args:
        kind: what goes wrong; docs/emulator.md tells each.
        phase: "before" leaves the operation undone; "after" carries it out and then breaks its answer.
        status: for kind "status": the status to answer with, 200 to 999.
        headers: for kind "status": headers of that answer, such as retry-after or content-type.
        body: for kind "status": its body; text goes out as it is, a mapping or a list as JSON. Default: an error body
            as the service has it, and none for statuses below 400.
        seconds: for "delay": how long to wait; for "drip": the time between two bytes. At most a day.
        part: for "drip": what comes byte by byte, the "headers" or the "body" (default).
        size: for "gzip_bomb": how many bytes it decodes to, default 200 MB, at most 1 GB.

    Raises:
        ValueError: something is missing, does not belong to the kind, or is out of range; the text names it.

    Example:
        >>> Fault("status", status=429, headers={"retry-after": "2"})
        >>> Fault("reset", phase="after")
    """

    kind: Kind
    phase: Phase = field(default="before", kw_only=True)
    status: int | None = field(default=None, kw_only=True)
    headers: Mapping[str, str] = field(factory=dict, kw_only=True)
    body: str | Mapping[str, object] | Sequence[object] | None = field(default=None, kw_only=True)
    seconds: float | None = field(default=None, kw_only=True)
    part: Part | None = field(default=None, kw_only=True)
    size: int | None = field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        check_choice("kind", self.kind, get_args(Kind))
        check_choice("phase", self.phase, get_args(Phase))
        self._check_names()
        _check_whole("status", self.status, 200, 999)
        _check_headers(self.headers)
        _check_body(self.body)
        _check_number("seconds", self.seconds, MAX_SECONDS)
        if self.part is not None:
            check_choice("part", self.part, get_args(Part))
        _check_whole("size", self.size, 1, MAX_BOMB_BYTES)

    def _check_names(self) -> None:
        given = {
            name
            for name in ("status", "headers", "body", "seconds", "part", "size")
            if getattr(self, name) is not None and getattr(self, name) != {}
        }
        if missing := sorted(_NEEDS.get(self.kind, frozenset()) - given):
            raise ValueError(f"{missing[0]} is missing; a fault of kind {self.kind} needs it")
        if foreign := sorted(given - _TAKES.get(self.kind, frozenset())):
            raise ValueError(f"{foreign[0]} does not belong to a fault of kind {self.kind}")


@frozen
class FaultStep:
    """A fault, and the calls that it happens to.

    Args:
        operation: operationId of the contract, or "*" for every operation.
        fault: what happens.
        nth: the first call that it happens to, counted from 1 since the plan was set; default 1.
        count: how many calls in a row from there; default 1. With a probability: at most how many, default no limit.
        probability: instead of `nth`: how likely it is for each call, from 0 to 1.

    Raises:
        ValueError: a value is out of range, or `nth` and `probability` are both given; the text names it.

    Example:
        >>> FaultStep("createRun", Fault("reset", phase="after"))
        >>> FaultStep("getRun", Fault("status", status=503), probability=0.1)
    """

    operation: str
    fault: Fault
    nth: int | None = field(default=None, kw_only=True)
    count: int | None = field(default=None, kw_only=True)
    probability: float | None = field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        _check_kinds(self.operation, self.fault)
        _check_whole("nth", self.nth, 1)
        _check_whole("count", self.count, 1)
        _check_number("probability", self.probability, 1)
        if self.nth is not None and self.probability is not None:
            raise ValueError("nth and probability exclude each other")


def given(value: Fault | FaultStep) -> dict[str, object]:
    """Give the fields of a fault or a step that are not at their defaults, as JSON has them."""
    values = {one.name: getattr(value, one.name) for one in fields(type(value))}
    written = {name: item for name, item in values.items() if item is not None and item != {}}
    if isinstance(value, FaultStep):
        written["fault"] = given(value.fault)
    return written


def _check_kinds(operation: object, fault: object) -> None:
    if not isinstance(operation, str) or not operation:
        raise ValueError(f"operation must be a non-empty string, not {operation!r}")
    if not isinstance(fault, Fault):
        raise ValueError(f"fault must be a Fault, not {fault!r}")  # noqa: TRY004  (one kind of error for all of a plan)


def _check_whole(name: str, value: object, least: int, most: int | None = None) -> None:
    if value is not None:
        check_whole(name, value, least, most)


def _check_number(name: str, value: object, most: float) -> None:
    if value is not None:
        check_number(name, value, most)


def _check_headers(headers: object) -> None:
    if not isinstance(headers, Mapping):
        raise ValueError(f"headers must map names to strings, not {headers!r}")  # noqa: TRY004
    for name, value in headers.items():
        if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
            raise ValueError(f"headers has {name!r}, which cannot be the name of a header")
        if name.lower() in _FRAMING:
            raise ValueError(f"headers must not have {name}; kinds such as wrong_length and broken_chunk break it")
        if not isinstance(value, str) or not _HEADER_VALUE.fullmatch(value):
            raise ValueError(f"headers.{name} must be a string of printable ASCII, not {value!r}")


def _check_body(body: object) -> None:
    if body is not None and not isinstance(body, str | Mapping | list | tuple):
        raise ValueError(f"body must be a string, an object or a list, not {body!r}")
    try:
        check_plain(body)
    except (TypeError, ValueError) as error:
        raise ValueError(f"body cannot be sent: {error}") from error
