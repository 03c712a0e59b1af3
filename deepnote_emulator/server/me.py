"""GET /v2/me.

https://deepnote.com/docs/api-reference/me
"""

from __future__ import annotations

from aiohttp import web

from deepnote_emulator.server.answers import answer, check_query


async def get_me(request: web.Request) -> web.Response:
    """Tell whose token this is; the emulator has one user."""
    check_query(request)
    return answer(
        {
            "apiKey": {"type": "emulator"},
            "user": {"name": "Emulator"},
            "workspace": {"id": "emulator", "slug": "emulator", "name": "Emulator"},
            "accessLevel": "editor",
        }
    )
