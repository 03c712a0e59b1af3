from typing import Any, cast

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.run_notebook_request import RunNotebookRequest
from ...models.run_notebook_response import RunNotebookResponse
from ...types import Response

OPERATION_ID: str = "run_notebook"
METHOD: str = "POST"
PATH_TEMPLATE: str = "/api/run/v1/notebook"


def build_request(
    *,
    body: RunNotebookRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/run/v1/notebook",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Any | RunNotebookResponse | None:
    if response.status_code == 200:
        response_200 = RunNotebookResponse.from_dict(response.json())

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
) -> Response[Any | RunNotebookResponse]:
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
    body: RunNotebookRequest,
) -> Response[Any | RunNotebookResponse]:
    """Start a run of a notebook

     Runs a copy of the notebook in the background and answers with the id of the run at once; poll
    getRun until
    `endTime` is there. The call is not idempotent and takes no idempotency key: sending it twice starts
    two runs,
    and as runs cannot be listed, a start whose answer was lost cannot be found again. A notebook that
    starts a run
    of itself never ends.

    Args:
        body (RunNotebookRequest): What to run. Leave out what is not needed: installations before
            2026.1 know neither `parameters` nor
            `directFileStorageWrite`.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | RunNotebookResponse]
    """

    kwargs = build_request(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: RunNotebookRequest,
) -> Any | RunNotebookResponse | None:
    """Start a run of a notebook

     Runs a copy of the notebook in the background and answers with the id of the run at once; poll
    getRun until
    `endTime` is there. The call is not idempotent and takes no idempotency key: sending it twice starts
    two runs,
    and as runs cannot be listed, a start whose answer was lost cannot be found again. A notebook that
    starts a run
    of itself never ends.

    Args:
        body (RunNotebookRequest): What to run. Leave out what is not needed: installations before
            2026.1 know neither `parameters` nor
            `directFileStorageWrite`.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | RunNotebookResponse
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
