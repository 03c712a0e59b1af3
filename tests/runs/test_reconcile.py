"""Finding a run again whose start was lost: what is adopted, what is sent once more, and what stays unknown."""

from __future__ import annotations

import pickle
from typing import Any

import anyio
import httpx
import pytest

from deepnote_async import (
    AsyncDeepnote,
    BadRequestError,
    NotFoundError,
    RunHandle,
    RunStartUnknownError,
    ServerError,
    UnsupportedError,
)
from deepnote_async.runs import RunKey, StartRegistry, start_and_resolve
from deepnote_async.transport import SendRecord
from tests.datalore.service import client_of as datalore_client_of
from tests.support.notebook import OLD, Notebook, Outcome, lost, ok, refused, started
from tests.support.service import client_of
from tests.support.virtual_time import run_virtually


def reconciled(notebook: Notebook, **options: Any) -> tuple[RunHandle | BaseException, float]:
    return started(notebook, on_unknown="reconcile", **options)


def test_the_one_new_run_is_adopted_and_its_handle_says_so() -> None:
    notebook = Notebook(lost("new"))
    handle, seconds = reconciled(notebook)
    assert isinstance(handle, RunHandle)
    assert (handle.id, handle.notebook_id, handle.status, handle.adopted) == ("new", "nb", "success", True)
    assert seconds < 1
    copy = pickle.loads(pickle.dumps(handle))  # noqa: S301  (made right here)
    assert (copy.id, copy.adopted) == ("new", True)


def test_an_answer_that_comes_needs_no_adoption() -> None:
    notebook = Notebook(ok("new"))
    handle, seconds = reconciled(notebook)
    assert isinstance(handle, RunHandle)
    assert (handle.id, handle.adopted, seconds, notebook.lists) == ("new", False, 0, 1)


def test_a_run_that_shows_late_is_waited_for() -> None:
    notebook = Notebook(lost("new", after=9.5))
    handle, seconds = reconciled(notebook)
    assert isinstance(handle, RunHandle)
    assert (handle.id, handle.adopted, len(notebook.posts)) == ("new", True, 1)
    assert 9.5 <= seconds <= 10


@pytest.mark.parametrize("runs", [OLD, ()])
def test_a_start_of_which_no_run_came_is_sent_once_more(runs: tuple[str, ...]) -> None:
    notebook = Notebook(lost(), ok("new"), runs=runs)
    handle, seconds = reconciled(notebook)
    assert isinstance(handle, RunHandle)
    assert (handle.id, handle.adopted, seconds) == ("new", False, 10)
    assert len(notebook.posts) == 2


def test_it_is_sent_three_times_and_no_more() -> None:
    notebook = Notebook(lost(), lost(status=503), lost(status=502), ok("never"))
    error, seconds = reconciled(notebook)
    assert isinstance(error, RunStartUnknownError)
    assert isinstance(error.__cause__, ServerError)
    assert (len(notebook.posts), seconds) == (3, 30)


def test_the_run_of_the_second_sending_is_found_too() -> None:
    handle, _seconds = reconciled(Notebook(lost(), lost("new")))
    assert isinstance(handle, RunHandle)
    assert (handle.id, handle.adopted) == ("new", True)


def test_after_a_success_that_cannot_be_read_nothing_is_sent_again() -> None:
    notebook = Notebook(lost(status=202), ok("double"))
    error, seconds = reconciled(notebook)
    assert isinstance(error, RunStartUnknownError)
    assert (len(notebook.posts), seconds) == (1, 10)


def test_two_new_runs_cannot_be_told_apart() -> None:
    notebook = Notebook(lost("new-1", "new-2"))
    error, seconds = reconciled(notebook)
    assert isinstance(error, RunStartUnknownError)
    assert (error.older_run_ids, error.known_run_ids) == (OLD, OLD)
    assert (len(notebook.posts), seconds) == (1, 0)


