from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error_response import ErrorResponse
from ...models.reorder_blocks_body import ReorderBlocksBody
from ...models.reorder_blocks_response import ReorderBlocksResponse
from ...types import Response

OPERATION_ID: str = "reorder_blocks"
METHOD: str = "POST"
PATH_TEMPLATE: str = "/v2/notebooks/{notebook_id}/reorder-blocks"


def build_request(
    notebook_id: str,
    *,
    body: ReorderBlocksBody,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v2/notebooks/{notebook_id}/reorder-blocks".format(
            notebook_id=quote(str(notebook_id), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ErrorResponse | ReorderBlocksResponse | None:
    if response.status_code == 200:
        response_200 = ReorderBlocksResponse.from_dict(response.json())

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
) -> Response[ErrorResponse | ReorderBlocksResponse]:
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
    body: ReorderBlocksBody,
) -> Response[ErrorResponse | ReorderBlocksResponse]:
    """Move a group of blocks

     The named blocks move together, in the given order; the others keep theirs.

    Args:
        notebook_id (str):
        body (ReorderBlocksBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | ReorderBlocksResponse]
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
    body: ReorderBlocksBody,
) -> ErrorResponse | ReorderBlocksResponse | None:
    """Move a group of blocks

     The named blocks move together, in the given order; the others keep theirs.

    Args:
        notebook_id (str):
        body (ReorderBlocksBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | ReorderBlocksResponse
    """

    return (
        await asyncio_detailed(
            notebook_id=notebook_id,
            client=client,
            body=body,
        )
    ).parsed
