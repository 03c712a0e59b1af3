"""Operations that no page documents: when the service does not have one, the error says that this may be why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from deepnote_async.errors import APIError

_UNKNOWN_OPERATION = (404, 405)


@contextmanager
def experimental(what: str) -> Iterator[None]:
    """Tell, in a 404 or 405 that passes, that the operation is known from a user's script or tool alone.

    Args:
        what: the operation in words, such as "stopping a session".
    """
    try:
        yield
    except APIError as error:
        if error.status in _UNKNOWN_OPERATION:
            head, *rest = error.args
            error.args = (f"{head}; {what} is experimental, and this service may not have it", *rest)
        raise
