from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error_response import ErrorResponse
from ...models.get_run_response import GetRunResponse
from ...models.snapshot_delivery import SnapshotDelivery
from ...types import UNSET, Response, Unset

OPERATION_ID: str = "get_run"
METHOD: str = "GET"
PATH_TEMPLATE: str = "/v2/runs/{run_id}"


def build_request(
    run_id: str,
    *,
    snapshot_delivery: SnapshotDelivery | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_snapshot_delivery: str | Unset = UNSET
    if not isinstance(snapshot_delivery, Unset):
        json_snapshot_delivery = snapshot_delivery.value

    params["snapshotDelivery"] = json_snapshot_delivery

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v2/runs/{run_id}".format(
            run_id=quote(str(run_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ErrorResponse | GetRunResponse | None:
    if response.status_code == 200:
        response_200 = GetRunResponse.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = ErrorResponse.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = ErrorResponse.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = ErrorResponse.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = ErrorResponse.from_dict(response.json())

        return response_404

    if response.status_code == 409:
        response_409 = ErrorResponse.from_dict(response.json())

        return response_409

    if response.status_code == 429:
        response_429 = ErrorResponse.from_dict(response.json())

        return response_429

    if response.status_code == 500:
        response_500 = ErrorResponse.from_dict(response.json())

        return response_500

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[ErrorResponse | GetRunResponse]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=client.read(
            lambda: _parse_response(client=client, response=response), response
        ),
    )


async def asyncio_detailed(
    run_id: str,
    *,
    client: AuthenticatedClient,
    snapshot_delivery: SnapshotDelivery | Unset = UNSET,
) -> Response[ErrorResponse | GetRunResponse]:
    """Read a run and, once it ended, its snapshot

     A terminal status can be visible before the snapshot is: `snapshotStatus` stays `pending` until it
    is saved.
    Without `snapshotDelivery` the server behaves as for `downloadUrl`.

    Args:
        run_id (str):
        snapshot_delivery (SnapshotDelivery | Unset): inline puts the document into
            `snapshotContent`, downloadUrl a short-lived address into `snapshotDownloadUrl`, and
            blocks (newer servers) the outputs of the notebook into `snapshotBlocks`.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | GetRunResponse]
    """

    kwargs = build_request(
        run_id=run_id,
        snapshot_delivery=snapshot_delivery,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    run_id: str,
    *,
    client: AuthenticatedClient,
    snapshot_delivery: SnapshotDelivery | Unset = UNSET,
) -> ErrorResponse | GetRunResponse | None:
    """Read a run and, once it ended, its snapshot

     A terminal status can be visible before the snapshot is: `snapshotStatus` stays `pending` until it
    is saved.
    Without `snapshotDelivery` the server behaves as for `downloadUrl`.

    Args:
        run_id (str):
        snapshot_delivery (SnapshotDelivery | Unset): inline puts the document into
            `snapshotContent`, downloadUrl a short-lived address into `snapshotDownloadUrl`, and
            blocks (newer servers) the outputs of the notebook into `snapshotBlocks`.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | GetRunResponse
    """

    return (
        await asyncio_detailed(
            run_id=run_id,
            client=client,
            snapshot_delivery=snapshot_delivery,
        )
    ).parsed
