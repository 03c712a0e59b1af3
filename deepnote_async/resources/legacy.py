"""`client.legacy`: the first version of the API."""

from __future__ import annotations

from typing import Unpack

from deepnote_async.transport import CallOptions, Transport, path_id
from deepnote_async_api.api.legacy import execute_notebook_v1


class Legacy:
    """The one operation of version 1.

    https://deepnote.com/docs/deepnote-api
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def execute(self, project_id: str, notebook_id: str, **options: Unpack[CallOptions]) -> None:
        """Stage a notebook for execution and hear no more of it: there is no run id and no status.

        Starts the project's machine if it is off; one user reports that a stopped machine ran nothing all the same.
        Does nothing when the notebook is running already. `client.runs.create` is what to use instead.

        Raises:
            AuthenticationError: the token is not valid, or the workspace's plan has no API.
        """
        request = execute_notebook_v1.build_request(
            path_id(project_id, "project_id"), path_id(notebook_id, "notebook_id")
        )
        await self._transport.acknowledge(execute_notebook_v1, request, **options)
