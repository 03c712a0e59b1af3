from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error_response import ErrorResponse
from ...models.update_block_body import UpdateBlockBody
from ...models.update_block_response import UpdateBlockResponse
from ...types import Response

OPERATION_ID: str = "update_block"
METHOD: str = "PATCH"
PATH_TEMPLATE: str = "/v2/blocks/{block_id}"


def build_request(
    block_id: str,
    *,
    body: UpdateBlockBody,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "patch",
        "url": "/v2/blocks/{block_id}".format(
            block_id=quote(str(block_id), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ErrorResponse | UpdateBlockResponse | None:
    if response.status_code == 200:
        response_200 = UpdateBlockResponse.from_dict(response.json())

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
) -> Response[ErrorResponse | UpdateBlockResponse]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=client.read(
            lambda: _parse_response(client=client, response=response), response
        ),
    )


async def asyncio_detailed(
    block_id: str,
    *,
    client: AuthenticatedClient,
    body: UpdateBlockBody,
) -> Response[ErrorResponse | UpdateBlockResponse]:
    """Change the content or integration of a block

     At least one of the two; type and metadata cannot be changed.

    Args:
        block_id (str):
        body (UpdateBlockBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | UpdateBlockResponse]
    """

    kwargs = build_request(
        block_id=block_id,
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    block_id: str,
    *,
    client: AuthenticatedClient,
    body: UpdateBlockBody,
) -> ErrorResponse | UpdateBlockResponse | None:
    """Change the content or integration of a block

     At least one of the two; type and metadata cannot be changed.

    Args:
        block_id (str):
        body (UpdateBlockBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | UpdateBlockResponse
    """

    return (
        await asyncio_detailed(
            block_id=block_id,
            client=client,
            body=body,
        )
    ).parsed
