from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error_response import ErrorResponse
from ...models.execute_session_body import ExecuteSessionBody
from ...models.execute_session_response import ExecuteSessionResponse
from ...types import Response

OPERATION_ID: str = "execute_session_code"
METHOD: str = "POST"
PATH_TEMPLATE: str = "/v2/sessions/{session_id}/execute"


def build_request(
    session_id: str,
    *,
    body: ExecuteSessionBody,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v2/sessions/{session_id}/execute".format(
            session_id=quote(str(session_id), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ErrorResponse | ExecuteSessionResponse | None:
    if response.status_code == 200:
        response_200 = ExecuteSessionResponse.from_dict(response.json())

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

    if response.status_code == 408:
        response_408 = ErrorResponse.from_dict(response.json())

        return response_408

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
) -> Response[ErrorResponse | ExecuteSessionResponse]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=client.read(
            lambda: _parse_response(client=client, response=response), response
        ),
    )


async def asyncio_detailed(
    session_id: str,
    *,
    client: AuthenticatedClient,
    body: ExecuteSessionBody,
) -> Response[ErrorResponse | ExecuteSessionResponse]:
    """Execute code in a session's kernel

     For looking around: makes no run and no snapshot. An exception of the code is an output, and the
    status is still 200.
    Takes the id of the source notebook. 409 has three meanings: the project is suspended, the notebook
    is busy with a run, or the kernel is gone.

    Args:
        session_id (str):
        body (ExecuteSessionBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | ExecuteSessionResponse]
    """

    kwargs = build_request(
        session_id=session_id,
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    session_id: str,
    *,
    client: AuthenticatedClient,
    body: ExecuteSessionBody,
) -> ErrorResponse | ExecuteSessionResponse | None:
    """Execute code in a session's kernel

     For looking around: makes no run and no snapshot. An exception of the code is an output, and the
    status is still 200.
    Takes the id of the source notebook. 409 has three meanings: the project is suspended, the notebook
    is busy with a run, or the kernel is gone.

    Args:
        session_id (str):
        body (ExecuteSessionBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | ExecuteSessionResponse
    """

    return (
        await asyncio_detailed(
            session_id=session_id,
            client=client,
            body=body,
        )
    ).parsed
