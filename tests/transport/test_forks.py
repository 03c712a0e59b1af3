"""A client that was opened before a fork is of no use in the child, and the child does it no harm."""

from __future__ import annotations

import asyncio
import os
import sys

import pytest

from tests.support.raw_server import Connection, raw_server
from tests.transport.test_backend import RUN

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")

IN_PARENT_AND_CHILD = """
import asyncio, gc, os, sys
from deepnote_async import AsyncDeepnote

async def in_child(client):
    try:
        await client.me.get()
    except RuntimeError as error:
        print("child:", error, flush=True)
    await client.aclose()

async def main():
    client, unopened = AsyncDeepnote("tok", sys.argv[1]), AsyncDeepnote("tok", sys.argv[1])
    await client.runs.get("run")
    child = os.fork()
    if not child:
        async def work():
            print("child:", (await unopened.runs.get("run")).status, flush=True)
            await unopened.aclose()
            await in_child(client)
        asyncio.run(work())
        del client
        gc.collect()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    print("parent:", (await client.runs.get("run", timeout=10)).status)
    await client.aclose()

asyncio.run(main())
"""


async def test_a_forked_child_is_told_so_and_leaves_the_connections_of_its_parent_alone() -> None:
    async def answer_all(connection: Connection) -> None:
        while True:
            await connection.read_request()
            await connection.send(RUN)

    async with raw_server(answer_all) as server:
        script = await asyncio.create_subprocess_exec(
            sys.executable, "-c", IN_PARENT_AND_CHILD, server.url, stdout=asyncio.subprocess.PIPE
        )
        said, _ = await asyncio.wait_for(script.communicate(), 60)
        assert script.returncode == 0
        assert said.decode().splitlines() == [
            "child: success",
            "child: this client was opened in another process; make one client per process, after the fork",
            "parent: success",
        ]
        assert server.connections == 2  # the parent's one, kept, and the one of the child's own client
