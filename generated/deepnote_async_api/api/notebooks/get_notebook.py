from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error_response import ErrorResponse
from ...models.get_notebook_response import GetNotebookResponse
from ...types import Response

OPERATION_ID: str = "get_notebook"
METHOD: str = "GET"
PATH_TEMPLATE: str = "/v2/notebooks/{notebook_id}"


def build_request(
    notebook_id: str,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v2/notebooks/{notebook_id}".format(
            notebook_id=quote(str(notebook_id), safe=""),
        ),
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ErrorResponse | GetNotebookResponse | None:
    if response.status_code == 200:
        response_200 = GetNotebookResponse.from_dict(response.json())

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

    if response.status_code == 429:
        response_429 = ErrorResponse.from_dict(response.json())

        return response_429

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[ErrorResponse | GetNotebookResponse]:
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
) -> Response[ErrorResponse | GetNotebookResponse]:
    """Read a notebook with its blocks and inputs

     A suspended project is reported as 400 by this operation, where others answer 409.

    Args:
        notebook_id (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | GetNotebookResponse]
    """

    kwargs = build_request(
        notebook_id=notebook_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    notebook_id: str,
    *,
    client: AuthenticatedClient,
) -> ErrorResponse | GetNotebookResponse | None:
    """Read a notebook with its blocks and inputs

     A suspended project is reported as 400 by this operation, where others answer 409.

    Args:
        notebook_id (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | GetNotebookResponse
    """

    return (
        await asyncio_detailed(
            notebook_id=notebook_id,
            client=client,
        )
    ).parsed
