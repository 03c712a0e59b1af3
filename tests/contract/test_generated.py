"""The generated client: what the small template overrides are for."""

from __future__ import annotations

import copy
import pickle

import httpx
import pytest

from deepnote_async_api import Client, types
from deepnote_async_api.api.me import get_me
from deepnote_async_api.models import CreateRunBody, GetRunResponse, RunStatus
from deepnote_async_api.types import UNSET, Unset
from tests.support.contract import operations
from tests.support.service import run_json


def test_enums_are_open_and_keep_their_text() -> None:
    run = GetRunResponse.from_dict(run_json("queued")).run
    assert run.status == "queued"
    assert (run.status.name, str(run.status)) == ("UNLISTED", "queued")
    assert run.to_dict()["status"] == "queued"
    assert pickle.loads(pickle.dumps(run)) == run  # noqa: S301  (made right here)
    assert RunStatus("success") is RunStatus.SUCCESS
    with pytest.raises(ValueError, match="5"):
        RunStatus(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_unset_is_one_object_through_copy_and_pickle() -> None:
    for other in (copy.copy(UNSET), copy.deepcopy(UNSET), pickle.loads(pickle.dumps(UNSET)), Unset()):  # noqa: S301
        assert other is UNSET
    assert (repr(UNSET), bool(UNSET)) == ("UNSET", False)
    body = CreateRunBody(notebook_id="n")
    for other in (copy.deepcopy(body), pickle.loads(pickle.dumps(body))):  # noqa: S301
        assert other == body
        assert other.to_dict() == {"notebookId": "n"}


def test_defaults_of_the_document_are_not_sent() -> None:
    assert CreateRunBody(notebook_id="n").to_dict() == {"notebookId": "n"}


def test_unknown_fields_are_kept() -> None:
    run = GetRunResponse.from_dict(run_json(newField=[1])).run
    assert run.additional_properties == {"newField": [1]}
    assert run.to_dict()["newField"] == [1]


@pytest.mark.parametrize("status", [404, 520, 599])
async def test_statuses_without_a_name_do_not_crash(status: int) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(status, json={"message": "m"}))
    async with httpx.AsyncClient(transport=transport, base_url="https://api.example.test") as http:
        response = await get_me.asyncio_detailed(client=Client(http))
    assert response.status_code == status


def test_the_client_shows_no_internals_and_has_no_synchronous_way_round_the_policy() -> None:
    assert "httpx" not in repr(Client(httpx.AsyncClient()))
    assert not hasattr(get_me, "sync")
    assert not hasattr(get_me, "sync_detailed")


def test_every_operation_has_a_module() -> None:
    from importlib import import_module
    from pkgutil import walk_packages

    import deepnote_async_api.api

    modules = [
        import_module(found.name)
        for found in walk_packages(deepnote_async_api.api.__path__, "deepnote_async_api.api.")
        if not found.ispkg
    ]
    generated = {(module.METHOD, module.PATH_TEMPLATE.replace("_", "").lower()) for module in modules}
    assert generated == {(method, path.lower()) for method, path, _ in operations()}
    assert types.__all__
