import datetime
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error_response import ErrorResponse
from ...models.import_project_response import ImportProjectResponse
from ...types import UNSET, File, Response, Unset

OPERATION_ID: str = "import_project"
METHOD: str = "POST"
PATH_TEMPLATE: str = "/v2/projects/{project_id}/import"


def build_request(
    project_id: str,
    *,
    body: File,
    base_modified_at: datetime.datetime | Unset = UNSET,
    base_content_hash: str | Unset = UNSET,
    delete_missing_notebooks: bool | Unset = UNSET,
    force: bool | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    params: dict[str, Any] = {}

    json_base_modified_at: str | Unset = UNSET
    if not isinstance(base_modified_at, Unset):
        json_base_modified_at = base_modified_at.isoformat()
    params["baseModifiedAt"] = json_base_modified_at

    params["baseContentHash"] = base_content_hash

    params["deleteMissingNotebooks"] = delete_missing_notebooks

    params["force"] = force

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v2/projects/{project_id}/import".format(
            project_id=quote(str(project_id), safe=""),
        ),
        "params": params,
    }

    _kwargs["content"] = body.payload
    headers["Content-Type"] = "application/zip"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ErrorResponse | ImportProjectResponse | None:
    if response.status_code == 200:
        response_200 = ImportProjectResponse.from_dict(response.json())

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

    if response.status_code == 413:
        response_413 = ErrorResponse.from_dict(response.json())

        return response_413

    if response.status_code == 422:
        response_422 = ErrorResponse.from_dict(response.json())

        return response_422

    if response.status_code == 429:
        response_429 = ErrorResponse.from_dict(response.json())

        return response_429

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[ErrorResponse | ImportProjectResponse]:
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
    *,
    client: AuthenticatedClient,
    body: File,
    base_modified_at: datetime.datetime | Unset = UNSET,
    base_content_hash: str | Unset = UNSET,
    delete_missing_notebooks: bool | Unset = UNSET,
    force: bool | Unset = UNSET,
) -> Response[ErrorResponse | ImportProjectResponse]:
    """Replace the notebooks of a project by those of a ZIP archive

     baseModifiedAt and baseContentHash guard against lost updates with 409; force goes over them.

    Args:
        project_id (str):
        base_modified_at (datetime.datetime | Unset):
        base_content_hash (str | Unset):
        delete_missing_notebooks (bool | Unset):
        force (bool | Unset):
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | ImportProjectResponse]
    """

    kwargs = build_request(
        project_id=project_id,
        body=body,
        base_modified_at=base_modified_at,
        base_content_hash=base_content_hash,
        delete_missing_notebooks=delete_missing_notebooks,
        force=force,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    project_id: str,
    *,
    client: AuthenticatedClient,
    body: File,
    base_modified_at: datetime.datetime | Unset = UNSET,
    base_content_hash: str | Unset = UNSET,
    delete_missing_notebooks: bool | Unset = UNSET,
    force: bool | Unset = UNSET,
) -> ErrorResponse | ImportProjectResponse | None:
    """Replace the notebooks of a project by those of a ZIP archive

     baseModifiedAt and baseContentHash guard against lost updates with 409; force goes over them.

    Args:
        project_id (str):
        base_modified_at (datetime.datetime | Unset):
        base_content_hash (str | Unset):
        delete_missing_notebooks (bool | Unset):
        force (bool | Unset):
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | ImportProjectResponse
    """

    return (
        await asyncio_detailed(
            project_id=project_id,
            client=client,
            body=body,
            base_modified_at=base_modified_at,
            base_content_hash=base_content_hash,
            delete_missing_notebooks=delete_missing_notebooks,
            force=force,
        )
    ).parsed
