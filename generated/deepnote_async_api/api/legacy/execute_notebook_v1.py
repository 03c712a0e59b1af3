from typing import Any, cast
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error_response import ErrorResponse
from ...types import Response

OPERATION_ID: str = "execute_notebook_v1"
METHOD: str = "POST"
PATH_TEMPLATE: str = "/v1/projects/{project_id}/notebooks/{notebook_id}/execute"


def build_request(
    project_id: str,
    notebook_id: str,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/projects/{project_id}/notebooks/{notebook_id}/execute".format(
            project_id=quote(str(project_id), safe=""),
            notebook_id=quote(str(notebook_id), safe=""),
        ),
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Any | ErrorResponse | None:
    if response.status_code == 202:
        response_202 = cast(Any, None)
        return response_202

    if response.status_code == 401:
        response_401 = ErrorResponse.from_dict(response.json())

        return response_401

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
) -> Response[Any | ErrorResponse]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=client.read(
            lambda: _parse_response(client=client, response=response), response
        ),
    )


async def asyncio_detailed(
    project_id: str,
    notebook_id: str,
    *,
    client: AuthenticatedClient,
) -> Response[Any | ErrorResponse]:
    """Execute a notebook and hear no more of it

     Starts the project's machine when it is off and does nothing when the notebook is running already.
    Gives no run id; createRun is its successor.
    A third-party document lists 200 instead of 202.

    Args:
        project_id (str):
        notebook_id (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | ErrorResponse]
    """

    kwargs = build_request(
        project_id=project_id,
        notebook_id=notebook_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    project_id: str,
    notebook_id: str,
    *,
    client: AuthenticatedClient,
) -> Any | ErrorResponse | None:
    """Execute a notebook and hear no more of it

     Starts the project's machine when it is off and does nothing when the notebook is running already.
    Gives no run id; createRun is its successor.
    A third-party document lists 200 instead of 202.

    Args:
        project_id (str):
        notebook_id (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | ErrorResponse
    """

    return (
        await asyncio_detailed(
            project_id=project_id,
            notebook_id=notebook_id,
            client=client,
        )
    ).parsed
