from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error_response import ErrorResponse
from ...models.list_integrations_response import ListIntegrationsResponse
from ...types import UNSET, Response, Unset

OPERATION_ID: str = "list_integrations"
METHOD: str = "GET"
PATH_TEMPLATE: str = "/v2/integrations"


def build_request(
    *,
    integration_ids: str | Unset = UNSET,
    name_contains: str | Unset = UNSET,
    types: str | Unset = UNSET,
    has_schema: bool | Unset = UNSET,
    include_metadata: bool | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["integrationIds"] = integration_ids

    params["nameContains"] = name_contains

    params["types"] = types

    params["hasSchema"] = has_schema

    params["includeMetadata"] = include_metadata

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v2/integrations",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ErrorResponse | ListIntegrationsResponse | None:
    if response.status_code == 200:
        response_200 = ListIntegrationsResponse.from_dict(response.json())

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
) -> Response[ErrorResponse | ListIntegrationsResponse]:
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
    integration_ids: str | Unset = UNSET,
    name_contains: str | Unset = UNSET,
    types: str | Unset = UNSET,
    has_schema: bool | Unset = UNSET,
    include_metadata: bool | Unset = UNSET,
) -> Response[ErrorResponse | ListIntegrationsResponse]:
    """List the integrations of the workspace

     Field names are in snake_case here. includeMetadata is for admins.

    Args:
        integration_ids (str | Unset):
        name_contains (str | Unset):
        types (str | Unset):
        has_schema (bool | Unset):
        include_metadata (bool | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | ListIntegrationsResponse]
    """

    kwargs = build_request(
        integration_ids=integration_ids,
        name_contains=name_contains,
        types=types,
        has_schema=has_schema,
        include_metadata=include_metadata,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    integration_ids: str | Unset = UNSET,
    name_contains: str | Unset = UNSET,
    types: str | Unset = UNSET,
    has_schema: bool | Unset = UNSET,
    include_metadata: bool | Unset = UNSET,
) -> ErrorResponse | ListIntegrationsResponse | None:
    """List the integrations of the workspace

     Field names are in snake_case here. includeMetadata is for admins.

    Args:
        integration_ids (str | Unset):
        name_contains (str | Unset):
        types (str | Unset):
        has_schema (bool | Unset):
        include_metadata (bool | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | ListIntegrationsResponse
    """

    return (
        await asyncio_detailed(
            client=client,
            integration_ids=integration_ids,
            name_contains=name_contains,
            types=types,
            has_schema=has_schema,
            include_metadata=include_metadata,
        )
    ).parsed
