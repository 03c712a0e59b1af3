from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error_response import ErrorResponse
from ...models.get_session_status_response import GetSessionStatusResponse
from ...types import UNSET, Response

OPERATION_ID: str = "get_session_status"
METHOD: str = "GET"
PATH_TEMPLATE: str = "/v2/sessions/{session_id}/status"


def build_request(
    session_id: str,
    *,
    notebook_id: str,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["notebookId"] = notebook_id

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v2/sessions/{session_id}/status".format(
            session_id=quote(str(session_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ErrorResponse | GetSessionStatusResponse | None:
    if response.status_code == 200:
        response_200 = GetSessionStatusResponse.from_dict(response.json())

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
) -> Response[ErrorResponse | GetSessionStatusResponse]:
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
    notebook_id: str,
) -> Response[ErrorResponse | GetSessionStatusResponse]:
    """Read the state of a session and of one of its kernels

     Each notebook of a session has a kernel of its own. The names of the fields are not documented.

    Args:
        session_id (str):
        notebook_id (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | GetSessionStatusResponse]
    """

    kwargs = build_request(
        session_id=session_id,
        notebook_id=notebook_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    session_id: str,
    *,
    client: AuthenticatedClient,
    notebook_id: str,
) -> ErrorResponse | GetSessionStatusResponse | None:
    """Read the state of a session and of one of its kernels

     Each notebook of a session has a kernel of its own. The names of the fields are not documented.

    Args:
        session_id (str):
        notebook_id (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | GetSessionStatusResponse
    """

    return (
        await asyncio_detailed(
            session_id=session_id,
            client=client,
            notebook_id=notebook_id,
        )
    ).parsed
