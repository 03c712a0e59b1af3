"""The three deliveries of a snapshot: whichever a service takes, the result is the same."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import anyio
import httpx
import pytest

from deepnote_async import (
    AsyncDeepnote,
    BadRequestError,
    DecodeError,
    RunFailedError,
    RunResult,
)
from deepnote_async.resources.deliveries import ALL, SnapshotDelivery
from tests.support.farm import said
from tests.support.service import RUN_ID, client_of, run_json
from tests.support.snapshot_service import ADDRESS, DOCUMENT, ROWS, STREAM, Service, error_of, result_of
from tests.support.virtual_time import run_virtually


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
    assert service.asked == [None, delivery]
    with pytest.raises(RunFailedError, match=r"code block 1 \(b\): ValueError: bad\n"):
        result.raise_for_status()


@pytest.mark.parametrize(
    ("delivery", "refused", "asked"),
    [
        ("inline", ["inline"], ["inline", "downloadUrl"]),
        ("inline", ["inline", "downloadUrl"], ["inline", "downloadUrl", "blocks"]),
        ("downloadUrl", ["downloadUrl"], ["downloadUrl", "inline"]),
        ("downloadUrl", ["downloadUrl", "inline"], ["downloadUrl", "inline", "blocks"]),
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
    assert service.asked == [None, *asked]  # the first look is for the status
    assert seconds == 0


def test_a_refusal_is_learnt_once_for_all_runs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="deepnote_async")

    async def main() -> None:
        async with client_of(service) as client:
            for _ in range(3):
                await client.runs.handle(RUN_ID).result(check=False)

    service = Service("inline", "downloadUrl")
    run_virtually(main())
    assert service.asked == [None, "inline", "downloadUrl", "blocks", *[None, "blocks"] * 2]
    told = [record.getMessage() for record in caplog.records if "refuses" in record.getMessage()]
    assert told == [
        "the service refuses snapshotDelivery=inline; blocks is asked for from now on",
        "the service refuses snapshotDelivery=downloadUrl; blocks is asked for from now on",
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
            with pytest.raises(BadRequestError, match="odd run, asked for None"):
                await handle.refresh()
            assert service.asked == [None]
            with pytest.raises(BadRequestError, match="odd run, asked for inline"):
                await handle.snapshot()
            assert service.asked[1:] == ["inline", "downloadUrl", "blocks"]
            is_odd = False
            assert await handle.snapshot() is not None
            assert service.asked[4:] == ["inline"]

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


def asked_for_runs(refusals: Sequence[str | None], pause: float = 0.0) -> list[str | None]:
    """Read one run after another with a pause between; gives what was asked for.

    Args:
        refusals: what the service says of the first delivery of each run; None if it takes it.
        pause: seconds after each run.
    """

    async def main() -> None:
        said_now: str | None = None

        async def answer(request: httpx.Request) -> httpx.Response:
            if said_now is not None and request.url.params.get("snapshotDelivery") == "inline":
                service.asked.append("inline")
                return said(400, said_now)
            return await service(request)

        async with client_of(answer) as client:
            for number, said_now in enumerate(refusals):  # noqa: B007  (`answer` reads it)
                handle = client.runs.handle(RUN_ID.replace("1", str(number)))
                assert await handle.snapshot() is not None
                await anyio.sleep(pause)

    service = Service()
    run_virtually(main())
    return service.asked


@pytest.mark.parametrize("text", ["no snapshotdelivery here", "unknown DELIVERY", "Inline is switched off"])
def test_a_refusal_that_names_the_delivery_teaches_at_once(text: str) -> None:
    assert asked_for_runs([text, None]) == ["inline", "downloadUrl", "downloadUrl"]


def test_a_refusal_of_another_reason_teaches_only_after_three_runs_in_a_row() -> None:
    odd = "this run is odd"
    replaced = ["inline", "downloadUrl"]
    assert asked_for_runs([odd, odd, None, odd, None]) == [*replaced * 2, "inline", *replaced, "inline"]
    assert asked_for_runs([odd, odd, odd, None]) == [*replaced * 3, "downloadUrl"]


def test_one_run_alone_teaches_nothing_however_often_it_is_read() -> None:
    async def main() -> None:
        async def answer(request: httpx.Request) -> httpx.Response:
            if request.url.params.get("snapshotDelivery") == "inline":
                service.asked.append("inline")
                return said(400, "this run is odd")
            return await service(request)

        async with client_of(answer) as client:
            for _ in range(5):
                await client.runs.handle(RUN_ID).snapshot()
        assert service.asked == ["inline", "downloadUrl"] * 5

    service = Service()
    run_virtually(main())


def test_what_was_learnt_is_forgotten_after_ten_minutes() -> None:
    named = "no snapshotDelivery"
    assert asked_for_runs([named, None, None, None], 299) == ["inline", *["downloadUrl"] * 3, "inline"]
    odd = "this run is odd"
    asked = asked_for_runs([odd, odd, odd, None, odd, None], 301)
    assert asked == [*["inline", "downloadUrl"] * 3, "downloadUrl", "inline", "downloadUrl", "inline"]


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
