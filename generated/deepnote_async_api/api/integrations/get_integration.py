from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error_response import ErrorResponse
from ...models.get_integration_response import GetIntegrationResponse
from ...types import UNSET, Response, Unset

OPERATION_ID: str = "get_integration"
METHOD: str = "GET"
PATH_TEMPLATE: str = "/v2/integrations/{integration_id}"


def build_request(
    integration_id: str,
    *,
    database_name: str | Unset = UNSET,
    schema_name: str | Unset = UNSET,
    table_name: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["databaseName"] = database_name

    params["schemaName"] = schema_name

    params["tableName"] = table_name

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v2/integrations/{integration_id}".format(
            integration_id=quote(str(integration_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ErrorResponse | GetIntegrationResponse | None:
    if response.status_code == 200:
        response_200 = GetIntegrationResponse.from_dict(response.json())

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
) -> Response[ErrorResponse | GetIntegrationResponse]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=client.read(
            lambda: _parse_response(client=client, response=response), response
        ),
    )


async def asyncio_detailed(
    integration_id: str,
    *,
    client: AuthenticatedClient,
    database_name: str | Unset = UNSET,
    schema_name: str | Unset = UNSET,
    table_name: str | Unset = UNSET,
) -> Response[ErrorResponse | GetIntegrationResponse]:
    """Read an integration and its tables

     The tables come from a cache.

    Args:
        integration_id (str):
        database_name (str | Unset):
        schema_name (str | Unset):
        table_name (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | GetIntegrationResponse]
    """

    kwargs = build_request(
        integration_id=integration_id,
        database_name=database_name,
        schema_name=schema_name,
        table_name=table_name,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    integration_id: str,
    *,
    client: AuthenticatedClient,
    database_name: str | Unset = UNSET,
    schema_name: str | Unset = UNSET,
    table_name: str | Unset = UNSET,
) -> ErrorResponse | GetIntegrationResponse | None:
    """Read an integration and its tables

     The tables come from a cache.

    Args:
        integration_id (str):
        database_name (str | Unset):
        schema_name (str | Unset):
        table_name (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | GetIntegrationResponse
    """

    return (
        await asyncio_detailed(
            integration_id=integration_id,
            client=client,
            database_name=database_name,
            schema_name=schema_name,
            table_name=table_name,
        )
    ).parsed
