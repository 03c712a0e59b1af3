"""`client.me`: whose token this is."""

from __future__ import annotations

from typing import Unpack

from deepnote_async.models import Me
from deepnote_async.resources.wire import me_record
from deepnote_async.transport import CallOptions, Transport
from deepnote_async_api import models as wire
from deepnote_async_api.api.me import get_me


class MeResource:
    """The owner of the token.

    https://deepnote.com/docs/api-reference/me
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def get(self, **options: Unpack[CallOptions]) -> Me:
        """Read whose token this is and what it may do; the cheapest way to find out that it works.

        Raises:
            AuthenticationError: the token is not valid.
            NotFoundError: its workspace or owner is gone.

        Example:
            >>> (await client.me.get()).access_level
            'editor'
        """
        return me_record(await self._transport.call(get_me, get_me.build_request(), wire.Me.from_dict, **options))
