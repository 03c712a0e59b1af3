"""Runs of blocks on a session's kernel."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from deepnote_async import NotFoundError, RunStartUnknownError, Session
from tests.sessions.office import Office, answering, uses
from tests.support.farm import both, said
from tests.support.service import RUN_ID, body_of, client_of


@both
@pytest.mark.parametrize("answer", [{"runId": RUN_ID}, {"run": {"id": RUN_ID, "status": "running"}}])
def test_a_follow_up_run_can_be_waited_for(library: str, answer: Any) -> None:
    bodies: list[Any] = []

    async def note(operation: str, request: httpx.Request) -> httpx.Response | None:
        if operation == "run":
            bodies.append(body_of(request))
            return httpx.Response(202, json=answer)
        return None

    office = Office(note)
    office._begun[RUN_ID] = 0.0

    async def body(session: Session) -> None:
        handle = await session.run(["a", "b"])
        assert (handle.id, handle.notebook_id) == (RUN_ID, "nb")
        assert (await handle.wait()).status == "success"
        await session.run(("c",), notebook_id="other")

    uses(library, office, body)
    assert bodies == [{"notebookId": "nb", "blockIds": ["a", "b"]}, {"notebookId": "other", "blockIds": ["c"]}]


@both
@pytest.mark.parametrize(("blocks", "kind"), [([], ValueError), (["a", "a"], ValueError), ("abc", TypeError),
                                              ([1], TypeError)])  # fmt: skip
def test_what_are_no_blocks(library: str, blocks: Any, kind: type[Exception]) -> None:
    office = Office()

    async def body(session: Session) -> None:
        with pytest.raises(kind, match="block_ids"):
            await session.run(blocks)

    uses(library, office, body)
    assert office.log == []


@both
def test_a_lost_answer_is_an_unknown_start_and_is_sent_once(library: str) -> None:
    office = Office(answering("run", lambda: said(502, "oh")))

    async def body(session: Session) -> None:
        with pytest.raises(RunStartUnknownError) as caught:
            await session.run(["a"])
        assert caught.value.notebook_id == "nb"

    uses(library, office, body)
    assert office.count("run") == 1


@both
def test_a_service_without_it_says_so(library: str) -> None:
    async def body(session: Session) -> None:
        with pytest.raises(NotFoundError, match="running blocks in a session is experimental"):
            await session.run(["a"])

    uses(library, Office(answering("run", lambda: said(404, "Not found"))), body)


async def test_its_run_is_known_as_one_of_this_client() -> None:
    async with client_of(Office().answer) as client:
        handle = await client.sessions.attach("s", "nb").run(["a"])
        opened = await client.sessions.create("other")
        assert opened.initial_run is not None
        registry = client.sessions._registry
        assert registry is client.runs._registry
        assert registry.is_owned("nb", handle.id)
        assert registry.is_owned("other", opened.initial_run.id)