def test_an_old_run_that_moves_up_the_list_is_not_new() -> None:
    older = tuple(f"old-{number}" for number in range(99, 0, -1))

    def outcome(notebook: Notebook) -> httpx.Response:
        notebook.runs.append("older")
        raise httpx.ReadError("reset")

    handle, _seconds = reconciled(Notebook(outcome, ok("new"), runs=older))
    assert isinstance(handle, RunHandle)
    assert handle.id == "new"


def test_a_refusal_raises_its_own_error_and_looks_for_nothing() -> None:
    notebook = Notebook(refused)
    assert isinstance(reconciled(notebook)[0], BadRequestError)
    assert notebook.lists == 1
    assert isinstance(reconciled(Notebook(lost(), refused))[0], BadRequestError)


def test_nothing_is_sent_when_the_runs_cannot_be_listed_before() -> None:
    notebook = Notebook(ok("new"))
    notebook.list_fails = True
    assert isinstance(reconciled(notebook)[0], ServerError)
    assert notebook.posts == []


def failing_lists(*run_ids: str) -> Outcome:
    def outcome(notebook: Notebook) -> httpx.Response:
        notebook.list_fails = True
        return lost(*run_ids)(notebook)  # type: ignore[no-any-return]

    return outcome


def test_lists_that_fail_for_a_while_are_borne() -> None:
    def outcome(notebook: Notebook) -> httpx.Response:
        notebook.later(5, lambda: setattr(notebook, "list_fails", False))
        return failing_lists("new")(notebook)  # type: ignore[no-any-return]

    handle, seconds = reconciled(Notebook(outcome))
    assert isinstance(handle, RunHandle)
    assert handle.adopted
    assert 5 <= seconds <= 8


def test_lists_that_fail_to_the_end_prove_nothing() -> None:
    notebook = Notebook(failing_lists(), ok("double"))
    error, seconds = reconciled(notebook)
    assert isinstance(error, RunStartUnknownError)
    assert (len(notebook.posts), seconds) == (1, 10)


async def late_loss(notebook: Notebook) -> httpx.Response:
    await anyio.sleep(1)
    return lost("new")(notebook)  # type: ignore[no-any-return]


@pytest.mark.parametrize("delay", [0.0, 0.5])
def test_with_another_start_in_flight_nothing_is_adopted(delay: float) -> None:
    errors: list[BaseException] = []

    async def start(client: AsyncDeepnote, **options: Any) -> None:
        try:
            await client.runs.create("nb", **options)
        except RunStartUnknownError as error:
            errors.append(error)

    async def main() -> None:
        async with client_of(Notebook(late_loss, ok("other")).answer) as client, anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: start(client, on_unknown="reconcile"))
            await anyio.sleep(delay)
            tasks.start_soon(lambda: start(client))

    run_virtually(main())
    assert len(errors) == 1


@pytest.mark.parametrize(("pause", "adopted"), [(5, False), (10, True)])
def test_after_a_start_that_was_left_unknown_nothing_is_adopted_for_a_while(pause: float, adopted: bool) -> None:  # noqa: FBT001
    async def main() -> bool:
        async with client_of(Notebook(lost(), lost("whose?")).answer) as client:
            with pytest.raises(RunStartUnknownError):
                await client.runs.create("nb")
            await anyio.sleep(pause)
            try:
                return (await client.runs.create("nb", on_unknown="reconcile")).adopted
            except RunStartUnknownError:
                return False

    assert run_virtually(main()) is adopted


def test_after_a_start_that_was_cancelled_nothing_is_adopted_for_a_while() -> None:
    async def hang(_notebook: Notebook) -> httpx.Response:
        await anyio.sleep(3600)
        raise AssertionError("unreachable")

    async def main() -> None:
        async with client_of(Notebook(hang, lost("whose?")).answer) as client:
            with anyio.move_on_after(1):
                await client.runs.create("nb")
            with pytest.raises(RunStartUnknownError):
                await client.runs.create("nb", on_unknown="reconcile")

    run_virtually(main())


