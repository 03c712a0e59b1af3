"""When the declaration is read, how often, and what happens if it cannot be, or is out of date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import httpx
import pytest

from deepnote_async import AsyncDeepnote, BadRequestError, DeadlineExceededError, ServerError
from deepnote_async.resources.declarations import MOST_KEPT
from tests.support.farm import both, run_on
from tests.support.service import RUN_ID, body_of, client_of, notebook_json, run_json, started_json

SLIDER = {"name": "n", "type": "input-slider", "min": 0, "max": 10, "step": 1, "blockId": "b-n"}
DATE = {"name": "when", "type": "input-date", "blockId": "b-when"}
TEXT = {"name": "n", "type": "input-text"}
Hook = Callable[[httpx.Request], Awaitable[httpx.Response | None]]


class Service:
    """Answers for a notebook whose declaration a test may change."""

    def __init__(self, *declared: dict[str, Any]) -> None:
        self.declared = declared
        self.reads: list[str] = []
        self.blocks = 0
        self.starts: list[dict[str, Any]] = []
        self.on_read: Hook | None = None
        self.refuses: Callable[[dict[str, Any]], str | None] = lambda _inputs: None

    async def answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            inputs = body_of(request).get("inputs", {})
            self.starts.append(inputs)
            if (reason := self.refuses(inputs)) is not None:
                return httpx.Response(400, json={"message": reason})
            if request.url.path == "/v2/sessions":
                return httpx.Response(202, json={"session": {"id": RUN_ID}, "run": {"runId": RUN_ID}})
            return httpx.Response(202, json=started_json())
        kind, _, key = request.url.path.removeprefix("/v2/").partition("/")
        if kind == "runs":
            return httpx.Response(200, json=run_json())
        if kind == "blocks":
            self.blocks += 1
            metadata = {"deepnote_input_date_version": 2} if key == "b-2" else {}
            return httpx.Response(200, json={"block": {"id": key, "type": "input-date", "metadata": metadata}})
        self.reads.append(key)
        answer = await self.on_read(request) if self.on_read is not None else None
        return answer or httpx.Response(200, json=notebook_json(key, inputs=list(self.declared)))


def with_client(
    library: str, service: Service, main: Callable[[AsyncDeepnote], Awaitable[None]], **options: Any
) -> None:
    async def inside() -> None:
        async with client_of(service.answer, **options) as client:
            await main(client)

    run_on(library, inside)


@both
def test_it_is_read_once_and_only_where_it_matters(library: str) -> None:
    service = Service(SLIDER)

    async def main(client: AsyncDeepnote) -> None:
        await client.runs.create("nb")
        await client.runs.create("nb", inputs={})
        await client.runs.create("nb", inputs={"flag": True})
        await client.runs.create("nb", inputs={"n": "any", "k": 5.0}, check_inputs=False)
        assert service.reads == []
        for value in (5.0, 6, "7"):
            await client.runs.create("nb", inputs={"n": value})
        await client.sessions.create("nb", inputs={"n": 8.0})
        assert service.reads == ["nb"]

    with_client(library, service, main)
    assert service.starts[3:] == [{"n": "any", "k": "5"}, {"n": "5"}, {"n": "6"}, {"n": "7"}, {"n": "8"}]


@both
def test_many_starts_at_once_read_it_once(library: str) -> None:
    service = Service(SLIDER)

    async def slowly(_request: httpx.Request) -> None:
        await anyio.sleep(1)

    service.on_read = slowly

    async def main(client: AsyncDeepnote) -> None:
        async def start(number: float) -> None:
            await client.runs.create("nb", inputs={"n": number})

        async with anyio.create_task_group() as tasks:
            for number in range(10):
                tasks.start_soon(start, float(number))

    with_client(library, service, main)
    assert (len(service.reads), len(service.starts)) == (1, 10)


@both
def test_others_read_on_when_the_reader_is_cancelled_or_out_of_time(library: str) -> None:
    service = Service(SLIDER)

    async def slowly(_request: httpx.Request) -> None:
        await anyio.sleep(10)

    service.on_read = slowly

    async def main(client: AsyncDeepnote) -> None:
        async def late() -> None:
            await anyio.sleep(0.1)
            with pytest.raises(DeadlineExceededError, match="within"):
                await client.runs.create("nb", inputs={"n": 1.0}, timeout=3)

        async def patient() -> None:
            await anyio.sleep(2.5)
            await client.runs.create("nb", inputs={"n": 2.0})

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(late)
            tasks.start_soon(patient)
            tasks.start_soon(patient)
            with anyio.move_on_after(2):
                await client.runs.create("nb", inputs={"n": 0.0})

    with_client(library, service, main)
    assert service.starts == [{"n": "2"}] * 2
    assert len(service.reads) == 3  # the cancelled one, the one out of time, and the one that came


@both
def test_a_waiter_has_a_time_of_its_own(library: str) -> None:
    service = Service(SLIDER)

    async def never(_request: httpx.Request) -> None:
        await anyio.sleep(50)

    service.on_read = never

    async def main(client: AsyncDeepnote) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: client.runs.create("nb", inputs={"n": 1.0}))
            await anyio.sleep(1)
            began = anyio.current_time()
            with pytest.raises(DeadlineExceededError, match="another call was reading"):
                await client.runs.create("nb", inputs={"n": 1.0}, timeout=2)
            assert anyio.current_time() - began == pytest.approx(2)
            await client.runs.create("nb", inputs={"n": "1"}, timeout=4)  # plain text goes without it
            assert anyio.current_time() - began == pytest.approx(4)

    with_client(library, service, main)
    assert len(service.starts) == 2


@both
def test_what_cannot_be_read_stops_typed_values_only(library: str) -> None:
    service = Service()

    async def broken(_request: httpx.Request) -> httpx.Response:
        await anyio.sleep(1)
        return httpx.Response(503, json={"message": "down"})

    service.on_read = broken

    async def main(client: AsyncDeepnote) -> None:
        async def refused() -> None:
            with pytest.raises(ServerError, match="down") as caught:
                await client.runs.create("nb", inputs={"n": 5.0})
            assert "nothing was started" in caught.value.__notes__[0]

        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(refused)
        assert len(service.reads) == 1  # the failure is shared, too
        await client.runs.create("nb", inputs={"n": "5", "tags": ["a"]})
        with pytest.raises(TypeError, match="input 'n': a object"):
            await client.runs.create("nb", inputs={"n": object()})  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]

    with_client(library, service, main)
    assert service.starts == [{"n": "5", "tags": ["a"]}]


def test_who_may_not_read_it_does_not_ask_each_time() -> None:
    service = Service()

    async def forbidden(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(403, json={"message": "no"})

    service.on_read = forbidden

    async def main(client: AsyncDeepnote) -> None:
        for _ in range(5):
            await client.runs.create("nb", inputs={"n": "5"})
        assert len(service.reads) == 1
        await anyio.sleep(61)
        await client.runs.create("nb", inputs={"n": "5"})
        assert len(service.reads) == 2

    with_client("asyncio", service, main)
    assert len(service.starts) == 6


@both
def test_a_refused_start_is_sent_again_by_a_new_declaration(library: str) -> None:
    service = Service(TEXT | {"type": "input-date"})

    async def main(client: AsyncDeepnote) -> None:
        await client.runs.create("nb", inputs={"n": "2026-01-31"})
        service.declared = (TEXT,)
        service.refuses = lambda inputs: 'Input "n" is a text now' if "T" in inputs["n"] else None
        with pytest.raises(BadRequestError):  # the declaration was read just now, so it is not read again
            await client.runs.create("nb", inputs={"n": "2026-01-31"})
        await anyio.sleep(2)
        await client.runs.create("nb", inputs={"n": "2026-01-31"})
        assert [start["n"][10:] for start in service.starts] == ["T00:00:00.000Z"] * 3 + [""]
        await anyio.sleep(2)
        service.refuses = lambda _inputs: "something else"
        with pytest.raises(BadRequestError, match="something else"):
            await client.sessions.create("nb", inputs={"n": "x"})
        assert len(service.starts) == 5  # the same values would be refused again
        await anyio.sleep(2)
        service.declared = (SLIDER,)
        with pytest.raises(ValueError, match="input 'n' takes a number"):
            await client.runs.create("nb", inputs={"n": "x"})

    with_client(library, service, main)
    assert len(service.reads) == 4


def test_a_problem_is_told_by_the_newest_declaration_only() -> None:
    service = Service(SLIDER)

    async def main(client: AsyncDeepnote) -> None:
        await client.runs.create("nb", inputs={"n": 5})
        service.declared = (SLIDER | {"max": 100}, TEXT | {"name": "added"})
        await anyio.sleep(2)
        await client.runs.create("nb", inputs={"n": 50, "added": "x"})
        for _ in range(5):
            with pytest.raises(ValueError, match="from 0 up to 100"):
                await client.runs.create("nb", inputs={"n": 500})

    with_client("asyncio", service, main)
    assert (len(service.reads), len(service.starts)) == (2, 2)


def test_the_version_of_a_date_block_is_asked_for_when_a_time_is_given() -> None:
    service = Service(DATE, DATE | {"name": "day", "blockId": "b-2"})
    noon = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)

    async def main(client: AsyncDeepnote) -> None:
        await client.runs.create("nb", inputs={"when": noon.date(), "day": noon.date()})
        assert service.blocks == 0
        for _ in range(3):
            await client.runs.create("nb", inputs={"when": noon})
        assert service.blocks == 1
        for _ in range(3):
            with pytest.raises(ValueError, match=r"input 'day' takes a date.* give its \.date\(\)"):
                await client.runs.create("nb", inputs={"day": noon})
        assert service.blocks == 2

    with_client("asyncio", service, main)
    assert [start["when"][11:13] for start in service.starts] == ["00", "12", "12", "12"]


@both
def test_a_map_tells_which_item_is_wrong_and_goes_on(library: str) -> None:
    service = Service(SLIDER)

    async def main(client: AsyncDeepnote) -> None:
        many: list[dict[str, float]] = [{"n": 5.0}, {"n": 500}, {"n": float("nan"), "m": 1}, {"n": 6}]
        async with client.runs.map("nb", many, ordered=True, concurrency=1, timeout=1) as outcomes:
            errors = [outcome.error async for outcome in outcomes]
        assert str(errors[1]).startswith("many_inputs[1]: input 'n' takes a number from 0 up to 10")
        assert str(errors[2]).startswith("many_inputs[2]: 2 inputs cannot be sent")
        assert [type(error) for error in errors[1:3]] == [ValueError, ValueError]

    with_client(library, service, main)
    assert (len(service.reads), service.starts) == (1, [{"n": "5"}, {"n": "6"}])


def test_the_declarations_kept_are_bounded() -> None:
    service = Service(SLIDER)

    async def main(client: AsyncDeepnote) -> None:
        for number in range(MOST_KEPT + 1):
            await client.runs.create(f"nb-{number}", inputs={"n": 1})
        await client.runs.create(f"nb-{MOST_KEPT}", inputs={"n": 1})
        await client.runs.create("nb-1", inputs={"n": 1})
        assert len(service.reads) == MOST_KEPT + 1
        await client.runs.create("nb-0", inputs={"n": 1})
        assert len(service.reads) == MOST_KEPT + 2

    with_client("asyncio", service, main)
