"""Live kernels that outlast a run, and how none of them is left behind.

`opening.py` opens a session and leaves it, `initial.py` waits for its first run, `session.py` is what its user holds,
`flight.py` one execution; `calls.py` has the API's operations, `refusals.py` what its refusals mean; `desk.py` is what
the sessions of a client share.
"""

from deepnote_async.sessions.calls import SendOptions
from deepnote_async.sessions.desk import SessionDesk
from deepnote_async.sessions.execution import Execution
from deepnote_async.sessions.opening import OpeningOptions, Progress, SessionOpening, opened
from deepnote_async.sessions.session import Session
from deepnote_async.sessions.status import SessionStatus

__all__ = [
    "Execution",
    "OpeningOptions",
    "Progress",
    "SendOptions",
    "Session",
    "SessionDesk",
    "SessionOpening",
    "SessionStatus",
    "opened",
]
