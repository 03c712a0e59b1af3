"""The three deliveries of a snapshot: whichever a service takes, the result is the same."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Collection
from typing import Any

import anyio
import httpx
import pytest

from deepnote_async import (
    AsyncDeepnote,
    BadRequestError,
    ConnectionLostError,
    DecodeError,
    Outcome,
    RunFailedError,
    RunResult,
    RunStartUnknownError,
    RunTimeoutError,
    ServerError,
    SnapshotError,
)
from deepnote_async.resources.deliveries import ALL, SnapshotDelivery
from tests.support.farm import Farm, numbers, run_on, said
from tests.support.lost_starts import without_threads
from tests.support.service import RUN_ID, client_of, run_json
from tests.support.virtual_time import run_virtually

ADDRESS = "https://storage.example.com/snapshot?signature=s3cret"
STREAM = {"output_type": "stream", "name": "stdout", "text": "hello\n"}
ERROR = {"output_type": "error", "ename": "ValueError", "evalue": "bad", "traceback": ["line 1", "ValueError: bad"]}
ROWS: list[dict[str, Any]] = [
    {"id": "a", "type": "code", "outputs": [STREAM], "metadata": {"execution_millis": 5}},
    {"id": "b", "type": "code", "outputs": [ERROR], "metadata": {"execution_millis": 5}},
    {"id": "c", "type": "code", "outputs": [], "metadata": {}},
]
BLOCKS = [row | {"content": "code()"} for row in ROWS]
DOCUMENT = json.dumps({"version": "1.0.0", "project": {"id": "p", "notebooks": [{"id": "nb", "blocks": BLOCKS}]}})

Trouble = Callable[[], httpx.Response | None]


class Service:
    """A run that has ended, on a service that refuses some deliveries, and its storage.

    Attributes:
        asked: what each look asked for; None where it left that to the service.
        downloads: how often the storage was asked.
    """

    def __init__(self, *refused: SnapshotDelivery, storage: Trouble = lambda: None, **fields: Any) -> None:
        self._refused: Collection[str] = refused
        self._storage = storage
        self._fields = fields
        self.asked: list[str | None] = []
        self.downloads = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "storage.example.com":
            assert "authorization" not in request.headers
            self.downloads += 1
            return self._storage() or httpx.Response(200, text=DOCUMENT)
        asked = request.url.params.get("snapshotDelivery")
        self.asked.append(asked)
        if asked in self._refused:
            return said(400, f"snapshotDelivery cannot be {asked}")
        left: dict[str, Any] = {"snapshotStatus": "available"}
        left |= {"snapshotContent": None, "snapshotDownloadUrl": None, "snapshotBlocks": None}
        found: dict[str, dict[str, Any]] = {
            "inline": {"snapshotContent": DOCUMENT},
            "blocks": {"snapshotBlocks": ROWS},
            "downloadUrl": {"snapshotDownloadUrl": ADDRESS},
        }
        left |= found[asked or "downloadUrl"]
        return httpx.Response(200, json=run_json("error", **(left | self._fields)))


def result_of(service: Service, delivery: SnapshotDelivery = "inline", **options: Any) -> tuple[RunResult, float]:
    """Read a result; gives it with the seconds that it took."""

    async def main() -> tuple[RunResult, float]:
        async with client_of(service, snapshot_delivery=delivery, **options) as client:
            return await client.runs.handle(RUN_ID).result(check=False), anyio.current_time()

    return run_virtually(main())


def error_of(service: Service, expected: type[Exception], **options: Any) -> tuple[Any, float]:
    """Ask for a result that cannot be had; gives the error, and the seconds it took."""

    async def main() -> tuple[Any, float]:
        async with client_of(service, **options) as client:
            with pytest.raises(expected) as caught:
                await client.runs.handle(RUN_ID).result(check=False)
            return caught.value, anyio.current_time()

    return run_virtually(main())


def told(result: RunResult) -> object:
    """Give what every delivery has to tell alike."""
    blocks = [(block.id, block.type, block.position, block.status, block.metadata) for block in result.blocks]
    return blocks, result.outputs, result.text, result.failure, result.status


@pytest.mark.parametrize("delivery", ALL)
def test_every_delivery_gives_the_same_result(delivery: SnapshotDelivery) -> None:
    service = Service()
    result, _seconds = result_of(service, delivery)
    assert told(result) == told(result_of(Service())[0])
    assert result.text == "hello\n"
    assert [block.status for block in result.blocks] == ["succeeded", "failed", "not_reached"]
    assert (result.snapshot is None) == (delivery == "blocks")
    assert {block.content for block in result.blocks} == {"" if delivery == "blocks" else "code()"}
    assert service.asked == ["downloadUrl", delivery]
    with pytest.raises(RunFailedError, match=r"code block 1 \(b\): ValueError: bad\n"):
        result.raise_for_status()


@pytest.mark.parametrize(
    ("delivery", "refused", "asked"),
    [
        ("inline", ["inline"], ["inline", "downloadUrl"]),
        ("inline", ["inline", "downloadUrl"], ["inline", "blocks"]),
        ("downloadUrl", ["downloadUrl"], ["inline"]),
        ("downloadUrl", ["downloadUrl", "inline"], ["inline", "blocks"]),
        ("blocks", ["blocks"], ["blocks", "inline"]),
        ("blocks", ["blocks", "inline"], ["blocks", "inline", "downloadUrl"]),
    ],
)
def test_what_the_service_refuses_is_replaced(
    delivery: SnapshotDelivery, refused: list[SnapshotDelivery], asked: list[str]
) -> None:
    service = Service(*refused)
    result, seconds = result_of(service, delivery)
    assert told(result) == told(result_of(Service())[0])
    status_look = ["downloadUrl", None] if "downloadUrl" in refused else ["downloadUrl"]
    assert service.asked == [*status_look, *asked]
    assert seconds == 0


def test_a_refusal_is_learnt_once_for_all_runs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="deepnote_async")

    async def main() -> None:
        async with client_of(service) as client:
            for _ in range(3):
                await client.runs.handle(RUN_ID).result(check=False)

    service = Service("inline", "downloadUrl")
    run_virtually(main())
    assert service.asked == ["downloadUrl", None, "inline", "blocks", *[None, "blocks"] * 2]
    told = [record.getMessage() for record in caplog.records if "refuses" in record.getMessage()]
    assert told == [
        "the service refuses snapshotDelivery=downloadUrl; None is asked for from now on",
        "the service refuses snapshotDelivery=inline; blocks is asked for from now on",
    ]


def test_a_400_for_another_reason_is_shown_as_it_came_first_and_teaches_nothing() -> None:
    is_odd = True

    async def main() -> None:
        async def answer(request: httpx.Request) -> httpx.Response:
            asked = request.url.params.get("snapshotDelivery")
            if is_odd:
                service.asked.append(asked)
                return said(400, f"odd run, asked for {asked}")
            return await service(request)

        nonlocal is_odd
        async with client_of(answer) as client:
            handle = client.runs.handle(RUN_ID)
            with pytest.raises(BadRequestError, match="odd run, asked for downloadUrl"):
                await handle.refresh()
            assert service.asked == ["downloadUrl", None]
            with pytest.raises(BadRequestError, match="odd run, asked for inline"):
                await handle.snapshot()
            assert service.asked[2:] == ["inline", "downloadUrl", "blocks"]
            is_odd = False
            assert await handle.snapshot() is not None
            assert service.asked[5:] == ["inline"]

    service = Service()
    run_virtually(main())


def test_what_was_refused_is_tried_again_once_nothing_else_is_taken() -> None:
    async def main() -> None:
        async def answer(request: httpx.Request) -> httpx.Response:
            return await services[0](request)

        async with client_of(answer, snapshot_delivery="inline") as client:
            handle = client.runs.handle(RUN_ID)
            assert await handle.snapshot() is None  # of blocks there is none
            services.pop(0)
            assert await handle.snapshot() is not None
            assert await handle.snapshot() is not None

    first, second = Service("inline", "downloadUrl"), Service("inline", "blocks")
    services = [first, second]
    run_virtually(main())
    assert first.asked == ["inline", "downloadUrl", "blocks"]
    assert second.asked == ["blocks", "inline", "downloadUrl", "downloadUrl"]


@pytest.mark.parametrize("delivery", ALL)
def test_whatever_came_is_read(delivery: SnapshotDelivery) -> None:
    viewer: dict[str, Any] = {"snapshotContent": None, "snapshotDownloadUrl": None, "snapshotBlocks": ROWS}
    result, _seconds = result_of(Service(**viewer), delivery)
    assert told(result) == told(result_of(Service())[0])
    assert result.snapshot is None
    everything: dict[str, Any] = {"snapshotContent": DOCUMENT, "snapshotDownloadUrl": ADDRESS, "snapshotBlocks": ROWS}
    service = Service(**everything)
    assert (result_of(service, delivery)[0].snapshot is None) == (delivery == "blocks")
    assert service.downloads == 0


@pytest.mark.parametrize(
    "nested",
    [
        {"snapshotContent": DOCUMENT},
        {"downloadUrl": ADDRESS},
        {"snapshotDownloadUrl": ADDRESS},
        {"snapshotBlocks": ROWS},
    ],
)
def test_older_shapes_of_the_answer_are_read(nested: dict[str, Any]) -> None:
    nothing: dict[str, Any] = {"snapshotContent": None, "snapshotDownloadUrl": None, "snapshotBlocks": None}
    assert result_of(Service(**nothing, snapshot=nested))[0].text == "hello\n"


def test_a_document_that_is_gone_leaves_the_blocks_that_came_with_its_address() -> None:
    service = Service(storage=lambda: httpx.Response(404), snapshotBlocks=ROWS)
    assert result_of(service, "downloadUrl")[0].text == "hello\n"


@pytest.mark.parametrize("delivery", ["inlined", "", None, 5, "Blocks"])
def test_other_deliveries_there_are_none(delivery: Any) -> None:
    with pytest.raises(ValueError, match=r"snapshot_delivery must be one of 'inline', 'downloadUrl', 'blocks', not "):
        AsyncDeepnote("tok", snapshot_delivery=delivery)


def test_rows_that_are_none_are_left_out_with_a_word(caplog: pytest.LogCaptureFixture) -> None:
    odd: list[Any] = [
        None,
        "b",
        {},
        {"id": 5, "type": None, "outputs": "x", "metadata": []},
        {"id": "c", "type": "code", "outputs": [1, None, {}, {"output_type": 3, "text": {}}, STREAM]},
        [STREAM],
    ]
    result, _seconds = result_of(Service(snapshotBlocks=odd), "blocks")
    assert [(block.id, block.type, block.position) for block in result.blocks] == [
        ("", "", 0), ("5", "", 1), ("c", "code", 2),
    ]  # fmt: skip
    assert result.text == "hello\n"
    assert [record.getMessage() for record in caplog.records] == [
        "row 0 of the blocks of a run is left out: it is a NoneType",
        "row 1 of the blocks of a run is left out: it is a str",
        "row 5 of the blocks of a run is left out: it is a list",
    ]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"snapshotBlocks": {"a": 1}}, "/run/snapshotBlocks"),
        ({"snapshotBlocks": "rows"}, "/run/snapshotBlocks"),
        ({"snapshotContent": {"version": 1}}, "/run/snapshotContent"),
    ],
)
@pytest.mark.parametrize("delivery", ["inline", "blocks"])
def test_blocks_and_documents_that_are_none_are_told(
    delivery: SnapshotDelivery, fields: dict[str, Any], pointer: str
) -> None:
    nothing: dict[str, Any] = {"snapshotContent": None, "snapshotDownloadUrl": None, "snapshotBlocks": None}
    error, _seconds = error_of(Service(**(nothing | fields)), DecodeError, snapshot_delivery=delivery)
    assert (error.pointer, error.run_id) == (pointer, RUN_ID)
    assert f"{pointer} cannot be read in the answer: it is a " in str(error)


def test_a_status_look_does_not_mind_blocks_that_are_none() -> None:
    async def main() -> str:
        async with client_of(Service(snapshotBlocks="rows")) as client:
            return (await client.runs.get(RUN_ID)).status

    assert run_virtually(main()) == "error"


def test_blocks_of_a_server_that_does_not_tell_their_state_are_read_at_once() -> None:
    result, seconds = result_of(Service(snapshotStatus=None), "blocks")
    assert (result.text, seconds) == ("hello\n", 0)


def test_a_notice_in_place_of_large_outputs_stays_the_text_that_it_is() -> None:
    notice = {"output_type": "stream", "name": "stdout", "text": "Output is too large to show."}
    row = {"id": "a", "type": "code", "outputs": [notice], "metadata": {}}
    result, _seconds = result_of(Service(snapshotBlocks=[row]), "blocks")
    assert result.text == "Output is too large to show."
    assert [block.status for block in result.blocks] == ["succeeded"]


def test_blocks_may_come_after_the_status() -> None:
    class Late(Service):
        async def __call__(self, request: httpx.Request) -> httpx.Response:
            if anyio.current_time() >= 8:
                return await super().__call__(request)
            return httpx.Response(200, json=run_json("error", snapshotStatus="pending", snapshotBlocks=[]))

    result, seconds = result_of(Late(), "blocks")
    assert result.text == "hello\n"
    assert 8 <= seconds <= 9


def until(moment: float, trouble: Trouble) -> Trouble:
    return lambda: trouble() if anyio.current_time() < moment else None


def breaks_off() -> httpx.Response:
    raise httpx.ReadError("reset by peer")


TRANSIT: list[Trouble] = [breaks_off, lambda: said(503, "busy"), lambda: said(429, "slow down"), lambda: said(408, "")]


@pytest.mark.parametrize("trouble", TRANSIT)
def test_a_download_that_breaks_on_the_way_is_tried_again(trouble: Trouble) -> None:
    service = Service(storage=until(10, trouble))
    result, seconds = result_of(service, "downloadUrl")
    assert result.snapshot is not None
    assert 10 <= seconds <= 15
    assert len(service.asked) == 1 + service.downloads  # a new address each time


@pytest.mark.parametrize("trouble", TRANSIT)
def test_a_download_that_always_breaks_is_an_error_when_the_time_is_up(trouble: Trouble) -> None:
    service = Service(storage=trouble)
    error, seconds = error_of(service, SnapshotError, snapshot_delivery="downloadUrl")
    assert 30 <= seconds <= 36
    assert service.downloads <= 15
    assert (error.run_id, error.is_passing) == (RUN_ID, True)
    assert f"Run {RUN_ID} ended as error, but its document could not be fetched within 3" in str(error)
    assert "handle.result() reads it later" in str(error)
    assert "s3cret" not in f"{error} {error.__cause__}"


@pytest.mark.parametrize("look", [0, 20])
def test_a_download_that_hangs_has_what_its_look_has_left_of_its_time(look: int) -> None:
    async def main() -> tuple[str, float]:
        async def answer(request: httpx.Request) -> httpx.Response:
            await anyio.sleep(3600 if request.url.host == "storage.example.com" else look)
            return await service(request)

        async with client_of(answer, snapshot_delivery="downloadUrl", timeout=None) as client:
            with pytest.raises(SnapshotError) as caught:
                await client.runs.handle(RUN_ID).snapshot(timeout=100)
            return str(caught.value), anyio.current_time()

    service = Service()
    message, seconds = run_virtually(main())
    assert f"The snapshot cannot be fetched: Not done within {30 - look} s" in message
    assert "it was tried for 100 s" in message
    assert seconds == 100


def test_a_document_that_is_there_is_not_given_as_missing() -> None:
    """The first answer has no document yet; later there is one, but it cannot be had."""

    class Later(Service):
        async def __call__(self, request: httpx.Request) -> httpx.Response:
            if anyio.current_time() >= 3 or request.url.host == "storage.example.com":
                return await super().__call__(request)
            return httpx.Response(200, json=run_json("error", snapshotStatus="pending"))

    error, _seconds = error_of(Later(storage=breaks_off), SnapshotError, snapshot_delivery="downloadUrl")
    assert isinstance(error.__cause__, ConnectionLostError)


def test_what_failed_last_decides_what_is_raised() -> None:
    class Mixed(Service):
        async def __call__(self, request: httpx.Request) -> httpx.Response:
            if anyio.current_time() >= 5:
                return said(500, "down")
            return await super().__call__(request)

    error, _seconds = error_of(Mixed(storage=breaks_off), RunTimeoutError, snapshot_delivery="downloadUrl")
    assert isinstance(error.__cause__, ServerError)


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (lambda: httpx.Response(410), "410 Gone"),
        (lambda: httpx.Response(302, headers={"location": "http://10.0.0.1/"}), "the address of a download"),
        (lambda: httpx.Response(200, content=bytes(2_000_000)), "larger than"),
    ],
)
def test_what_will_not_pass_is_told_at_once(trouble: Trouble, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deepnote_async.transport.sender.MAX_BODY_BYTES", 1_000_000)
    service = Service(storage=trouble)
    error, seconds = error_of(service, SnapshotError, snapshot_delivery="downloadUrl")
    assert reason in str(error)
    assert (error.is_passing, seconds, service.downloads) == (False, 0, 1)


def test_an_address_that_expires_is_asked_for_anew_in_the_delivery_that_is_taken() -> None:
    refusals = iter([httpx.Response(403)])
    service = Service("inline", storage=lambda: next(refusals, None))
    assert result_of(service)[0].text == "hello\n"
    assert service.asked == ["downloadUrl", "inline", "downloadUrl", "downloadUrl"]
    assert service.downloads == 2


def test_a_rate_limit_before_a_download_that_fails_takes_nothing_of_its_time() -> None:
    """One request in twenty seconds: each look waits for the gate, and the storage fails three times."""
    service = Service(storage=until(110, breaks_off))
    result, seconds = result_of(service, "downloadUrl", rate=0.05)
    assert result.snapshot is not None
    assert seconds >= 110


@pytest.mark.parametrize("total", [None, 100.0])
def test_a_map_goes_on_trying_for_five_minutes(total: float | None) -> None:
    async def main() -> tuple[Outcome, float]:
        async def answer(request: httpx.Request) -> httpx.Response:
            if request.url.host == "storage.example.com":
                raise httpx.ReadError("reset by peer")
            response = await farm.answer(request)
            body = response.json()
            if body.get("run", {}).get("status") == "success":
                body["run"] |= {"snapshotStatus": "available", "snapshotDownloadUrl": ADDRESS}
            return httpx.Response(response.status_code, json=body)

        farm = Farm(lasts=lambda _n: 1.0)
        async with client_of(answer) as client:
            async with client.runs.map("nb", numbers(1), total_timeout=total) as outcomes:
                (outcome,) = [outcome async for outcome in outcomes]
            return outcome, anyio.current_time()

    outcome, seconds = run_on("asyncio", main)
    assert isinstance(outcome.error, SnapshotError if total is None else RunTimeoutError)
    assert (outcome.status, outcome.result) == ("success", None)
    assert seconds == pytest.approx(total or 305, abs=5)


class LostStart:
    """A start whose answer is lost; the one new run shows its key where `shows` says."""

    def __init__(self, shows: str) -> None:
        self._shows = shows
        self._key = ""
        self.posts = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.posts += 1
            self._key = json.loads(request.content)["inputs"]["key"]
            raise httpx.ReadError("reset")
        row = {"runId": "new", "status": "success", "createdAt": "2026-01-01T00:00:00Z"}
        if request.url.path.endswith("/runs"):
            pagination = {"hasMore": False, "pageSize": 100, "nextPageToken": None}
            return httpx.Response(200, json={"runs": [row] if self._key else [], "pagination": pagination})
        return httpx.Response(200, json={"run": row | {"snapshotStatus": "available"} | self._left(request)})

    def _left(self, request: httpx.Request) -> dict[str, Any]:
        inputs = {"execution": {"inputs": {"key": self._key}}, "project": {"notebooks": []}}
        if self._shows == "document":
            is_inline = request.url.params.get("snapshotDelivery") == "inline"
            return {"snapshotContent": json.dumps(inputs)} if is_inline else {"snapshotBlocks": ROWS}
        value = self._key if self._shows == "block" else "saved in the notebook"
        metadata = {"deepnote_variable_name": "key", "deepnote_variable_value": value}
        return {"snapshotBlocks": [{"id": "i", "type": "input-text", "outputs": [], "metadata": metadata}]}


@pytest.mark.parametrize("delivery", ALL)
@pytest.mark.parametrize("shows", ["document", "block"])
def test_a_run_key_is_found_in_every_delivery(
    shows: str, delivery: SnapshotDelivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_threads(monkeypatch)

    async def main() -> tuple[str, bool]:
        async with client_of(LostStart(shows), snapshot_delivery=delivery) as client:
            handle = await client.runs.create("nb", run_key_input="key", check_inputs=False)
            return handle.id, handle.adopted

    assert run_virtually(main()) == ("new", True)


def test_blocks_that_only_show_what_is_saved_exclude_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    without_threads(monkeypatch)

    async def main() -> None:
        async with client_of(service, snapshot_delivery="blocks") as client:
            with pytest.raises(RunStartUnknownError):
                await client.runs.create("nb", run_key_input="key", check_inputs=False, timeout=5)

    service = LostStart("nothing")
    run_virtually(main())
    assert service.posts == 1
