"""What users see of what happens below: records for `on_event`, lines for logging.

The logger is `deepnote_async`: requests at DEBUG, retries and runs at INFO, rate changes and unknown starts at WARNING.
Nothing is shown until the application configures logging, or DEEPNOTE_LOG names a level.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from deepnote_async.events import Event, OnEvent, RateEvent, RequestEvent, RetryEvent, RunEvent

log = logging.getLogger("deepnote_async")
log.addHandler(logging.NullHandler())

VARIABLE = "DEEPNOTE_LOG"
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING}
_HANDLER = "deepnote_async stderr"


class Reporter:
    """Hands what happens to the user's function and to logging.

    Args:
        on_event: the user's function. What it raises is logged and goes no further.
    """

    def __init__(self, on_event: OnEvent | None) -> None:
        if on_event is not None and not callable(on_event):
            raise TypeError(f"on_event takes a function, not {type(on_event).__name__}")
        self._on_event = on_event

    @property
    def wants_requests(self) -> bool:
        """Whether anybody looks at single requests; making records for nobody would only cost time."""
        return self._on_event is not None or log.isEnabledFor(logging.DEBUG)

    def __call__(self, event: Event) -> None:
        """Report something."""
        level, line, values = _line_of(event)
        log.log(level, line, *values)
        if self._on_event is not None:
            try:
                self._on_event(event)
            except Exception:
                log.exception("on_event failed for %s", type(event).__name__)


def log_as_told() -> None:
    """Log to standard error at the level that DEEPNOTE_LOG names, if it is set.

    Raises:
        ValueError: it names no level.
    """
    told = os.environ.get(VARIABLE, "").strip().lower()
    if not told:
        return
    if told not in _LEVELS:
        raise ValueError(f"{VARIABLE} takes {', '.join(_LEVELS)}, not {told!r}")
    log.setLevel(_LEVELS[told])
    if all(handler.name != _HANDLER for handler in log.handlers):
        handler = logging.StreamHandler()
        handler.name = _HANDLER
        handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s: %(message)s"))
        log.addHandler(handler)


_QUIET: ContextVar[bool] = ContextVar("deepnote_async_quiet_httpx", default=False)


def keep_httpx_quiet() -> None:
    """Let httpx log no line for what is sent within `quiet_httpx`: it shows whole addresses, signatures included."""
    logging.getLogger("httpx").addFilter(_is_not_ours)


@contextmanager
def quiet_httpx() -> Iterator[None]:
    """Mark what the current task sends as ours; our own logger tells of it."""
    before = _QUIET.set(True)
    try:
        yield
    finally:
        _QUIET.reset(before)


def _is_not_ours(_record: logging.LogRecord) -> bool:
    return not _QUIET.get()


def _line_of(event: Event) -> tuple[int, str, tuple[object, ...]]:
    match event:
        case RequestEvent():
            outcome = event.error if event.status is None else event.status
            line = "%s %s attempt %d: %s in %.0f ms, request id %s"
            elapsed, request_id = event.elapsed * 1000, event.request_id or "-"
            return logging.DEBUG, line, (event.method, event.path, event.attempt, outcome, elapsed, request_id)
        case RetryEvent():
            line = "%s %s attempt %d failed (%s); again in %.2f s"
            return logging.INFO, line, (event.method, event.path, event.attempt, event.reason, event.pause)
        case RateEvent():
            return logging.WARNING, "rate limit hit: nothing is sent for %.1f s, then %s", (event.pause, _rate(event))
        case RunEvent(run_id=None):
            return logging.WARNING, "a start of notebook %s may or may not have been applied", (event.notebook_id,)
        case RunEvent():
            return logging.INFO, "run %s: %s (before: %s)", (event.run_id, event.status, event.previous or "-")


def _rate(event: RateEvent) -> str:
    return "without a limit" if event.rate is None else f"at most {event.rate:.1f} requests per second"
