"""Look for a secret in everything that a failed call leaves behind."""

from __future__ import annotations

import logging
import pickle
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from deepnote_async.events import Event

TESTS = str(Path(__file__).resolve().parent.parent)


@contextmanager
def all_logs() -> Iterator[list[str]]:
    """Gather the lines of every logger from DEBUG up, with their arguments and tracebacks."""
    lines: list[str] = []

    class Gather(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(f"{logging.Formatter().format(record)} {record.args!r}")

    root, handler, before = logging.getLogger(), Gather(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.setLevel(before)
        root.removeHandler(handler)


def assert_hidden(secret: str, error: BaseException, *, in_frames: bool = True) -> None:
    """Assert that nothing in an error, or in what led to it, tells a secret.

    Args:
        secret: the secret.
        error: the error.
        in_frames: also look at the local variables of every frame that is not of the tests.
    """
    for link in chain_of(error):
        for text in (str(link), repr(link), repr(link.args), repr(vars(link))):
            assert secret not in text, f"{type(link).__name__} tells the secret"
        if in_frames:
            for frame, _line in traceback.walk_tb(link.__traceback__):
                code = frame.f_code
                for name, value in () if code.co_filename.startswith(TESTS) else frame.f_locals.items():
                    tells = secret in _shown(value)
                    assert not tells, f"{name} of {code.co_qualname} in {code.co_filename} tells the secret"


def assert_travels(error: BaseException) -> None:
    """Assert that an error comes out of pickle as it went in."""
    back = pickle.loads(pickle.dumps(error))  # noqa: S301  (our own)
    assert type(back) is type(error)
    assert (str(back), repr(back), back.args) == (str(error), repr(error), error.args)
    assert repr(vars(back)) == repr(vars(error))
    assert type(back.__cause__) is type(error.__cause__)


def assert_silent(secret: str, lines: Iterable[str], events: Iterable[Event]) -> None:
    """Assert that no line of a log and no event tells a secret."""
    for text in (*lines, *map(repr, events)):
        assert secret not in text


def _shown(value: object) -> str:
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001  (what is not made to its end has no text)
        return repr(error)


def chain_of(error: BaseException) -> Iterator[BaseException]:
    """Give an error and everything that led to it, each once."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        link = waiting.pop()
        if link is not None and id(link) not in seen:
            seen.add(id(link))
            yield link
            waiting += [link.__cause__, link.__context__]
