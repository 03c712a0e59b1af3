"""What the service's refusals mean where a session is used, and what can be done about them.

https://deepnote.com/docs/api-reference/sessions names the statuses. The wording of the messages is not published: what
they say is taken where it can be told, and no more.
"""

from __future__ import annotations

import re
from typing import Final

from deepnote_async.errors import APIError, CallError, ConflictError, ConflictReason, ServerError
from deepnote_async.sessions.status import SessionStatus

_SUSPENDED = re.compile(r"\bsuspend", re.IGNORECASE)
_GONE = re.compile(
    r"kernel\b.{0,40}\b(?:unavailable|not available|not running|dead|died|gone|crash|terminated|lost|no longer)"
    r"|\b(?:unavailable|dead|no) kernel\b",
    re.IGNORECASE,
)
_RESTARTED = re.compile(
    r"kernel\b.{0,60}\b(?:restarted|started (?:anew|again))\b|\b(?:restarted|new|fresh) kernel\b", re.IGNORECASE
)
_BUSY = re.compile(
    r"\bbusy\b|\b(?:tracked|active|another) run\b|\brun (?:is )?(?:in progress|active)\b|\bstill running\b"
    r"|\balready (?:running|executing)\b",
    re.IGNORECASE,
)
_NO_HARDWARE = re.compile(r"\bhardware\b", re.IGNORECASE)

NOT_ALLOWED: Final = (
    "sessions may not be enabled for this workspace, or the token's owner may not use them here: an admin of the "
    "workspace can tell, and a detached run (client.runs.create) needs no session"
)
NOT_FOUND: Final = (
    "the session has ended, for instance after its idle time, or there never was one of this id, or it has no such "
    "notebook; client.sessions.open opens another one"
)
CONFLICTS: Final[dict[ConflictReason | None, str]] = {
    "suspended": "the project is suspended, and so are its sessions: have it resumed in Deepnote",
    "busy": (
        "the notebook is busy in this session: `await session.wait_idle()` waits for it, and "
        "`await session.interrupt()` ends what goes on"
    ),
    "kernel": "the session's kernel is not available any more, and its state is lost: open another session",
    None: (
        "the project may be suspended, the notebook busy with a run, or the kernel gone; `await session.status()` may "
        "tell"
    ),
}
RESTARTED: Final = (
    "the session's kernel was restarted and has lost its state, but the session goes on: run the blocks of the "
    "notebook again, with `await session.run(block_ids)` or `await session.execute(code)`; no other session is needed"
)
LOST: Final = (
    "nothing proves whether a session was opened; if one was, it keeps its machine until its idle time is over, and "
    "the API has no way to find it"
)


def explain(error: CallError, meaning: str) -> None:
    """Write what an error means into its message, behind what it says already."""
    error.args = (f"{error.args[0]}; {meaning}", *error.args[1:])


def explain_conflict(error: ConflictError) -> None:
    """Write into a 409 what its reason means."""
    is_anew = error.reason == "kernel" and _RESTARTED.search(error.message) is not None
    explain(error, RESTARTED if is_anew else CONFLICTS[error.reason])


def reason_said(error: APIError, silence: ConflictReason | None = None) -> ConflictReason | None:
    """Tell which meaning a 409 has by what the service said; None if it said two of them.

    Args:
        error: the 409.
        silence: its meaning if the service said none.
    """
    if _SUSPENDED.search(error.message):
        return "suspended"
    is_busy = _BUSY.search(error.message) is not None
    if _GONE.search(error.message) or _RESTARTED.search(error.message):
        return None if is_busy else "kernel"
    return "busy" if is_busy else silence


def reason_seen(status: SessionStatus) -> ConflictReason | None:
    """Tell which meaning a 409 has by how the kernel is; None if that does not tell."""
    if status.is_dead:
        return "kernel"
    return "busy" if status.is_working else None


def ran_out_of_time(seconds: float) -> str:
    """Say what a 408 of an execution means."""
    return (
        f"the code had {seconds:g} s and was not done; the service interrupts it then. Should the kernel be busy all "
        "the same, `await session.wait_idle()` waits for it, and `await session.interrupt()` interrupts it again"
    )


def may_be_going_on(seconds: float) -> str:
    """Say what an execution without an answer means."""
    return (
        f"the code may have been executed, and may be going on until its {seconds:g} s are over: it is not sent again; "
        "`await session.wait_idle()` waits for the kernel"
    )


def is_without_hardware(error: CallError) -> bool:
    """Whether a 500 says that no machine could be had, so that there is no session."""
    return isinstance(error, ServerError) and _NO_HARDWARE.search(error.message) is not None
