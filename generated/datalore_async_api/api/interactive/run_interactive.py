from typing import Any, cast

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.run_interactive_request import RunInteractiveRequest
from ...models.run_interactive_response import RunInteractiveResponse
from ...types import Response

OPERATION_ID: str = "run_interactive"
METHOD: str = "POST"
PATH_TEMPLATE: str = "/api/computation/v1/notebook"


def build_request(
    *,
    body: RunInteractiveRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/computation/v1/notebook",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Any | RunInteractiveResponse | None:
    if response.status_code == 200:
        response_200 = RunInteractiveResponse.from_dict(response.json())

        return response_200

    if response.status_code == 400:

        def _parse_response_400(data: object) -> Any:
            return cast(Any, data)

        response_400 = _parse_response_400(response.json())

        return response_400

    if response.status_code == 401:

        def _parse_response_401(data: object) -> Any:
            return cast(Any, data)

        response_401 = _parse_response_401(response.json())

        return response_401

    if response.status_code == 403:

        def _parse_response_403(data: object) -> Any:
            return cast(Any, data)

        response_403 = _parse_response_403(response.json())

        return response_403

    if response.status_code == 404:

        def _parse_response_404(data: object) -> Any:
            return cast(Any, data)

        response_404 = _parse_response_404(response.json())

        return response_404

    if response.status_code == 409:

        def _parse_response_409(data: object) -> Any:
            return cast(Any, data)

        response_409 = _parse_response_409(response.json())

        return response_409

    if response.status_code == 429:

        def _parse_response_429(data: object) -> Any:
            return cast(Any, data)

        response_429 = _parse_response_429(response.json())

        return response_429

    if response.status_code == 500:

        def _parse_response_500(data: object) -> Any:
            return cast(Any, data)

        response_500 = _parse_response_500(response.json())

        return response_500

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Any | RunInteractiveResponse]:
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
    body: RunInteractiveRequest,
) -> Response[Any | RunInteractiveResponse]:
    """Execute a notebook in place

     Executes the notebook itself and updates its outputs in the editor. There is no run id and there are
    no artifacts,
    so nothing can be waited for. The path is documented; the method is inferred from the JSON body it
    takes, and
    what the answer holds is stated nowhere.

    Args:
        body (RunInteractiveRequest): What to execute in place.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | RunInteractiveResponse]
    """

    kwargs = build_request(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: RunInteractiveRequest,
) -> Any | RunInteractiveResponse | None:
    """Execute a notebook in place

     Executes the notebook itself and updates its outputs in the editor. There is no run id and there are
    no artifacts,
    so nothing can be waited for. The path is documented; the method is inferred from the JSON body it
    takes, and
    what the answer holds is stated nowhere.

    Args:
        body (RunInteractiveRequest): What to execute in place.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | RunInteractiveResponse
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
