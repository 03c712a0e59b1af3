"""The download of a snapshot from its address: what passes is waited for, what does not is told."""

from __future__ import annotations

import anyio
import httpx
import pytest

from deepnote_async import (
    ConnectionLostError,
    Outcome,
    RunTimeoutError,
    ServerError,
    SnapshotError,
)
from deepnote_async.resources.deliveries import SnapshotDelivery
from tests.support.farm import Farm, numbers, run_on, said
from tests.support.service import RUN_ID, client_of, run_json
from tests.support.snapshot_service import ADDRESS, DOCUMENT, Service, Trouble, error_of, result_of
from tests.support.virtual_time import run_virtually


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


LARGE = {"snapshotContent": "x" * 2_000_000}


class Large(Service):
    """A service whose documents are too large for an answer."""

    too_large: tuple[str, ...] = ("inline", "blocks")

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        asked = request.url.params.get("snapshotDelivery")
        if asked in self.too_large:
            self.asked.append(asked)
            return httpx.Response(200, json=run_json("error", **LARGE))
        return await super().__call__(request)


class LargeAlways(Large):
    """A service that puts the document into every answer, whatever was asked for."""

    too_large = ("inline", "downloadUrl", "blocks")


@pytest.fixture
def _small_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deepnote_async.transport.sender.MAX_BODY_BYTES", 1_000_000)


@pytest.mark.usefixtures("_small_answers")
@pytest.mark.parametrize("delivery", ["inline", "blocks"])
def test_an_answer_that_is_too_large_is_fetched_from_its_address(delivery: SnapshotDelivery) -> None:
    async def main() -> float:
        async with client_of(service, snapshot_delivery=delivery) as client:
            for _ in range(2):
                assert (await client.runs.handle(RUN_ID).result(check=False)).text == "hello\n"
            return anyio.current_time()

    service = Large()
    assert run_virtually(main()) == 0
    assert service.asked == [None, delivery, "downloadUrl"] * 2  # nothing is learnt of it


@pytest.mark.usefixtures("_small_answers")
@pytest.mark.parametrize(
    "service",
    [
        Large(storage=lambda: httpx.Response(200, content=bytes(2_000_000))),
        Large("downloadUrl"),
        LargeAlways(),
    ],
)
def test_what_is_too_large_either_way_is_an_error_at_once(service: Service) -> None:
    error, seconds = error_of(service, SnapshotError)
    assert str(error).startswith("The snapshot cannot be fetched: ")
    assert (error.run_id, error.is_passing, seconds) == (RUN_ID, False, 0)
    assert service.asked == [None, "inline", "downloadUrl"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_document_is_read_in_its_encoding(encoding: str) -> None:
    document = DOCUMENT.replace("hello", "5 €").encode(encoding)
    service = Service(storage=lambda: httpx.Response(200, content=document))
    assert result_of(service, "downloadUrl")[0].text == "5 €\n"


def test_a_document_that_is_no_text_is_an_error_and_not_another_text() -> None:
    document = DOCUMENT.replace("hello", "5 €").encode("cp1252")
    error, _seconds = error_of(
        Service(storage=lambda: httpx.Response(200, content=document)), SnapshotError, snapshot_delivery="downloadUrl"
    )
    assert (error.run_id, error.is_passing) == (RUN_ID, False)


def test_an_address_that_expires_is_asked_for_anew_in_the_delivery_that_is_taken() -> None:
    refusals = iter([httpx.Response(403)])
    service = Service("inline", storage=lambda: next(refusals, None))
    assert result_of(service)[0].text == "hello\n"
    assert service.asked == [None, "inline", "downloadUrl", "downloadUrl"]
    assert service.downloads == 2


@pytest.mark.parametrize("status", [403, 404])
def test_a_document_whose_address_is_named_before_it_is_there_is_waited_for(status: int) -> None:
    service = Service(storage=until(8, lambda: httpx.Response(status)), snapshotStatus="pending")
    result, seconds = result_of(service, "downloadUrl")
    assert result.text == "hello\n"
    assert 8 <= seconds <= 9
    never = Service(storage=lambda: httpx.Response(status), snapshotStatus="pending")
    result, seconds = result_of(never, "downloadUrl")
    assert (result.snapshot, result.blocks) == (None, ())
    assert 30 <= seconds <= 31


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
