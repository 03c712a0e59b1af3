from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.create_run_body import CreateRunBody
from ...models.create_run_response import CreateRunResponse
from ...models.error_response import ErrorResponse
from ...types import Response

OPERATION_ID: str = "create_run"
METHOD: str = "POST"
PATH_TEMPLATE: str = "/v2/runs"


def build_request(
    *,
    body: CreateRunBody,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v2/runs",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> CreateRunResponse | ErrorResponse | None:
    if response.status_code == 202:
        response_202 = CreateRunResponse.from_dict(response.json())

        return response_202

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

    if response.status_code == 500:
        response_500 = ErrorResponse.from_dict(response.json())

        return response_500

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[CreateRunResponse | ErrorResponse]:
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
    body: CreateRunBody,
) -> Response[CreateRunResponse | ErrorResponse]:
    """Start a run of a notebook

     Answers as soon as the run is accepted; poll getRun until its status is terminal. The call is not
    idempotent and
    takes no idempotency key: sending it twice starts two runs. `detached` is true when left out.
    A notebook that does not exist is a 400 here, not a 404; the 404 means that the token's owner left
    the workspace.

    Args:
        body (CreateRunBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CreateRunResponse | ErrorResponse]
    """

    kwargs = build_request(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: CreateRunBody,
) -> CreateRunResponse | ErrorResponse | None:
    """Start a run of a notebook

     Answers as soon as the run is accepted; poll getRun until its status is terminal. The call is not
    idempotent and
    takes no idempotency key: sending it twice starts two runs. `detached` is true when left out.
    A notebook that does not exist is a 400 here, not a 404; the 404 means that the token's owner left
    the workspace.

    Args:
        body (CreateRunBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CreateRunResponse | ErrorResponse
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
