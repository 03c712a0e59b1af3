"""Reading `pagination` the way every list of the API has it."""

from __future__ import annotations

from deepnote_async.resources.wire import given
from deepnote_async_api import models as wire


def next_cursor(pagination: wire.CursorPagination) -> str | None:
    """Give the cursor of the next page; None if there is none, or the service says that there is no more."""
    if given(pagination.has_more) is False:
        return None
    cursor = given(pagination.next_page_token)
    return str(cursor) if cursor else None
