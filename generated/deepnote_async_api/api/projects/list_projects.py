from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error_response import ErrorResponse
from ...models.list_projects_response import ListProjectsResponse
from ...types import UNSET, Response, Unset

OPERATION_ID: str = "list_projects"
METHOD: str = "GET"
PATH_TEMPLATE: str = "/v2/projects"


def build_request(
    *,
    page_size: int | Unset = UNSET,
    page_token: str | Unset = UNSET,
    name_contains: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["pageSize"] = page_size

    params["pageToken"] = page_token

    params["nameContains"] = name_contains

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v2/projects",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ErrorResponse | ListProjectsResponse | None:
    if response.status_code == 200:
        response_200 = ListProjectsResponse.from_dict(response.json())

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

    if response.status_code == 429:
        response_429 = ErrorResponse.from_dict(response.json())

        return response_429

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[ErrorResponse | ListProjectsResponse]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=client.read(
            lambda: _parse_response(client=client, response=response), response
        ),
    )


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    page_size: int | Unset = UNSET,
    page_token: str | Unset = UNSET,
    name_contains: str | Unset = UNSET,
) -> Response[ErrorResponse | ListProjectsResponse]:
    """List the projects of the workspace with their notebooks

     Project names are not unique, so an id is the only safe way to name a project.

    Args:
        page_size (int | Unset):
        page_token (str | Unset):
        name_contains (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | ListProjectsResponse]
    """

    kwargs = build_request(
        page_size=page_size,
        page_token=page_token,
        name_contains=name_contains,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    page_size: int | Unset = UNSET,
    page_token: str | Unset = UNSET,
    name_contains: str | Unset = UNSET,
) -> ErrorResponse | ListProjectsResponse | None:
    """List the projects of the workspace with their notebooks

     Project names are not unique, so an id is the only safe way to name a project.

    Args:
        page_size (int | Unset):
        page_token (str | Unset):
        name_contains (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | ListProjectsResponse
    """

    return (
        await asyncio_detailed(
            client=client,
            page_size=page_size,
            page_token=page_token,
            name_contains=name_contains,
        )
    ).parsed
