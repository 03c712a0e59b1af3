from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error_response import ErrorResponse
from ...models.upsert_schedule_body import UpsertScheduleBody
from ...models.upsert_schedule_response import UpsertScheduleResponse
from ...types import Response

OPERATION_ID: str = "upsert_notebook_schedule"
METHOD: str = "POST"
PATH_TEMPLATE: str = "/v2/notebooks/{notebook_id}/schedule"


def build_request(
    notebook_id: str,
    *,
    body: UpsertScheduleBody,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v2/notebooks/{notebook_id}/schedule".format(
            notebook_id=quote(str(notebook_id), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ErrorResponse | UpsertScheduleResponse | None:
    if response.status_code == 200:
        response_200 = UpsertScheduleResponse.from_dict(response.json())

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

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[ErrorResponse | UpsertScheduleResponse]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=client.read(
            lambda: _parse_response(client=client, response=response), response
        ),
    )


async def asyncio_detailed(
    notebook_id: str,
    *,
    client: AuthenticatedClient,
    body: UpsertScheduleBody,
) -> Response[ErrorResponse | UpsertScheduleResponse]:
    """Set the schedule of a notebook

     A project has one scheduled notebook: setting another one moves the schedule. No operation to read
    or remove it is known.

    Args:
        notebook_id (str):
        body (UpsertScheduleBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | UpsertScheduleResponse]
    """

    kwargs = build_request(
        notebook_id=notebook_id,
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    notebook_id: str,
    *,
    client: AuthenticatedClient,
    body: UpsertScheduleBody,
) -> ErrorResponse | UpsertScheduleResponse | None:
    """Set the schedule of a notebook

     A project has one scheduled notebook: setting another one moves the schedule. No operation to read
    or remove it is known.

    Args:
        notebook_id (str):
        body (UpsertScheduleBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | UpsertScheduleResponse
    """

    return (
        await asyncio_detailed(
            notebook_id=notebook_id,
            client=client,
            body=body,
        )
    ).parsed