def cancelled_after(seconds: float, notebook: Notebook, listing: float = 0.0) -> list[str]:
    """Cancel a start; gives the notes of the cancellation."""
    notes: list[str] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            await anyio.sleep(listing)
        return await notebook.answer(request)

    async def start(client: AsyncDeepnote) -> None:
        try:
            await client.runs.create("nb", on_unknown="reconcile")
        except anyio.get_cancelled_exc_class() as cancelled:
            notes.extend(getattr(cancelled, "__notes__", ()))
            raise

    async def main() -> None:
        async with client_of(answer) as client:
            with anyio.move_on_after(seconds) as scope:
                await start(client)
            assert scope.cancelled_caught

    run_virtually(main())
    return notes


def test_cancelling_the_search_passes_through_with_a_note() -> None:
    assert cancelled_after(5, Notebook(lost())) == [
        "The search for the lost run of notebook nb was cancelled; the run may exist all the same."
    ]
    unsent = Notebook()
    assert cancelled_after(5, unsent, listing=6) == []
    assert unsent.posts == []


def test_candidates_are_the_runs_that_may_be_the_lost_one_for_any_client() -> None:
    notebook = Notebook(ok("mine"), lost("new-1", "new-2"), ok("mine too"))

    async def main() -> None:
        async with client_of(notebook.answer) as client, client_of(notebook.answer) as another:
            await client.runs.create("nb")
            with pytest.raises(RunStartUnknownError) as caught:
                await client.runs.create("nb")
            await client.runs.create("nb")
            lost_start = pickle.loads(pickle.dumps(caught.value))  # noqa: S301  (made right here)
            assert (lost_start.older_run_ids, lost_start.known_run_ids) == (("mine",), ("mine",))
            seen = [run.run_id for run in await lost_start.candidates(client)]
            assert seen == ["new-2", "new-1", *OLD]  # nothing tells that the old ones were there before
            everyone = [run.run_id for run in await lost_start.candidates(another)]
            assert everyone == ["mine too", *seen]

    run_virtually(main())


def test_candidates_after_reconciling_are_only_the_new_ones() -> None:
    notebook = Notebook(lost("new-1", "new-2"))

    async def main() -> list[str]:
        async with client_of(notebook.answer) as client:
            with pytest.raises(RunStartUnknownError) as caught:
                await client.runs.create("nb", on_unknown="reconcile")
            return [run.run_id for run in await caught.value.candidates(client)]

    assert run_virtually(main()) == ["new-2", "new-1"]


async def test_datalore_has_no_candidates() -> None:
    async with (
        datalore_client_of(lambda _: httpx.Response(502)) as datalore,
        client_of(lambda _: httpx.Response(404)) as deepnote,
    ):
        with pytest.raises(RunStartUnknownError) as caught:
            await datalore.runs.create("u/n")
        with pytest.raises(UnsupportedError, match="cannot list runs, so a lost start of notebook u/n"):
            await caught.value.candidates(datalore)
        with pytest.raises(ValueError, match="was one of 'datalore'; a client of 'deepnote'"):
            await caught.value.candidates(deepnote)
        with pytest.raises(NotFoundError):
            await _lost_at("nb").candidates(deepnote)


def _lost_at(notebook_id: str) -> RunStartUnknownError:
    error = RunStartUnknownError("lost")
    error.notebook_id = notebook_id
    return error


@pytest.mark.parametrize("options", [{"on_unknown": "reconcile"}, {"key": RunKey(name="k", value="v")}])
async def test_a_service_that_cannot_list_runs_is_asked_for_nothing(options: dict[str, Any]) -> None:
    async def send(_record: SendRecord) -> Any:
        raise AssertionError("a start was sent")

    async with datalore_client_of(lambda _: httpx.Response(500)) as client:
        service = client.runs._service
        with pytest.raises(UnsupportedError, match="datalore cannot list runs"):
            await start_and_resolve(service, StartRegistry(), "u/n", send, options={}, **options)
